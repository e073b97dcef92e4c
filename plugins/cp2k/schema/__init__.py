"""CP2K's own description of its input, and what it would refuse."""
