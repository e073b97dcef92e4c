"""Commands that check, run and follow campaigns."""
