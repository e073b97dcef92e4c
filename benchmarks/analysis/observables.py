"""What is timed: observables of ``plugins/analysis`` as functions of frames. A new one is a line of the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from frames import Frames
from network_observables import BESIDE, NETWORK


@dataclass(frozen=True)
class Observable:
    """One observable.

    :param compute: takes frames.
    :param what: what is computed, in words, with its settings.
    :param of_large: whether 10⁵ atoms are measured too.
    :param within_the_minute: whether it counts among those that 2176 atoms × 100 frames have a minute for.
    """

    compute: Callable[[Frames], object]
    what: str
    of_large: bool = True
    within_the_minute: bool = True


REACH = 12.0
"""Å, for pair distributions."""


def pair_distributions(frames: Frames) -> object:
    """All partials with errors."""
    from aiida_zif.plugins.analysis.structure.pair_distribution import mean_distribution, pair_distribution

    counted = pair_distribution(list(frames.symbols), frames.positions, frames.cells, REACH)
    return {pair: mean_distribution([counted], *pair) for pair in counted.counts}


def coordination(frames: Frames) -> object:
    """Zn–N coordination with shares."""
    from aiida_zif.plugins.analysis.structure.angles import coordination_counts, coordination_shares

    counts = coordination_counts(list(frames.symbols), frames.positions, frames.cells, "Zn", "N", 2.5)
    return coordination_shares([counts])


def angles(frames: Frames) -> object:
    """N–Zn–N angles and their distribution."""
    from aiida_zif.plugins.analysis.structure.angles import angle_distribution, angle_width, bond_angles

    found = bond_angles(list(frames.symbols), frames.positions, frames.cells, "Zn", "N", 2.5)
    return angle_width([found]), angle_distribution([found], np.linspace(0, 180, 181))


def tetrahedral_order(frames: Frames) -> object:
    """Order parameter q of every Zn."""
    from aiida_zif.plugins.analysis.structure.angles import mean_order, tetrahedral_order

    return mean_order([tetrahedral_order(list(frames.symbols), frames.positions, frames.cells, "Zn", "N", 4.0)])


def scattering(frames: Frames) -> object:
    """X-ray and neutron F, S, D, G and T from g(r), which is counted first."""
    from aiida_zif.plugins.analysis.structure.pair_distribution import pair_distribution
    from aiida_zif.plugins.analysis.structure.partial_factors import from_distribution
    from aiida_zif.plugins.analysis.structure.scattering import total_scattering
    from aiida_zif.plugins.analysis.structure.scattering_lengths import scattering_lengths

    symbols = list(frames.symbols)
    counted = pair_distribution(symbols, frames.positions, frames.cells, REACH)
    partials = [from_distribution(counted, np.arange(0, 25, 0.05))]
    r = np.arange(0, REACH, 0.02)
    return [total_scattering(partials, scattering_lengths(symbols, kind), r) for kind in ("x-ray", "neutron")]


def wave_vectors(frames: Frames) -> object:
    """Partial structure factors from all wave vectors up to 2 1/Å."""
    from aiida_zif.plugins.analysis.structure.partial_factors import from_wave_vectors

    return from_wave_vectors(list(frames.symbols), frames.positions, frames.cells, 2.0)


OBSERVABLES: dict[str, Observable] = {
    "pair_distributions": Observable(pair_distributions, f"ten partial g(r) up to {REACH:g} Å, bins of 0.02 Å, errors"),
    "coordination": Observable(coordination, "N within 2.5 Å of every Zn, shares of 0 to 6, errors"),
    "angles": Observable(angles, "N–Zn–N angles, mean, width, distribution, errors"),
    "tetrahedral_order": Observable(tetrahedral_order, "q of every Zn from its four nearest N"),
    "scattering": Observable(scattering, f"F, S, D, G, T of X-rays and neutrons from g(r) up to {REACH:g} Å"),
    "wave_vectors": Observable(wave_vectors, "partial structure factors from all wave vectors up to 2 1/Å"),
}
OBSERVABLES |= {name: Observable(compute, what) for name, (compute, what) in NETWORK.items()}
OBSERVABLES |= {name: Observable(compute, what, within_the_minute=False) for name, (compute, what) in BESIDE.items()}
