"""CP2K as a labeller: levels of theory, batches, AIMD."""
