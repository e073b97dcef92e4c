"""Where a node came from."""
