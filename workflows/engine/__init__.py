"""What work chains share: resuming, seeds, options, cores, endings."""
