"""Readers of labelled frames of other codes and projects: units, signs and names as the file states them."""
