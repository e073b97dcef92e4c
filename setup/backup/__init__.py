"""Backup of a profile with a check that the copy is complete (``backup``), and restore (``restore``)."""
