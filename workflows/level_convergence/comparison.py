"""Errors of a level of theory against its tightest settings, and the cheapest of them that is good enough (no AiiDA).

Which error matters to a force field? Not that of the energy itself: another cut-off or basis moves the energies of
all frames of a composition by nearly the same amount, which the energy bias of each element absorbs. What the model
learns are differences. The study therefore labels two frames or more, rattled and strained apart, and judges the
error of their energy difference; the common shift is reported beside it. Two frames of unlike cells also let the
error see what a cut-off does when the volume changes: a fixed cut-off means another number of plane waves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from aiida_zif.plugins.cp2k.levels import Level
from aiida_zif.workflows.level_convergence.ladder import (
    AS_IT_IS,
    TIGHTEST,
    Choice,
    Ladder,
    changed,
    changes,
    rung_name,
    rungs,
    tightest,
)
from aiida_zif.workflows.level_convergence.study import LevelErrors, Noise, Rung

COMBINED = "combined"


@dataclass(frozen=True)
class Measured:
    """What one rung gave on all frames of the study.

    :param energies: eV, shape (N,).
    :param forces: eV/Å, shape (N, n, 3).
    :param stresses: GPa, shape (N, 3, 3); None where none was computed.
    :param seconds: wall time of one frame.
    """

    energies: np.ndarray
    forces: np.ndarray
    stresses: np.ndarray | None
    seconds: float


class Comparison(NamedTuple):
    """Every rung beside the tightest.

    :param rungs: by name.
    :param following: the combination to try next, None if there is none.
    :param proposal: name of the cheapest rung that passes.
    """

    rungs: dict[str, Rung]
    following: Choice | None
    proposal: str


def errors(found: Measured, reference: Measured) -> LevelErrors:
    """Return by how much a rung is off."""
    shifts = (found.energies - reference.energies) / found.forces.shape[1] * 1e3
    forces = (found.forces - reference.forces) * 1e3
    stress = None
    if found.stresses is not None and reference.stresses is not None:
        stress = float(np.sqrt(np.mean((found.stresses - reference.stresses) ** 2)))
    return LevelErrors(
        energy=float(np.ptp(shifts)),
        energy_shift=float(np.mean(shifts)),
        force=float(np.sqrt(np.mean(forces**2))),
        force_max=float(np.abs(forces).max()),
        stress=stress,
    )


def worst_ratio(found: LevelErrors, noise: Noise) -> float:
    """Return the largest of the three errors in units of its tolerance; up to 1 it passes."""
    return max(found.energy / noise.energy, found.force / noise.force, (found.stress or 0.0) / noise.stress)


def compare(level: Level, ladder: Ladder, noise: Noise, measured: Mapping[str, Measured]) -> Comparison:
    """Compare every rung with the tightest, and say which settings to take or which to try next.

    :param level: the level as it is.
    :param ladder: values by setting, see :mod:`aiida_zif.workflows.level_convergence.ladder`.
    :param measured: what is known, by hash of the level.
    :raises KeyError: if the tightest is not known.
    """
    reference = measured[changed(level, tightest(ladder)).hash]

    def row(choice: Choice) -> Rung:
        key = changed(level, choice).hash
        known: dict[str, Any] = {"hash": key, "choice": choice, "overrides": changes(choice, level)}
        if key in measured:
            found = errors(measured[key], reference)
            known |= {"errors": found, "seconds": measured[key].seconds, "passes": worst_ratio(found, noise) <= 1}
        return Rung(**known)

    table = {name: row(choice) for name, choice in rungs(ladder, level).items()}
    following = None
    for index, choice in enumerate(combinations(ladder, table, noise)):
        tried = row(choice)
        if tried.errors is None:
            following = choice
            break
        table[f"{COMBINED}_{index}"] = tried
        if tried.passes:
            break
    return Comparison(table, following, cheapest(table))


def cheapest(table: Mapping[str, Rung]) -> str:
    """Return the name of the fastest rung that passes: a combination, the level as it is, or else the tightest."""
    costs = {name: rung.seconds or 0.0 for name, rung in table.items() if rung.passes and not _is_single(name)}
    return min(costs, key=lambda name: costs[name])


def combinations(ladder: Ladder, table: Mapping[str, Rung], noise: Noise) -> Iterator[Choice]:
    """Yield choices from the cheapest that may pass to the tightest.

    The first takes of every setting the coarsest value from which on all values pass by themselves. Errors of several
    settings add up, so each next one tightens the setting that by itself is furthest off.
    """
    places = {setting: _coarsest(setting, values, table) for setting, values in ladder.items()}

    def ratio(setting: str) -> float:
        found = table[rung_name(setting, places[setting])].errors
        return worst_ratio(found, noise) if found is not None else float("inf")

    while True:
        yield {setting: values[places[setting]] for setting, values in ladder.items()}
        loose = [setting for setting, values in ladder.items() if places[setting] < len(values) - 1]
        if not loose:
            return
        places[max(sorted(loose), key=ratio)] += 1  # sorted: PostgreSQL keeps no order of the settings


def _coarsest(setting: str, values: list[Any], table: Mapping[str, Rung]) -> int:
    """Index of the coarsest value that passes together with all tighter ones: one that passes by luck is none."""
    place = len(values) - 1
    while place and table[rung_name(setting, place - 1)].passes:
        place -= 1
    return place


def _is_single(name: str) -> bool:
    return name not in (TIGHTEST, AS_IT_IS) and not name.startswith(f"{COMBINED}_")
