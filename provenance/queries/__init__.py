"""Questions to the database: SQL, links, calls."""
