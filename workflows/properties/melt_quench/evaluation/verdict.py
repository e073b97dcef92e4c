"""A verdict in words, and what the protocol cannot reach (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from aiida_zif.plugins.analysis.glass.onset import FALL
from aiida_zif.plugins.data.measured import Measured
from aiida_zif.workflows.properties.melt_quench.cost import faster_than_the_barostat
from aiida_zif.workflows.properties.melt_quench.report import CRYSTAL, MELT, GlassReport
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings

LABORATORY = 10.0
"""K/s; an ordinary rate of a laboratory, to say how far away a simulated one is."""

PS = 1e-12


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
    if is_glass:
        return "This is a glass by every check that was made."
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
        return f"All {whole} legs came to their end."
    causes = ", ".join(f"{leg.name}: {leg.ended.replace('_', ' ')}" for leg in report.legs if not leg.is_complete)
    return f"{whole} of {len(report.legs)} legs came to their end ({causes})."


def _melting(report: GlassReport) -> tuple[bool | None, str]:
    """Whether bonds broke on heating or in the hold, and what was seen."""
    melt, crystal, onset = report.states.get(MELT), report.states.get(CRYSTAL), report.onset
    seen = None if melt is None else melt.four_fold.value
    if melt is None or seen is None or crystal is None or crystal.four_fold.value is None:
        return None, "No replica was held as a melt to the end."
    fallen = crystal.four_fold.value - seen
    share = f"the share of four-fold metals is {_with_error(melt.four_fold, 2)} in the melt, "
    share += f"{_with_error(crystal.four_fold, 2)} in the crystal"
    has_onset = onset is not None and onset.temperature.value is not None
    if has_onset or fallen >= FALL or report.memory.forgot:
        at = f"Melting sets in at {_with_error(onset.temperature, 0)} K; " if has_onset and onset else "No onset; "
        return True, f"{at}{share}."
    return False, f"No melting was seen on heating or in the hold: {share}. Heat further or hold longer."


def _checks(report: GlassReport) -> Iterator[str]:
    memory, trust = report.memory, report.trust
    state = {True: "forgot the crystal", False: "kept the crystal", None: "may have kept the crystal"}[memory.forgot]
    yield f"The melt {state}: {memory.why}."
    failed = [name for name, void in report.voids.items() if void.passed is False]
    undecided = [name for name, void in report.voids.items() if void.passed is None]
    if failed:
        yield f"There is a hole in {', '.join(failed)}: {report.voids[failed[0]].why}."
    elif undecided:
        yield f"Voids were not judged in {', '.join(undecided)}: {report.voids[undecided[0]].why}."
    elif report.voids:
        yield "No glass has a hole."
    yield f"Linkers: {report.linkers.why}."
    if trust.share is not None:
        yield (
            f"The committee disagreed by more than {trust.level:g} eV/Å at {100 * trust.share:.1f} % of the looks"
            + (f", most of all in {trust.worst_stage} ({trust.max_deviation:.2g} eV/Å)." if trust.worst_stage else ".")
        )


def _transitions(report: GlassReport) -> Iterator[str]:
    for name, found in report.tg.items():
        by_heat = report.tg_by_enthalpy.get(name)
        parts = [f"{_with_error(found.temperature, 0)} K by the density" if found.temperature.value else ""]
        if by_heat and by_heat.temperature.value:
            parts.append(f"{_with_error(by_heat.temperature, 0)} K by the enthalpy")
        known = ", ".join(filter(None, parts))
        yield f"Tg of {name}: {known}." if known else f"No Tg of {name}: {found.temperature.remark}."
    slope = report.rate_slope
    if slope is not None and slope.slope.value is not None:
        yield f"Tg changes by {_with_error(slope.slope, 0)} K per decade of the rate."


def _with_error(measured: Measured, digits: int) -> str:
    if measured.value is None:
        return "unknown"
    error = "" if measured.error is None else f" ± {measured.error:.{digits}f}"
    return f"{measured.value:.{digits}f}{error}"


def limits_of(report: GlassReport, settings: MeltQuenchSettings, cell: np.ndarray) -> list[str]:
    """Return what the protocol cannot reach, whatever it found; a sentence each.

    :param cell: that was run, Å, shape (3, 3).
    """
    heights = 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    fastest, slowest = max(settings.rates), min(settings.rates)
    rates = f"{slowest:g} K/ps" if fastest == slowest else f"{slowest:g} to {fastest:g} K/ps"
    away = round(np.log10(slowest / PS / LABORATORY))
    limits = [
        f"{report.n_atoms} atoms, {report.n_metals} metals: nothing longer than half the cell "
        f"({heights.min() / 2:.1f} Å) can be seen, and errors do not contain the effect of the size.",
        f"Quenched at {rates}, 10^{away} times faster than {LABORATORY:g} K/s: density, Tg and order are those of "
        "these rates; nothing is extrapolated.",
        f"Held at {settings.melt_temperature:g} K for {settings.hold:g} ps: what takes longer did not happen.",
        "The frames of the glass have the volume of the last step at constant pressure; its mean density is in the "
        "states.",
    ]
    if too_fast := faster_than_the_barostat(settings):
        limits.append(f"{too_fast[0].upper()}{too_fast[1:]}.")
    if settings.coupling == "iso":
        limits.append(
            "Isotropic barostat: the cell kept its shape. A framework that closes its pores by a change of shape, as "
            "ZIF-4 does below 140 K and above 28 MPa, cannot do it here, or does it at another volume."
        )
    if settings.replicas == 1:
        limits.append("One replica: errors are those of blocks of one trajectory, which are lower bounds.")
    if report.force_field.n_models == 1:
        limits.append("One model: no committee shows where the force field is not trusted.")
    elif settings.trust is None:
        limits.append("No trust level was set: the deviation of the committee is reported, and not judged.")
    if len(settings.rates) < 3:
        limits.append("Fewer than three rates: how Tg depends on the rate cannot be stated.")
    return limits
