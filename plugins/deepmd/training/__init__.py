"""Trainings of one member of a committee or of several."""
