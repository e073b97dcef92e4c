"""The command line, a thin layer over the other parts: options, tables, progress, exit codes."""
