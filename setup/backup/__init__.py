"""Backup and restore of a profile."""
