"""Provenance of a node: its tree of origins (``trace``), counts (``ancestry``), sources of structures."""
