"""Profiles: embedded, on PostgreSQL, and the way from one to the other."""
