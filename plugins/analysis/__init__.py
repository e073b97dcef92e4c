"""Questions to arrays of positions, forces and errors (no AiiDA)."""
