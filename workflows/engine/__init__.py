"""Common parts of work chains: restart of steps, seeds, options of jobs, cores, causes of an end."""
