"""Queries of the database: recursive SQL, links, calls, trainings."""
