"""Exploration: many short runs of a committee in one job, from which frames come back to be labelled."""
