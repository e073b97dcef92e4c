"""The figures of a study's report, and their data."""

from __future__ import annotations

import numpy as np

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.lammps.production.series import Series
from aiida_zif.provenance.report.study.decomposition_figure import decomposition_figure
from aiida_zif.provenance.report.study.figure import Figure, marked
from aiida_zif.provenance.report.study.temperature_figures import Line, rate_figure, temperature_figure
from aiida_zif.provenance.studies.curves import LegSeries, leg_series
from aiida_zif.provenance.studies.view import Part, StudyView
from aiida_zif.provenance.studies.words import grid_state_in_words
from aiida_zif.workflows.properties.melt_quench.report import CRYSTAL, GlassReport
from aiida_zif.workflows.properties.states.report import StatesReport

BOLTZMANN = 8.617333262e-5
"""eV/K, CODATA 2018."""


AGAINST_TEMPERATURE = (
    ("density", "density / g cm$^{-3}$", "Density against temperature.", "Means over blocks of steps."),
    (
        "enthalpy",
        "enthalpy $-$ 3 k$_B$T / meV per atom",
        "Enthalpy against temperature.",
        "The classical harmonic part, 3 k_B T per atom, is subtracted, so that transitions show. Zero is the "
        "equilibrated crystal, or the first block where there is none.",
    ),
    (
        "coordination",
        "N around a metal",
        "Coordination against temperature.",
        "Mean number of N within the cut-off of a metal.",
    ),
    (
        "deviation_mean",
        "force deviation / eV Å$^{-1}$",
        "Deviation of the committee against temperature.",
        "Largest force deviation in a frame, averaged over the sampled frames; dashed: the trust level.",
    ),
)
"""Quantity of the series, label of its axis, title and caption."""

ALL_SHARES = "The shares of a state add up to 100 %; thin lines are standard errors."
REPLICAS = "Thin lines are replicas, thick lines their means; the number of replicas is in brackets."


def temperature_figures(view: StudyView, part: Part, report: GlassReport | None) -> list[Figure]:
    """Return density, enthalpy, coordination and deviation along heating and quenches, as far as they are known."""
    legs = leg_series(view, part)
    found = []
    for quantity, label, title, caption in AGAINST_TEMPERATURE:
        lines = [line for leg in legs if (line := line_of(leg, quantity, report)) is not None]
        if lines:
            level = report.trust.level if report is not None and quantity == "deviation_mean" else None
            name = f"{part.name}-{quantity}"
            picture = temperature_figure(lines, label, name, level, is_positive=quantity == "deviation_mean")
            found.append(Figure(marked(picture), title, f"{caption} {REPLICAS}"))
    return found


def line_of(leg: LegSeries, quantity: str, report: GlassReport | None) -> Line | None:
    """Return one quantity along the ramps of a trajectory; None where nothing is known of it."""
    ramps = leg.ramps()
    values = relative_enthalpy(leg, ramps, report) if quantity == "enthalpy" else ramps[quantity]
    if not len(values) or not np.isfinite(values).any():
        return None
    return Line(leg.leg.replica, leg.leg.rate, ramps["temperature"], values)


def relative_enthalpy(leg: LegSeries, ramps: Series, report: GlassReport | None) -> np.ndarray:
    """Return enthalpies less 3 k_B T as meV per atom above the crystal, or above the first block."""
    crystal = report.states.get(CRYSTAL) if report is not None else None
    per_atom = ramps["enthalpy"] / leg.report.n_atoms - 3 * BOLTZMANN * ramps["temperature"]
    zero = next((value for value in per_atom if np.isfinite(value)), 0.0)
    if crystal is not None and crystal.enthalpy.value is not None and crystal.temperature.value is not None:
        zero = crystal.enthalpy.value - 3 * BOLTZMANN * crystal.temperature.value
    return np.asarray(1000.0 * (per_atom - zero))


def transition_figure(report: GlassReport) -> Figure | None:
    """Return the glass transition against the rate; None for fewer than two rates."""
    tg = {rate: report.tg[name].temperature for rate in report.rates if (name := f"glass@{rate:g}") in report.tg}
    if sum(one.value is not None for one in tg.values()) < 2:
        return None
    slope = report.rate_slope.slope if report.rate_slope is not None else None
    caption = "Standard errors over replicas. The line is not continued beyond the rates that were run."
    picture = rate_figure(tg, slope, f"{report.system}-rates")
    return Figure(marked(picture), "Glass transition against the rate of the quench.", caption)


# -- states -----------------------------------------------------------------------------------------------------------


def change_figures(report: StatesReport) -> list[Figure]:
    """Return for every measure the shares of the causes of the change from state to state."""
    found = []
    for measure in dict.fromkeys(one.measure for one in report.decompositions):
        shares: dict[str, dict[str, Measured]] = {
            grid_state_in_words(report, one.state): {share.cause: share.share for share in one.shares}
            for one in report.decompositions
            if one.measure == measure and one.shares
        }
        if shares:
            picture = decomposition_figure(shares, f"{report.system}-{measure}")
            caption = f"Change from {grid_state_in_words(report, report.reference)}, {measure}. " + ALL_SHARES
            found.append(Figure(marked(picture), "Causes of the change of structure.", caption))
    return found
