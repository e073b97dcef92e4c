"""A verdict in words, and what the protocol cannot reach (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from aiida_zif.plugins.analysis.glass.onset import FALL
from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.words import counted
from aiida_zif.workflows.properties.melt_quench.cost import FEWEST_RATES, beyond_laboratories, faster_than_the_barostat
from aiida_zif.workflows.properties.melt_quench.report import CRYSTAL, MELT, GlassReport, State
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings

DOUBTFUL = 0.5
"""Share of the sampled frames of a stage above the trust level; beyond it the headline says so."""


class Verdict(NamedTuple):
    """Whether it is a glass (None: not decided), and why in words."""

    is_glass: bool | None
    words: str


def verdict_of(report: GlassReport) -> Verdict:
    """Judge a report whose checks are complete.

    It is a glass if the framework melted, the melt forgot the crystal, the quenches came to their end, no glass has a
    hole, and all linkers are whole. A check that could not be made leaves it open, unless another one fails.
    """
    melted, melting = _melting(report)
    done = {leg.rate: leg for leg in report.legs if leg.rate is not None and leg.is_complete}
    voids = [void.passed for void in report.voids.values()]
    no_hole = False if False in voids else True if voids and all(voids) else None
    checks = [melted, report.memory.forgot, bool(done), no_hole, report.linkers.passed]
    is_glass = False if False in checks else True if all(checks) else None
    words = [_headline(is_glass, melted, report), _legs(report), melting, *_checks(report), *_transitions(report)]
    return Verdict(is_glass, " ".join(filter(None, words)))


def _headline(is_glass: bool | None, melted: bool | None, report: GlassReport) -> str:
    if is_glass and max(report.trust.share_by_stage.values(), default=0.0) > DOUBTFUL:
        return "This is a glass by every check of its structure, but most of a stage was run where no model is trusted."
    if is_glass:
        return "This is a glass by all checks."
    if melted is False:
        return "This is no glass: the melt never melted."
    if report.memory.forgot is False:
        return "This is no glass: the melt did not forget the crystal."
    if is_glass is False:
        return "This is no glass."
    return "Whether this is a glass is not decided."


def _legs(report: GlassReport) -> str:
    whole = sum(leg.is_complete for leg in report.legs)
    if whole == len(report.legs):
        return f"All {whole} trajectories were completed."
    causes = ", ".join(f"{leg.name}: {leg.ended.replace('_', ' ')}" for leg in report.legs if not leg.is_complete)
    return f"{whole} of {counted(len(report.legs), 'trajectory')} were completed ({causes})."


def _melting(report: GlassReport) -> tuple[bool | None, str]:
    """Whether bonds broke on heating or in the hold, and what was seen."""
    melt, crystal, onset = report.states.get(MELT), report.states.get(CRYSTAL), report.onset
    seen = None if melt is None else melt.four_fold.value
    if melt is None or seen is None or crystal is None or crystal.four_fold.value is None:
        return None, "No replica completed its hold at the temperature of the melt."
    fallen = crystal.four_fold.value - seen
    share = f"the share of metals with four N is {_with_error(melt.four_fold, 2)} in the melt and "
    share += f"{_with_error(crystal.four_fold, 2)} in the crystal"
    has_onset = onset is not None and onset.temperature.value is not None
    if has_onset or fallen >= FALL or report.memory.forgot:
        at = (
            f"Melting begins at {_with_error(onset.temperature, 0)} K; "
            if has_onset and onset
            else "No onset was found; "
        )
        return True, f"{at}{share}."
    return False, f"No melting was seen on heating or in the hold: {share}. Raise melt_temperature or hold."


def _checks(report: GlassReport) -> Iterator[str]:
    memory, trust = report.memory, report.trust
    state = {True: "forgot the crystal", False: "kept the crystal", None: "may have kept the crystal"}[memory.forgot]
    yield f"The melt {state}: {memory.why}."
    failed = [name for name, void in report.voids.items() if void.passed is False]
    undecided = [name for name, void in report.voids.items() if void.passed is None]
    if failed:
        yield f"There is a void in {_glasses(failed)}: {report.voids[failed[0]].why}."
    elif undecided:
        yield f"Voids were not judged in {_glasses(undecided)}: {report.voids[undecided[0]].why}."
    elif report.voids:
        yield "No glass has a void."
    yield f"Linkers: {report.linkers.why}."
    if trust.share is not None:
        yield (
            f"{100 * trust.share:.1f} % of {counted(trust.n_looks, 'sampled frame')} deviate by more than "
            f"{trust.level:g} eV/Å"
            + (f"; the largest is {trust.max_deviation:.2g} eV/Å ({trust.worst_stage})." if trust.worst_stage else ".")
        )


def _transitions(report: GlassReport) -> Iterator[str]:
    for name, found in report.tg.items():
        by_heat = report.tg_by_enthalpy.get(name)
        parts = [f"{_with_error(found.temperature, 0)} K by the density" if found.temperature.value else ""]
        if by_heat and by_heat.temperature.value:
            parts.append(f"{_with_error(by_heat.temperature, 0)} K by the enthalpy")
        known = ", ".join(filter(None, parts))
        called = _glasses([name])
        yield f"Tg of {called}: {known}." if known else f"No Tg of {called}: {found.temperature.remark}."
    slope = report.rate_slope
    if slope is not None and slope.slope.value is not None:
        yield f"Tg changes by {_with_error(slope.slope, 0)} K per decade of the quench rate."


def _glasses(names: Sequence[str]) -> str:
    """Name glasses by their rates: ``the glass quenched at 20 K/ps``."""
    rates = ", ".join(name.partition("@")[2] for name in names)
    return f"the glass{'es' if len(names) > 1 else ''} quenched at {rates} K/ps"


def _with_error(measured: Measured, digits: int) -> str:
    if measured.value is None:
        return "unknown"
    error = "" if measured.error is None else f" ± {measured.error:.{digits}f}"
    return f"{measured.value:.{digits}f}{error}"


def _unsettled(name: str, state: State) -> Iterator[str]:
    """Quantities of a state that still change while they are averaged."""
    for quantity, change in state.drifting.items():
        words = f"{change.value:+.2g} ± {change.error:.1g} {change.unit}".strip()
        yield (
            f"The {quantity} of {name} is not settled: it changes by {words} from the first to the second half of the "
            "time over which it is averaged."
        )


def limits_of(report: GlassReport, settings: MeltQuenchSettings, cell: np.ndarray) -> list[str]:
    """Return what the protocol cannot reach, whatever it found; a sentence each.

    :param cell: that was run, Å, shape (3, 3).
    """
    heights = 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    fastest, slowest = max(settings.rates), min(settings.rates)
    rates = f"{slowest:g} K/ps" if fastest == slowest else f"{slowest:g} to {fastest:g} K/ps"
    limits = [
        f"Size: {report.n_atoms} atoms, {report.n_metals} metals. Nothing longer than half the cell "
        f"({heights.min() / 2:.1f} Å) can be seen, and errors do not contain the effect of the size.",
        f"Rate: quenched at {rates}, {beyond_laboratories(slowest)}. Density, Tg and order hold for these rates; "
        "nothing is extrapolated.",
        f"Time: held at {settings.melt_temperature:g} K for {settings.hold:g} ps. Slower processes did not happen.",
        "Volume: frames of a glass have the volume of the last step at constant pressure. The mean density is in the "
        "table of states.",
    ]
    limits += [sentence for name, state in report.states.items() for sentence in _unsettled(name, state)]
    if too_fast := faster_than_the_barostat(settings):
        limits.append(f"Barostat: {too_fast}.")
    if settings.coupling == "iso":
        limits.append(
            "Cell shape: fixed by the isotropic barostat. A framework that closes its pores by a change of shape, as "
            "ZIF-4 does below 140 K and above 28 MPa, cannot do so here, or does so at another volume."
        )
    if settings.replicas == 1:
        limits.append("Errors: one replica; they are from blocks of one trajectory, and are lower bounds.")
    if report.force_field.n_models == 1:
        limits.append("Force field: one model; nothing shows where it is wrong.")
    else:
        limits.append(
            "Committee: all trajectories are driven by its first model. Errors contain nothing of what other models "
            "would give for density, enthalpy and Tg; how far they disagree is stated as the deviation of their forces."
        )
    if report.force_field.n_models > 1 and settings.trust is None:
        limits.append("Trust: no level was set; the deviation of the committee is reported, but not judged.")
    if len(settings.rates) < FEWEST_RATES:
        limits.append(f"Rate dependence: Tg needs at least {FEWEST_RATES} rates for it.")
    return limits
