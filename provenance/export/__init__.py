"""Export of data sets and models to files, with a manifest of their sources."""
