"""Properties that a force field gives: trajectories, melts and glasses."""
