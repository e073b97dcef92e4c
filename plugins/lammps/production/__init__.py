"""Production: one long trajectory of one system, over any number of jobs, which comes back as averages over blocks."""
