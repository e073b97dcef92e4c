"""What CP2K wrote: energies, forces, self-consistency, and why it stopped."""
