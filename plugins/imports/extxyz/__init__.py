"""Labelled frames in extended XYZ, in the dialects of common codes."""
