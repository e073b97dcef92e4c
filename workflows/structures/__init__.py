"""Frames made from structures."""
