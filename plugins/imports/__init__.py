"""Readers of other people's files: from a file to labelled frames, units and meanings as the file states them."""
