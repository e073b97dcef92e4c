"""Inputs of every step, derived from the settings."""
