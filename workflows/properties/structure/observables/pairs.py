"""Partial pair distributions of all replicas: curves, cut-offs, coordination and peaks (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from aiida_zif.plugins.analysis.errors import Estimate
from aiida_zif.plugins.analysis.structure.extrema import Cutoff, NoMinimumError, coordination_cutoff, peak_of_pair
from aiida_zif.plugins.analysis.structure.pair_distribution import PairDistribution, pair_distribution
from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.physics.elements import NON_METALS
from aiida_zif.plugins.physics.geometry import volumes
from aiida_zif.workflows.properties.structure.curves import Curve
from aiida_zif.workflows.properties.structure.observables.trajectory import Trajectory
from aiida_zif.workflows.properties.structure.report import Row
from aiida_zif.workflows.properties.structure.settings import StructureSettings
from aiida_zif.workflows.properties.structure.statistics import combined, measured

SHORTEST = 0.5
"""Å; no two atoms are nearer."""

CONVENTION = "g_ab(r) tends to 1; ρ_b ∫ 4πr² g_ab dr is the number of b around an a"


MOST_PAIRS = 500_000_000
"""Distances that are counted in one step, so that it takes some twenty seconds."""


def count_distances(frames: Trajectory, settings: StructureSettings) -> PairDistribution:
    """Count all distances as far as g(r) or scattering need them, of as many frames as :data:`MOST_PAIRS` allows."""
    reach = [settings.pairs.r_max] if "pairs" in settings.observables else []
    reach += [settings.scattering.r_max] if "scattering" in settings.observables else []
    n_atoms = len(frames.symbols)
    neighbours = 4 / 3 * np.pi * max(reach) ** 3 * n_atoms / float(volumes(frames.cells).mean())
    chosen = frames.thinned(max(1, int(MOST_PAIRS / (n_atoms * neighbours))))
    return pair_distribution(chosen.symbols, chosen.positions, chosen.cells, max(reach), settings.pairs.bin)


def pair_name(one: str, other: str) -> str:
    """Return the name of a pair of elements, the heavier one first: ``Zn-N``."""
    from ase.data import atomic_numbers

    first, second = sorted((one, other), key=lambda element: -atomic_numbers[element])
    return f"{first}-{second}"


def rows_of_pairs(replicas: Sequence[PairDistribution], settings: StructureSettings) -> Iterator[Row | str]:
    """Yield the rows of every pair of elements; of a pair without a first minimum a sentence for the limits."""
    for one, other in replicas[0].counts:
        try:
            cutoff = coordination_cutoff(replicas, one, other)
        except NoMinimumError:
            yield f"g(r) of {pair_name(one, other)} has no clear first minimum: no coordination is stated."
            continue
        yield from _of_pair(replicas, one, other, cutoff, settings)


def _of_pair(
    replicas: Sequence[PairDistribution], one: str, other: str, cutoff: Cutoff, settings: StructureSettings
) -> Iterator[Row]:
    name, independent = pair_name(one, other), settings.independent
    peak = peak_of_pair(replicas, one, other, (SHORTEST, cutoff.value), settings.seed)
    yield _row("first_peak", name, peak, "Å", independent, "maximum of a cubic fitted to the peak of g(r)")
    minimum = Measured(value=cutoff.value, unit="Å", remark="one cut-off for all replicas: no error")
    yield Row(group="pairs", quantity="first_minimum", of=name, value=minimum, definition="of the smoothed mean g(r)")
    for centre, around in dict.fromkeys([(one, other), (other, one)]):
        found = combined([part.coordination(centre, around, cutoff.value) for part in replicas], independent)
        if found is not None:
            defined = f"{around} within {cutoff.value:.2f} Å of {centre}, the first minimum of g(r)"
            yield _row("coordination", f"{centre}-{around}", found, "", independent, defined)


def _row(quantity: str, of: str, found: Estimate, unit: str, independent: bool, definition: str) -> Row:
    value = measured(found, unit, independent)
    return Row(group="pairs", quantity=quantity, of=of, value=value, definition=definition)


def curves_of_pairs(replicas: Sequence[PairDistribution], settings: StructureSettings) -> Iterator[tuple[str, Curve]]:
    """Yield g(r) of every pair of elements up to the distance that was asked for, and n(r) around every metal.

    n(r) is the mean number of neighbours within r: the coordination for whatever cut-off.
    """
    kept = replicas[0].r <= settings.pairs.r_max
    for one, other in replicas[0].counts:
        found = combined([part.g(one, other)[:, kept] for part in replicas], settings.independent)
        if found is not None:
            yield f"g/{pair_name(one, other)}", curve_of(replicas[0].r[kept], found, "r", "g(r)", "Å", "")
    ends = replicas[0].edges[1:]
    for one, other in dict.fromkeys(pair for names in replicas[0].counts for pair in (names, names[::-1])):
        if one not in NON_METALS:
            found = combined([part.running(one, other)[:, kept] for part in replicas], settings.independent)
            if found is not None:
                yield f"n/{one}-{other}", curve_of(ends[kept], found, "r", "n(r)", "Å", "")


def curve_of(x: np.ndarray, found: Estimate, x_label: str, y_label: str, x_unit: str, y_unit: str) -> Curve:
    """Return an estimate of a curve as it is stored."""
    n = int(np.round(np.median(found.n)))
    error = np.broadcast_to(np.asarray(found.error, dtype=float), np.shape(found.mean))
    return Curve(x, np.asarray(found.mean), error, x_label, y_label, x_unit, y_unit, n, found.error_from)
