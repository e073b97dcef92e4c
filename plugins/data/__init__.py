"""Data nodes that pass between the parts of a campaign, records, and the identity of frames and levels."""
