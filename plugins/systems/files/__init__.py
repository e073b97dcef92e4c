"""Readers of structure files: CIF, POSCAR, extended XYZ."""
