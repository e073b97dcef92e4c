"""Readers of structure files: CIF, POSCAR, extended XYZ, LAMMPS data and dump."""
