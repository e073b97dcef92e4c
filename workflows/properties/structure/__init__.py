"""Structure of frames: pair distribution, angles, scattering, rings, orientation, pores, dynamics, with errors."""
