"""Curves beside each other: R factors and peaks of measured curves, each with its error (no AiiDA)."""

from __future__ import annotations

import numpy as np

from aiida_zif.plugins.analysis.structure.extrema import peak_position
from aiida_zif.plugins.analysis.structure.scattering import normalisation_of, renormalised
from aiida_zif.plugins.analysis.structure.scattering_lengths import (
    DEUTERATED,
    Normalisation,
    ScatteringLengths,
    scattering_lengths,
)
from aiida_zif.plugins.data.measured import Measured
from aiida_zif.workflows.properties.structure.curves import Curve
from aiida_zif.workflows.properties.structure.report import StructureReport
from aiida_zif.workflows.properties.structure.settings import StructureOptions
from aiida_zif.workflows.properties.validation.settings import CurveReference

DRAWS = 200
"""Of the error that the errors of the points of a measured curve give a peak."""


def r_factor(ours: Curve, reference: Curve, within: tuple[float, float]) -> Measured:
    """Return R = sqrt(Σ (y - y_ref)² / Σ y_ref²) over a range (A. C. Wright, J. Non-Cryst. Solids 159, 264 (1993)).

    The reference is interpolated linearly to our points. The error is that of ours, its points taken as independent.

    :param within: least and largest x.
    """
    low, high = max(within[0], reference.x[0]), min(within[1], reference.x[-1])
    kept = (ours.x >= low) & (ours.x <= high)
    if kept.sum() < 2:
        return Measured(remark=f"the curves have nothing in common from {within[0]:g} to {within[1]:g}")
    there = np.interp(ours.x[kept], reference.x, reference.y)
    apart, total = ours.y[kept] - there, float(np.sum(there**2))
    value = float(np.sqrt(np.sum(apart**2) / total))
    errors = ours.error[kept]
    known = bool(np.isfinite(errors).any()) and value > 0
    error = float(np.sqrt(np.nansum((apart * errors) ** 2)) / (value * total)) if known else None
    source = "replicas" if ours.error_from == "replicas" else "blocks"
    return Measured(
        value=value,
        error=error,
        error_from=source if error is not None else "none",  # type: ignore[arg-type]
        n=ours.n or None,
        remark=f"from {low:.3g} to {high:.3g} {ours.x_unit}; zero if the curves are the same",
    )


def measured_peak(curve: Curve, within: tuple[float, float], unit: str, seed: int) -> Measured:
    """Return the position of the highest peak of a measured curve in a range.

    The error is that which the stated errors of its points make, as a Monte Carlo of 200 seeded draws.
    """
    found = peak_position(curve.x, curve.y, within)
    if not np.isfinite(found):
        return Measured(unit=unit, remark="no peak there")
    if not np.isfinite(curve.error).all():
        return Measured(value=found, unit=unit, remark="the file states no error of every point")
    random = np.random.default_rng(seed)
    drawn = [peak_position(curve.x, curve.y + random.normal(scale=curve.error), within) for _ in range(DRAWS)]
    error = float(np.nanstd(drawn, ddof=1))
    return Measured(value=found, error=error, error_from="source", unit=unit, remark="from the stated errors of points")


def lengths_of(report: StructureReport, reference: CurveReference, options: StructureOptions) -> ScatteringLengths:
    """Return how strongly the elements of a cell scatter the radiation of a measurement."""
    from ase.formula import Formula

    numbers = Formula(report.formula).count()
    heavy = reference.radiation == "neutron" and options.scattering.deuterated and "H" in numbers
    return scattering_lengths(numbers, reference.radiation, DEUTERATED if heavy else None)


def stated_normalisation(
    reference: CurveReference, distances: Curve | None, lengths: ScatteringLengths, density: float
) -> tuple[Normalisation | None, str]:
    """Return what a measured F(Q) is divided by, and how that is known.

    :param distances: D(r) of the same measurement; None where there is none.
    :param density: atoms per Å³.
    """
    if reference.normalisation != "auto":
        return reference.normalisation, "as declared"
    if distances is None:
        return None, "F(Q) without a stated normalisation, and no D(r) of the same measurement to find it by"
    found, ratios = normalisation_of(distances.x, distances.y, lengths, density)
    said = ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items())
    return found, f"found by the slope of D(r) below 1 Å over that of each normalisation: {said}"


def converted(curve: Curve, lengths: ScatteringLengths, given: Normalisation, wanted: Normalisation) -> Curve:
    """Return a measured F(Q) in another normalisation."""
    y = renormalised(curve.x, curve.y, lengths, given, wanted)
    factor = renormalised(curve.x, np.ones_like(curve.y), lengths, given, wanted)
    return Curve(curve.x, y, curve.error * np.abs(factor), curve.x_label, curve.y_label, curve.x_unit, "", 0, "source")
