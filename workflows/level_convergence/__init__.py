"""The convergence study of a level of theory, which finds its cheapest sufficient settings."""
