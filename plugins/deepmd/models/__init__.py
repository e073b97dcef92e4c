"""Frozen models: the parameters stored in the file, and the energy bias."""
