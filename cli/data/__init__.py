"""Commands for structures and imported data."""
