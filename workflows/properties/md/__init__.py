"""One trajectory over any number of jobs."""
