"""CP2K's description of its input, and checks against it."""
