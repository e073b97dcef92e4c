"""Computers and codes of a profile, and their scratch folders."""
