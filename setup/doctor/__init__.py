"""Checks of a machine and its codes."""
