"""Frozen models: what a file says of itself, and its energy bias."""
