"""A study as a list of parts (``view``), and what is derived from it: summary, progress, force field."""
