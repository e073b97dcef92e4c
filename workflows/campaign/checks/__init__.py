"""Checks of a campaign file before the first label."""
