"""Profiles: embedded (SQLite), on PostgreSQL, and the copy of one to another (``move``)."""
