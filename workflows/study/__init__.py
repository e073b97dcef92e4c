"""The study file, read, completed and checked, and the work chain that computes its sections."""
