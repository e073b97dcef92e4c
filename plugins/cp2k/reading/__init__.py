"""Reading of CP2K's output: energies, forces, self-consistency, cause of the end; and the gates for labels."""
