"""Committees: data set, schedule, jobs."""
