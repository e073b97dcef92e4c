"""Sections and keys of the campaign file."""
