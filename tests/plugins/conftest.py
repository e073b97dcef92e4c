"""Frames of a small crystal, as readers give them and as a folder of deepmd/npy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from argon_crystal import SYMBOLS, argon

from aiida_zif.plugins.data.labelled_frame import LabelledFrame


@pytest.fixture
def frame() -> Callable[..., LabelledFrame]:
    """Factory of good frames; every value may be another one."""

    def make(seed: int = 0, **changes: Any) -> LabelledFrame:
        atoms = argon(seed)
        virial = -atoms.get_stress(voigt=False) * atoms.get_volume()
        values = {
            "place": f"test:{seed}",
            "symbols": SYMBOLS,
            "positions": atoms.positions,
            "cell": atoms.cell.array,
            "energy": atoms.get_potential_energy(),
            "forces": atoms.get_forces(),
            "virial": virial,
        }
        return LabelledFrame(**{**values, **changes})

    return make


@pytest.fixture
def deepmd(frame: Callable[..., LabelledFrame], tmp_path: Path) -> Path:
    """A folder with one system of two frames in the layout deepmd/npy."""
    from aiida_zif.plugins.deepmd.data.dataset import System, write_system

    frames = [frame(seed) for seed in (0, 1)]
    columns = {name: np.array([getattr(f, name) for f in frames]) for name in ("positions", "energy", "forces")}
    system = System(
        list(SYMBOLS),
        columns["positions"],
        np.array([f.cell for f in frames]),
        columns["energy"],
        columns["forces"],
        np.array([f.virial for f in frames]),
    )
    write_system(tmp_path / "argon", system, ["Ar", "Zn"])
    return tmp_path / "argon"
