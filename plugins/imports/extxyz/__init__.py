"""Labelled frames in extended XYZ, in everybody's dialect of it."""
