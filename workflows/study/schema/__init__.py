"""Sections and keys of the study file."""
