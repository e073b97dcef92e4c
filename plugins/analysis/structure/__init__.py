"""Structure of frames: neighbours, pair distributions, coordination, angles, scattering (no AiiDA)."""
