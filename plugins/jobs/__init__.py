"""What all jobs share: clock, waiting, interruptions, retrieved files."""
