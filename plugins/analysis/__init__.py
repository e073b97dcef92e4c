"""Analysis of arrays of positions: distances between frames (no AiiDA)."""
