"""Commands that show and export results: status, lineage, report, export."""
