"""Table and figure of a convergence study."""
