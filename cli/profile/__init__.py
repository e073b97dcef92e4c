"""Commands that make a profile and keep it going."""
