"""Results read from the database: status, summary, report, lineage, export, costs."""
