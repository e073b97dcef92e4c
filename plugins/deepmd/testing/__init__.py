"""Errors of a committee on labelled frames."""
