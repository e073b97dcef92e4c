"""First frames: the structure itself, and perturbed copies of it."""
