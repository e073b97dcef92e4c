"""Units, periodic geometry and lattices on plain arrays."""
