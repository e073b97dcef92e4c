"""Questions to the database from the command line."""
