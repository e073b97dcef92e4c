"""Glass physics on arrays: onset of melting, glass transition, memory of the melt (no AiiDA)."""
