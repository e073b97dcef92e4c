"""LAMMPS with a committee of potentials."""
