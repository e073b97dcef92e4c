"""How one code or one kind of datum is driven; knows nothing of the work chains above it."""
