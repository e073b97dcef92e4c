"""The PostgreSQL database of a production profile: log-in, role and database, requirements, passwords."""
