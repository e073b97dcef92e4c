"""Imported labels that a campaign learns from, and frames that stand in two places."""
