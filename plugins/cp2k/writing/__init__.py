"""Inputs of CP2K: levels, dynamics, restart files."""
