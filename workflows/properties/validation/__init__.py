"""Results beside references: AIMD at the same level, published glasses, measured scattering, literature."""
