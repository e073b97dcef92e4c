"""Training of committees: data set, number of steps, jobs, retries."""
