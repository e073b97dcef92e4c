"""Bonds, valences and formulas: whether a structure can be a substance."""
