"""The PostgreSQL database of a production profile."""
