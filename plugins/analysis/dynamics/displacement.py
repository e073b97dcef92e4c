"""Paths of atoms through periodic frames, their mean square displacement and diffusion (no AiiDA)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from aiida_zif.plugins.analysis.errors import Estimate, replica_error
from aiida_zif.plugins.physics.lattice import reduction

from .correlation import Curve, curve, products

FARTHEST_STEP = 0.45
"""Of a cell vector, between two frames; at half of one, nobody can say where an atom went."""

DIFFUSIVE = 0.8
"""An exponent of the mean square displacement below this is no diffusion yet."""


@dataclass(frozen=True)
class Diffusion:
    """A coefficient of diffusion.

    :param coefficient: Å²/ps, mean and standard error over blocks of the trajectory.
    :param exponent: d log MSD / d log t over the times that were fitted; 1 for diffusion, 0 for vibration.
    :param exponent_error: its standard error over blocks.
    :param fitted: shortest and longest time of the fit, ps.
    :param remark: what a reader must know before the number is used.
    """

    coefficient: Estimate
    exponent: float
    exponent_error: float
    fitted: tuple[float, float]
    remark: str


def unwrapped(positions: ArrayLike, cells: ArrayLike) -> np.ndarray:
    """Return paths without jumps by cell vectors, Å, shape (N, n, 3); they begin where the first frame has its atoms.

    Every atom goes from frame to frame to its nearest image. The step is taken in fractions of the cell and measured
    in the mean of both cells, so that the breathing of a cell at constant pressure moves no atom, however far it has
    gone. A cell whose vectors are exchanged for others of the same lattice, as LAMMPS does with a cell that tilts too
    far, is followed. Scaling whole paths with each new cell would make displacement of noise (J. T. Bullerjahn et al.,
    J. Chem. Theory Comput. 19, 3406 (2023)).

    :param positions: Å, shape (N, n, 3), wrapped or not.
    :param cells: lattice vectors as rows, Å, shape (N, 3, 3).
    :raises ValueError: an atom moves so far between two frames that its nearest image may be another.
    """
    places, lattice = np.asarray(positions, float), followed(np.asarray(cells, float))
    steps = np.diff(places @ np.linalg.inv(lattice), axis=0)
    steps -= np.rint(steps)
    farthest = np.abs(steps).max(axis=(1, 2), initial=0.0)
    if (farthest > FARTHEST_STEP).any():
        frame = int(np.argmax(farthest > FARTHEST_STEP))
        raise ValueError(
            f"frames: an atom moves {farthest[frame]:.2f} of a cell vector from frame {frame} to {frame + 1}; allowed "
            f"is up to {FARTHEST_STEP:g}, beyond it its image cannot be followed; give frames closer in time"
        )
    moved = np.cumsum(steps @ (lattice[1:] + lattice[:-1]) / 2, axis=0)
    return np.concatenate([places[:1], places[:1] + moved])


def followed(cells: np.ndarray) -> np.ndarray:
    """Return the cells of a trajectory in compact vectors that do not jump from frame to frame.

    :param cells: Å, shape (N, 3, 3).
    :raises ValueError: two frames have no lattice in common.
    """
    chosen = [reduction(cells[0]) @ cells[0]]
    for frame, cell in enumerate(cells[1:], start=1):
        matrix = np.rint(chosen[-1] @ np.linalg.inv(cell))
        if abs(abs(np.linalg.det(matrix)) - 1) > 1e-6:
            raise ValueError(
                f"cells: those of frames {frame - 1} and {frame} are {chosen[-1].round(2).tolist()} and "
                f"{cell.round(2).tolist()} Å, which is no small change; give frames of one trajectory"
            )
        chosen.append(matrix @ cell)
    return np.array(chosen)


def without_drift(paths: np.ndarray, masses: ArrayLike) -> np.ndarray:
    """Return paths from which the motion of the centre of mass since the first frame is subtracted.

    Give it all atoms: what a group does together is no drift. Choose the group afterwards.

    :param paths: Å, shape (N, n, 3).
    :param masses: of all atoms in any unit, shape (n,).
    """
    weights = np.asarray(masses, float) / np.sum(masses)
    drift = np.einsum("i,tij->tj", weights, paths - paths[:1])
    return np.asarray(paths - drift[:, None])


def mean_square_displacement(paths: np.ndarray, interval: float, share: float = 0.5) -> Curve:
    """Return ⟨|r(t0 + t) - r(t0)|²⟩ over members and all time origins, Å².

    By fast Fourier transform (V. Calandrini et al., Collection SFN 12, 201 (2011), section 3.2).

    :param paths: without jumps and drift, Å, shape (T, m, 3): atoms, or centres of linkers.
    :param interval: between two frames, ps.
    :param share: of the length of the trajectory that the curve reaches.
    """
    return curve(_displacements(np.asarray(paths, float)), interval, share, "Å²")


def diffusion(
    paths: np.ndarray, interval: float, n_blocks: int = 5, fit: tuple[float, float] = (0.1, 0.5)
) -> Diffusion:
    """Return the coefficient of diffusion D = (slope of the mean square displacement)/6, by blocks.

    Each block of the trajectory has its own mean square displacement and straight line; mean and standard error are
    those over blocks.

    :param paths: Å, shape (T, m, 3).
    :param interval: ps.
    :param n_blocks: at least 2.
    :param fit: range of the fit, in lengths of a block.
    :raises ValueError: fewer than three times would be fitted.
    """
    length = len(paths) // n_blocks
    first, last = max(1, round(fit[0] * (length - 1))), round(fit[1] * (length - 1))
    if n_blocks < 2 or last - first < 2:
        raise ValueError(
            f"frames: {len(paths)} in {n_blocks} blocks leave {max(0, last - first + 1)} times to fit, needed are at "
            "least 2 blocks with 3 times each; give more frames or fewer blocks"
        )
    times = np.arange(first, last + 1) * float(interval)
    slopes, exponents = [], []
    for block in range(n_blocks):
        part = np.asarray(paths[block * length : (block + 1) * length], float)
        values = _displacements(part).mean(axis=1)[first : last + 1]
        slopes.append(np.polyfit(times, values, 1)[0] / 6)
        exponents.append(np.polyfit(np.log(times), np.log(np.maximum(values, 1e-300)), 1)[0])
    coefficient, exponent = replica_error(slopes), replica_error(exponents)
    coefficient = replace(coefficient, error_from="blocks")
    remark = "" if exponent.mean >= DIFFUSIVE else f"exponent {exponent.mean:.2f}: no diffusion within these times"
    return Diffusion(coefficient, exponent.mean, exponent.error, (float(times[0]), float(times[-1])), remark)


def _displacements(paths: np.ndarray) -> np.ndarray:
    """Mean square displacement of each member over all origins, shape (T, m)."""
    n_frames = len(paths)
    paths = paths - paths.mean(axis=0)  # keeps what is subtracted below from losing digits
    squared = np.sum(paths**2, axis=2)
    ends = np.concatenate([np.zeros((1, squared.shape[1])), np.cumsum(squared, axis=0)])
    lags = np.arange(n_frames)
    both = (ends[n_frames] - ends[lags]) + ends[n_frames - lags]
    values = (both - 2 * products(paths).sum(axis=2)) / (n_frames - lags)[:, None]
    values[0] = 0.0
    return np.asarray(np.maximum(values, 0.0))
