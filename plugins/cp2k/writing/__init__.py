"""Inputs of CP2K."""
