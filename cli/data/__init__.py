"""Commands for structures and data of others."""
