"""From a bare machine to a working profile."""
