"""Commands of LAMMPS that explorations and production share (no AiiDA)."""
