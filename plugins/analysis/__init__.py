"""Analysis of arrays of positions: errors, structure, distances between frames (no AiiDA)."""
