"""A campaign as its steps, and its figures."""
