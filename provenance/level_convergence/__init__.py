"""Table and figure of a study of cut-offs."""
