"""Data sets and models as files, with a manifest."""
