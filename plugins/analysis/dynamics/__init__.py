"""How frames of one trajectory change: displacements, bonds, planes (no AiiDA)."""
