"""Common parts of all jobs: clock, waiting, interruptions, retrieved files, versions."""
