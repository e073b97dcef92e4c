"""Data nodes that pass between the parts of a campaign."""
