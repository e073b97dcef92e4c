"""Table and figure of a convergence study of a level of theory."""
