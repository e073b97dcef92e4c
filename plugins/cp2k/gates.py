"""What a frame must pass before it may enter a block, and the bounds that a campaign may move (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

OUTLIER = "energy_outlier"

MAD_TO_SIGMA = 1.4826
"""Standard deviation of normally distributed values over their median absolute deviation."""

MOST_REFERENCES = 200
"""Energies that stand for all earlier ones of a composition."""


@dataclass(frozen=True)
class Gates:
    """The bounds of every gate.

    :param contact: smallest distance of two atoms over the sum of their covalent radii; closer ones are no chemistry
        (the shortest bonds of hot melts stay above 0.8), and a frame that holds some is refused unseen.
    :param max_force: eV/Å; a larger component means overlapping atoms.
    :param net_force: eV/Å; length of the sum of all forces over the square root of the number of atoms. The grid of
        a functional and the mesh of an Ewald sum give some, a frame put together wrongly gives far more.
    :param energy_band: eV/atom; energies that far from the median of the composition are always let in.
    :param energy_deviations: beyond the band a frame may be that many (robust) standard deviations away.
    :param energy_frames: fewer energies than these tell nothing of what is usual.
    :param stress: refuse frames without a stress.
    :param smearing: let frames in that only became self-consistent with a rung that changes the physics.
    """

    contact: float = 0.5
    max_force: float = 50.0
    net_force: float = 0.1
    energy_band: float = 0.5
    energy_deviations: float = 8.0
    energy_frames: int = 8
    stress: bool = True
    smearing: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain content; read back by :func:`read_gates`."""
        return asdict(self)


def read_gates(content: Mapping[str, Any] | None) -> Gates:
    """Return the gates with some bounds changed.

    :raises ValueError: naming the key, what was found and what is allowed.
    """
    kinds = {field.name: type(field.default) for field in fields(Gates)}
    for key, value in (content or {}).items():
        if key not in kinds:
            raise ValueError(f"gates.{key}: unknown; allowed are {', '.join(kinds)}")
        if isinstance(value, bool) != (kinds[key] is bool):
            allowed = "true or false" if kinds[key] is bool else "a number"
            raise ValueError(f"gates.{key}: {value!r} found, {allowed} allowed")
        if kinds[key] is not bool and not (isinstance(value, int | float) and value >= 0):
            raise ValueError(f"gates.{key}: {value!r} found, a number from zero on allowed")
    return Gates(**(content or {}))


def fault_of_forces(forces: np.ndarray, gates: Gates) -> tuple[str, str] | None:
    """Return reason and detail for which forces are refused, None if they pass.

    :param forces: eV/Å, (n, 3).
    """
    largest = float(np.abs(forces).max())
    if largest > gates.max_force:
        return "force_too_large", f"{largest:.1f} eV/Å, more than {gates.max_force:g}: atoms overlap"
    net = net_force(forces)
    if net > gates.net_force:
        return "net_force", f"the forces add up to {net:.3f} eV/Å an atom (root of n), more than {gates.net_force:g}"
    return None


def net_force(forces: ArrayLike) -> float:
    """Length of the sum of all forces over the square root of their number, eV/Å.

    Errors of a grid are independent from atom to atom, so their sum grows like the root.

    :param forces: eV/Å, (n, 3).
    """
    values = np.asarray(forces, dtype=float)
    return float(np.linalg.norm(values.sum(axis=0)) / np.sqrt(len(values)))


def outliers(energies: ArrayLike, references: ArrayLike, gates: Gates) -> dict[int, str]:
    """Return the energies outside the band of their composition, by index, with a detail for reading.

    The band is ``median ± max(energy_band, energy_deviations · 1.4826 · MAD)`` over the energies and the references
    together.

    :param energies: eV/atom, (N,).
    :param references: eV/atom of the same composition and level, may be empty.
    """
    values = np.asarray(energies, dtype=float).reshape(-1)
    together = np.concatenate([values, np.asarray(references, dtype=float).reshape(-1)])
    if len(together) < gates.energy_frames:
        return {}
    median = float(np.median(together))
    spread = MAD_TO_SIGMA * float(np.median(np.abs(together - median)))
    band = max(gates.energy_band, gates.energy_deviations * spread)
    return {
        int(index): f"{values[index] - median:+.2f} eV/atom from the median of {len(together)} frames, band ±{band:.2f}"
        for index in np.flatnonzero(np.abs(values - median) > band)
    }


def thinned(energies: Sequence[float] | np.ndarray) -> list[float]:
    """Return at most :data:`MOST_REFERENCES` values with the same median and spread, sorted."""
    values = np.sort(np.asarray(energies, dtype=float))
    if len(values) > MOST_REFERENCES:
        values = np.quantile(values, np.linspace(0.0, 1.0, MOST_REFERENCES))
    return [round(float(value), 6) for value in values]
