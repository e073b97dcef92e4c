"""Linkers, the net that they make with the metals, its rings, pores, and how the planes of linkers lie (no AiiDA)."""
