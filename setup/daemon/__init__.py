"""A daemon that comes back by itself."""
