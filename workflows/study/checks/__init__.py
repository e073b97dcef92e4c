"""Checks between the sections of a study, its systems, its cells and its machine."""
