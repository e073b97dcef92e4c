"""A CP2K input written by hand for one frame: another run type, guess and solver than those of the package."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

GFN1_XTB = """\
&GLOBAL
  PROJECT hand
  RUN_TYPE ENERGY_FORCE
  PRINT_LEVEL MEDIUM
&END GLOBAL
&FORCE_EVAL
  METHOD QS
  STRESS_TENSOR ANALYTICAL
  &DFT
    &QS
      METHOD xTB
      EPS_DEFAULT 1.0E-12
      &xTB
        DO_EWALD T
        CHECK_ATOMIC_CHARGES F
        &PARAMETER
          PARAM_FILE_NAME xTB_parameters
          DISPERSION_PARAMETER_FILE dftd3.dat
        &END PARAMETER
      &END xTB
    &END QS
    &POISSON
      &EWALD
        EWALD_TYPE SPME
        ALPHA 0.6
        O_SPLINE 6
      &END EWALD
    &END POISSON
    &SCF
      SCF_GUESS MOPAC
      MAX_SCF 100
      EPS_SCF 1.0E-8
      &DIAGONALIZATION
        ALGORITHM STANDARD
      &END DIAGONALIZATION
      &MIXING
        METHOD DIRECT_P_MIXING
        ALPHA 0.3
      &END MIXING
    &END SCF
  &END DFT
  &PRINT
    &FORCES ON
    &END FORCES
    &STRESS_TENSOR ON
    &END STRESS_TENSOR
  &END PRINT
  &SUBSYS
    &CELL
      PERIODIC XYZ
{cell}
    &END CELL
    &COORD
{coordinates}
    &END COORD
  &END SUBSYS
&END FORCE_EVAL
"""


def hand_written_input(symbols: Sequence[str], positions: np.ndarray, cell: np.ndarray) -> str:
    """Return the input of one frame; positions in Å, (n, 3); lattice vectors as rows in Å, (3, 3)."""
    vectors = [f"      {name} {x:.12f} {y:.12f} {z:.12f}" for name, (x, y, z) in zip("ABC", cell, strict=True)]
    atoms = [f"      {s} {x:.12f} {y:.12f} {z:.12f}" for s, (x, y, z) in zip(symbols, positions, strict=True)]
    return GFN1_XTB.format(cell="\n".join(vectors), coordinates="\n".join(atoms))
