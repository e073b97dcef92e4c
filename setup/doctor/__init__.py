"""Checks of this machine (``machine``) or of a computer in a job (``job``): codes, MPI, disk, test calculations."""
