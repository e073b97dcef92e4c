"""Which step follows which, and why."""
