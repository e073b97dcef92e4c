"""Pores by Zeo++: largest included and free sphere, accessible volume and surface (no AiiDA).

T. F. Willems et al., Microporous Mesoporous Mater. 149, 134 (2012). Zeo++ runs in a process of its own: it may abort,
which then is an error with a name. Its default divides space between atoms of different size only approximately: for
ZIFs the diameters are off by -0.5 to +0.4 Å. ``accuracy="DEF"`` replaces large atoms by many small ones, which is
better and takes minutes for 272 atoms. Beside both stands the largest included sphere of :mod:`.voids`, which is exact.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from aiida_zif.plugins.physics.lattice import reduction

from . import zeo_process
from .voids import RADII, largest_void, radii_for

PROBE = 1.2
"""Å; radius of a small probe, between those of He and H2, that still enters the pores of ZIF-4."""

TRIES = 6
JITTER = 2e-4
"""Å; by so much atoms are moved at random where Zeo++ gives up on a frame. It often does on symmetric ones, in which
points that are equally far from many atoms coincide."""

ACCURACIES = ("default", "DEF", "HI", "MED", "LOW")


class ZeoError(RuntimeError):
    """Zeo++ aborted, took too long, or left no numbers."""


class ZeoTimeout(ZeoError):
    """Zeo++ took too long."""


@dataclass(frozen=True)
class PoreDiameters:
    """Diameters of spheres between the atoms of one frame, Å.

    :param included: of the largest sphere, Di, by Zeo++.
    :param free: of the largest sphere that can pass through the crystal, Df, by Zeo++.
    :param included_along_free: of the largest sphere on the way of that one, by Zeo++.
    :param exact_included: of the largest sphere by the search of :mod:`.voids`, to 0.01 Å. How far ``included`` is from
        it shows how far Zeo++ is to be trusted in this frame.
    :param radii: of the elements, Å.
    :param accuracy: of Zeo++.
    """

    included: float
    free: float
    included_along_free: float
    exact_included: float
    radii: dict[str, float]
    accuracy: str


@dataclass(frozen=True)
class Accessible:
    """What a spherical probe can reach from outside, by Monte Carlo.

    :param value: Å³ of volume that its centre can reach, or Å² of surface, in the cell.
    :param error: standard error over samples, in the same unit.
    :param enclosed: the same of pockets that cannot be entered.
    :param enclosed_error: its standard error.
    :param per_cell_volume: share of the volume, or surface in Å²/Å³.
    :param probe: radius, Å.
    :param n_samples: of how many points, and how often: (points, repeats).
    :param seed: of the shifts and orders of atoms that make the samples independent.
    """

    value: float
    error: float
    enclosed: float
    enclosed_error: float
    per_cell_volume: float
    probe: float
    n_samples: tuple[int, int]
    seed: int


@dataclass(frozen=True)
class _Frame:
    symbols: Sequence[str]
    fractions: np.ndarray
    cell: np.ndarray
    radii: Mapping[str, float]


def pore_diameters(
    symbols: Sequence[str],
    positions: np.ndarray,
    cell: np.ndarray,
    radii: Mapping[str, float] = RADII,
    accuracy: str = "default",
    timeout: float = 1800.0,
) -> PoreDiameters:
    """Return the diameters of the largest included and free sphere of a frame.

    :param symbols: shape (n,).
    :param positions: Å, shape (n, 3).
    :param cell: lattice vectors as rows, Å, shape (3, 3).
    :param radii: of the elements, Å.
    :param accuracy: one of :data:`ACCURACIES`.
    :param timeout: s, after which Zeo++ is stopped.
    :raises ZeoError: Zeo++ gave no numbers, or took too long.
    """
    if accuracy not in ACCURACIES:
        raise ValueError(f"accuracy: found {accuracy!r}, allowed are {', '.join(ACCURACIES)}")
    frame = _frame(symbols, positions, cell, radii)
    included, free, along = _zeo(frame, {"what": "diameters", "accuracy": accuracy}, timeout)
    exact = largest_void(symbols, positions, cell, radii).diameter
    return PoreDiameters(included, free, along, exact, _used(symbols, radii), accuracy)


def accessible_volume(
    symbols: Sequence[str],
    positions: np.ndarray,
    cell: np.ndarray,
    seed: int,
    probe: float = PROBE,
    n_samples: tuple[int, int] = (5000, 5),
    radii: Mapping[str, float] = RADII,
    timeout: float = 1800.0,
) -> Accessible:
    """Return the volume that the centre of a probe can reach.

    Zeo++ draws the same points every time. Each repeat moves the atoms by a random vector against them and gives them
    in another order.

    :param seed: of vectors and orders.
    :param probe: radius, Å.
    :param n_samples: points in the cell, and repeats.
    """
    return _accessible(_frame(symbols, positions, cell, radii), "volume", seed, probe, n_samples, timeout)


def accessible_surface(
    symbols: Sequence[str],
    positions: np.ndarray,
    cell: np.ndarray,
    seed: int,
    probe: float = PROBE,
    n_samples: tuple[int, int] = (200, 5),
    radii: Mapping[str, float] = RADII,
    timeout: float = 1800.0,
) -> Accessible:
    """Return the surface on which the centre of a probe can roll; as :func:`accessible_volume`, points on each atom."""
    return _accessible(_frame(symbols, positions, cell, radii), "surface", seed, probe, n_samples, timeout)


def _accessible(
    frame: _Frame, what: str, seed: int, probe: float, n_samples: tuple[int, int], timeout: float
) -> Accessible:
    random = np.random.default_rng(seed)
    points, repeats = n_samples
    if points < 1 or repeats < 2 or not probe > 0:
        raise ValueError(
            f"n_samples: found {n_samples} with a probe of {probe} Å; allowed are points, 2 or more repeats"
        )
    task = {"what": what, "accuracy": "default", "probe": probe, "samples": points}
    found = np.array([_zeo(_moved(frame, random), task, timeout) for _ in range(repeats)])
    mean, error = found.mean(axis=0), found.std(axis=0, ddof=1) / repeats**0.5
    volume = abs(float(np.linalg.det(frame.cell)))
    value, enclosed = (float(one) for one in mean)
    errors = [float(one) for one in error]
    return Accessible(value, errors[0], enclosed, errors[1], value / volume, probe, n_samples, seed)


def _frame(symbols: Sequence[str], positions: np.ndarray, cell: np.ndarray, radii: Mapping[str, float]) -> _Frame:
    radii_for(symbols, radii)
    compact = reduction(cell) @ np.asarray(cell, float)
    return _Frame(symbols, np.asarray(positions, float) @ np.linalg.inv(compact), compact, radii)


def _moved(frame: _Frame, random: np.random.Generator) -> _Frame:
    """The same frame from another origin, with its atoms in another order."""
    order = random.permutation(len(frame.symbols))
    moved = frame.fractions[order] + random.random(3)
    return replace(frame, symbols=[frame.symbols[index] for index in order], fractions=moved)


def _used(symbols: Sequence[str], radii: Mapping[str, float]) -> dict[str, float]:
    return {symbol: float(radii[symbol]) for symbol in sorted(set(symbols))}


def _zeo(frame: _Frame, task: Mapping[str, Any], timeout: float) -> list[float]:
    """Run Zeo++, again with the same frame in other words if it gives up.

    :raises ZeoError: it gave no numbers, whatever the words.
    """
    random = np.random.default_rng(TRIES)
    for attempt in range(TRIES):
        try:
            return _run(frame, task, timeout)
        except ZeoError as error:
            if attempt == TRIES - 1 or isinstance(error, ZeoTimeout):
                raise
        shaken = random.uniform(-JITTER, JITTER, size=frame.fractions.shape) @ np.linalg.inv(frame.cell)
        frame = _moved(replace(frame, fractions=frame.fractions + shaken), random)
    raise AssertionError("the last attempt returns or raises")


def _run(frame: _Frame, task: Mapping[str, Any], timeout: float) -> list[float]:
    """Run Zeo++ in its own process.

    :raises ZeoTimeout: it took too long.
    :raises ZeoError: it gave no numbers.
    """
    with tempfile.TemporaryDirectory(prefix="zeo-") as name:
        folder = Path(name)
        (folder / "task.json").write_text(json.dumps(task))
        (folder / "frame.cssr").write_text(cssr(frame.symbols, frame.fractions - np.floor(frame.fractions), frame.cell))
        lines = [f"{symbol} {radius:g}" for symbol, radius in _used(frame.symbols, frame.radii).items()]
        (folder / "radii.rad").write_text("\n".join(lines) + "\n")
        command = [sys.executable, zeo_process.__file__, str(folder)]
        try:
            done = subprocess.run(command, capture_output=True, cwd=folder, timeout=timeout, check=False)
        except subprocess.TimeoutExpired:
            raise ZeoTimeout(
                f"Zeo++ took more than {timeout:g} s for {len(frame.symbols)} atoms with accuracy {task['accuracy']}; "
                "give it more time or less accuracy"
            ) from None
        result = folder / "result.json"
        if done.returncode or not result.exists():
            ended = f"signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
            said = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
            raise ZeoError(f"Zeo++ ended with {ended} and without numbers: {said[0]}")
        return [float(number) for number in json.loads(result.read_text())]


def cssr(symbols: Sequence[str], fractions: np.ndarray, cell: np.ndarray) -> str:
    """Return a frame in the format CSSR: cell lengths and angles, fractions.

    :param fractions: shape (n, 3).
    :param cell: Å, shape (3, 3).
    """
    from ase.geometry import cell_to_cellpar

    a, b, c, alpha, beta, gamma = cell_to_cellpar(cell)
    lines = [
        f"{'':38s}{a:12.6f}{b:12.6f}{c:12.6f}",
        f"{'':21s}{alpha:12.6f}{beta:12.6f}{gamma:12.6f}    SPGR =  1 P 1         OPT = 1",
        f"{len(symbols)} 0",
        "0 frame : frame",
    ]
    for number, (symbol, (x, y, z)) in enumerate(zip(symbols, fractions, strict=True), start=1):
        lines.append(f"{number} {symbol} {x:.10f} {y:.10f} {z:.10f} 0 0 0 0 0 0 0 0 0.0")
    return "\n".join(lines) + "\n"
