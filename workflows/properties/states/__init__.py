"""A grid of temperatures and pressures, and what the structure changes by from state to state."""
