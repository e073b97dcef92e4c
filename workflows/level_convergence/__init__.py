"""The cheapest cut-offs of a level of theory."""
