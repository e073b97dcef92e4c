"""The command `converge` and its table."""
