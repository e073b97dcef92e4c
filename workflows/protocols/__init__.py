"""Protocols: default settings of campaigns."""
