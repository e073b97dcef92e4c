"""X-ray and neutron scattering of all replicas (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from aiida_zif.plugins.analysis.errors import Estimate, bootstrap, resampling_units
from aiida_zif.plugins.analysis.structure.extrema import peak_position
from aiida_zif.plugins.analysis.structure.pair_distribution import PairDistribution
from aiida_zif.plugins.analysis.structure.partial_factors import PartialFactors, from_distribution
from aiida_zif.plugins.analysis.structure.scattering import (
    TotalScattering,
    to_real_space,
    total_factor,
    total_scattering,
)
from aiida_zif.plugins.analysis.structure.scattering_lengths import (
    DEUTERATED,
    Radiation,
    ScatteringLengths,
    scattering_lengths,
)
from aiida_zif.plugins.data.measured import Measured
from aiida_zif.workflows.properties.structure.curves import Curve
from aiida_zif.workflows.properties.structure.observables.pairs import curve_of, pair_name
from aiida_zif.workflows.properties.structure.report import Row
from aiida_zif.workflows.properties.structure.settings import StructureSettings
from aiida_zif.workflows.properties.structure.statistics import measured

RADIATIONS: tuple[Radiation, ...] = ("x-ray", "neutron")
FIRST_PEAK = (0.6, 1.8)
"""1/Å, where the first sharp diffraction peak of a framework is looked for."""
FINEST = 0.25
"""1/Å; a cell whose 2π/L is larger has too few wave vectors to place that peak."""
NEAR = 0.3
"""Å, about the peak of g(r) where the peak of D(r) is looked for."""
R_STEP = 0.02
"""Å, of D(r)."""


class Scattered:
    """Total scattering of all replicas for one radiation."""

    def __init__(
        self, replicas: Sequence[PairDistribution], settings: StructureSettings, radiation: Radiation, lowest: float
    ) -> None:
        """Compute F(Q), S(Q) and D(r).

        :param lowest: wave number below which the cells have no wave vector, 1/Å.
        """
        chosen = settings.scattering
        isotopes = DEUTERATED if radiation == "neutron" and chosen.deuterated and "H" in replicas[0].numbers else None
        self.lengths: ScatteringLengths = scattering_lengths(replicas[0].numbers, radiation, isotopes)
        # D(r) is the transform of all of F; below 2π/L there is no wave vector that could show F by itself
        q = np.arange(1, round(chosen.q_max / chosen.q_step) + 1) * chosen.q_step
        self.shown = q >= lowest * (1 - 1e-9)
        self.r = np.arange(round(chosen.r_max / 2 / R_STEP) + 1) * R_STEP
        self.broadening = None if chosen.lorch else 0.0
        self.partials: list[PartialFactors] = [from_distribution(one, q, "lorch") for one in replicas]
        if not settings.independent:
            self.partials = [_joined(self.partials)]
        self.normalisation, self.seed = chosen.normalisation, settings.seed
        self.total: TotalScattering = total_scattering(
            self.partials, self.lengths, self.r, chosen.normalisation, self.broadening
        )

    def curves(self) -> Iterator[tuple[str, Curve]]:
        """Yield S(Q), F(Q) and D(r)."""
        total, of = self.total, self.lengths.radiation
        unit = {"neutron": "barn", "x-ray": "electrons²"}[of] if self.normalisation == "none" else ""
        q, kept = total.q[self.shown], self.shown
        yield f"S/{of}", curve_of(q, _part(total.s, kept), "Q", "S(Q)", "Å⁻¹", "")
        yield f"F/{of}", curve_of(q, _part(total.f, kept), "Q", "F(Q)", "Å⁻¹", unit)
        yield f"D/{of}", curve_of(total.r, total.d, "r", "D(r)", "Å", f"{unit} Å⁻²".strip())

    def peak(self, within: tuple[float, float], in_r: bool) -> Estimate:
        """Return the position of the highest peak of F(Q) or D(r) in a range, its error by bootstrap."""
        curves = [total_factor(one, self.lengths, self.normalisation) for one in self.partials]
        x = self.r if in_r else self.total.q[self.shown]
        if in_r:
            curves = [to_real_space(self.total.q, one, self.r, self.broadening or 0.0) for one in curves]
        else:
            curves = [one[:, self.shown] for one in curves]
        units, remark = resampling_units(curves)
        found = bootstrap(units, lambda drawn: peak_position(x, np.mean(drawn, axis=0), within), self.seed)
        return replace(found, remark="; ".join(filter(None, [found.remark, remark])))


def rows_of_scattering(scattered: Scattered, near: dict[str, float], placed: bool, independent: bool) -> Iterator[Row]:
    """Yield the positions of peaks.

    :param near: pair of elements → peak of its g(r), Å.
    :param placed: whether cells are large enough for the first sharp diffraction peak.
    """
    of = scattered.lengths.radiation
    if placed:
        value = measured(scattered.peak(FIRST_PEAK, in_r=False), "Å⁻¹", independent)
        yield _row("scattering_peak", of, value, f"highest peak of F(Q) from {FIRST_PEAK[0]} to {FIRST_PEAK[1]} Å⁻¹")
    if of == "x-ray":
        for pair, at in near.items():
            value = measured(scattered.peak((at - NEAR, at + NEAR), in_r=True), "Å", independent)
            yield _row("distance_peak", pair, value, f"highest peak of the X-ray D(r) within {NEAR} Å of that of g(r)")


def heavy_pairs(elements: Sequence[str]) -> list[str]:
    """Return the pairs of the heaviest element, whose peaks X-rays show."""
    from ase.data import atomic_numbers

    heaviest = max(elements, key=lambda element: int(atomic_numbers[element]))
    return [pair_name(heaviest, element) for element in elements if element != "H"]


def _row(quantity: str, of: str, value: Measured, definition: str) -> Row:
    return Row(group="scattering", quantity=quantity, of=of, value=value, definition=definition)


def _part(found: Estimate, kept: np.ndarray) -> Estimate:
    """Some of the points of a curve."""
    mean, error, n, freedom = (
        np.broadcast_to(value, kept.shape)[kept] for value in (found.mean, found.error, found.n, found.freedom)
    )
    return Estimate(mean, error, n, freedom, found.error_from, found.remark)


def _joined(parts: Sequence[PartialFactors]) -> PartialFactors:
    """Parts of one run as one run."""
    pairs = {pair: np.concatenate([part.partials[pair] for part in parts]) for pair in parts[0].partials}
    return replace(parts[0], partials=pairs, densities=np.concatenate([part.densities for part in parts]))
