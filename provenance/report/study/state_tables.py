"""Tables of a melt and quench: states, transitions, checks, trajectories (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.words import counted
from aiida_zif.provenance.report.study.structure_tables import some_of
from aiida_zif.provenance.values import all_units, usual_basis, value_in_words
from aiida_zif.workflows.properties.melt_quench.report import GlassReport, State

QUANTITIES = {
    "temperature": "temperature",
    "pressure": "pressure",
    "density": "density",
    "enthalpy": "enthalpy per atom",
    "above_crystal": "enthalpy above the crystal",
    "coordination": "N around a metal",
    "four_fold": "metals with four N",
    "deviation": "force deviation",
}
"""Field of a state → head of its column."""

DEFINITIONS = (
    "The enthalpy above the crystal is the difference within a replica. The force deviation is the largest one of the "
    "committee in a frame, averaged over the sampled frames."
)
PASSED, FAILED, OPEN = "passed", "not passed", "not decided"


@dataclass(frozen=True)
class Column:
    """Head of a column with its unit."""

    name: str
    head: str
    unit: str


@dataclass(frozen=True)
class StateTable:
    """One row a state, one column a quantity that any of them has.

    :param usual: what most errors stand on.
    :param remarks: of values, each once, with the state and the quantity.
    """

    columns: list[Column]
    rows: dict[str, list[Measured | None]]
    usual: str
    remarks: list[str]


def state_table(report: GlassReport) -> StateTable:
    """Return the states of a system with every value and its error."""
    known = {
        name: head
        for name, head in QUANTITIES.items()
        if any(_has(getattr(state, name)) for state in report.states.values())
    }
    columns = [
        Column(name, head, all_units(filter(None, (getattr(state, name) for state in report.states.values()))))
        for name, head in known.items()
    ]
    rows = {name: [getattr(state, column.name) for column in columns] for name, state in report.states.items()}
    usual = usual_basis(measured for values in rows.values() for measured in values)
    return StateTable(columns, rows, usual, remarks_of(report.states.items(), known))


def remarks_of(states: Iterable[tuple[str, State]], quantities: dict[str, str]) -> list[str]:
    """Return the remarks on values; one that holds for several is there once, with all that it is of."""
    found: dict[str, list[str]] = {}
    for state, values in states:
        for name, head in quantities.items():
            measured = getattr(values, name)
            if measured is not None and measured.remark:
                found.setdefault(measured.remark, []).append(f"{head} of {state}")
    return [f"{_capital(some_of(of))}: {remark}" for remark, of in found.items()]


def transition_rows(report: GlassReport) -> list[dict[str, Any]]:
    """Return melting and glass transitions: ``what``, ``measured``, ``method``, ``by_replica`` in words."""
    found = [] if report.onset is None else [("onset of melting", report.onset)]
    found += [(f"glass transition at {rate_of(name)}", one) for name, one in report.tg.items()]
    rows = [
        {
            "what": what,
            "measured": transition.temperature,
            "method": transition.method,
            "by_replica": {name: value_in_words(one, unit=False) for name, one in transition.by_replica.items()},
        }
        for what, transition in found
    ]
    if report.rate_slope is not None:
        slope = report.rate_slope
        rows.append({"what": "rate dependence", "measured": slope.slope, "method": slope.method, "by_replica": {}})
    return rows


def check_rows(report: GlassReport) -> list[dict[str, str]]:
    """Return the checks of melt and glass: ``what``, ``state`` (passed or not) and ``words``."""
    memory, linkers = report.memory, report.linkers
    rows = [row("the melt forgot the crystal", memory.forgot, memory_in_words(report))]
    rows += [
        row(f"no void in the glass quenched at {rate_of(name)}", void.passed, void_in_words(name, report))
        for name, void in report.voids.items()
    ]
    broken = f"in all stages, broken in {linkers.n_broken_looks} of {counted(linkers.n_looks, 'sampled frame')}"
    rows.append(
        row("the linkers are intact", linkers.passed, _sentences(linkers.why, broken if linkers.n_looks else ""))
    )
    return rows


def rate_of(glass: str) -> str:
    """Return the rate that the name of a glass says, such as ``20 K/ps``."""
    return f"{glass.partition('@')[2]} K/ps"


def row(what: str, passed: bool | None, words: str) -> dict[str, str]:
    """Return one check."""
    return {"what": what, "state": OPEN if passed is None else PASSED if passed else FAILED, "words": words}


def memory_in_words(report: GlassReport) -> str:
    """Return what is left of the crystal in the melt, and the criteria that were stated beforehand."""
    memory = report.memory
    parts = [memory.why]
    if memory.bonds_kept.value is not None:
        chance = "" if memory.bonds_by_chance is None else f" ({memory.bonds_by_chance:.2f} by chance)"
        parts.append(f"metal–N bonds kept {value_in_words(memory.bonds_kept)}{chance}")
    if memory.net_kept.value is not None:
        parts.append(f"linked pairs of metals kept {value_in_words(memory.net_kept)}")
    if memory.displacement.value is not None:
        cage = "" if memory.cage is None else f", cage {memory.cage:.2f} Å"
        parts.append(f"displacement of the linkers {value_in_words(memory.displacement)}{cage}")
    if memory.criteria:
        stated = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in memory.criteria.items())
        parts.append(f"criteria: {stated}")
    return _sentences(*parts)


def void_in_words(name: str, report: GlassReport) -> str:
    """Return the largest sphere in a glass beside that of the crystal."""
    void = report.voids[name]
    parts = [void.why]
    if void.largest_sphere.value is not None:
        crystal = "" if void.of_crystal is None else f", crystal {void.of_crystal:.2f} Å"
        allowed = "" if void.largest_allowed is None else f", allowed {void.largest_allowed:.2f} Å"
        parts.append(f"largest sphere {value_in_words(void.largest_sphere)}{crystal}{allowed}")
    return _sentences(*parts)


def leg_rows(report: GlassReport) -> list[dict[str, Any]]:
    """Return the trajectories of a system, one row each."""
    return [
        {
            "name": leg.name,
            "replica": leg.replica,
            "rate": "–" if leg.rate is None else f"{leg.rate:g}",
            "seed": "–" if leg.seed is None else leg.seed,
            "steps": leg.n_steps,
            "asked": leg.n_steps_requested,
            "ended": leg.ended.replace("_", " "),
            "complete": leg.is_complete,
            "detail": leg.detail,
            "jobs": "–" if leg.n_jobs is None else leg.n_jobs,
            "wall_s": leg.wall_s,
            "looks": leg.n_looks,
            "untrusted": leg.n_untrusted,
            "max_deviation": leg.max_deviation,
            "worst_stage": leg.worst_stage or "–",
            "broken": leg.n_broken_looks,
        }
        for leg in report.legs
    ]


def trust_in_words(report: GlassReport) -> str:
    """Say how often the committee disagreed by more than the level, and where most."""
    trust = report.trust
    if trust.n_models < 2:
        return "There is one model: nothing measures how far its forces can be trusted."
    if trust.level is None:
        return "No trust level was set: no frame was returned, and no share is stated."
    words = (
        f"{trust.n_untrusted} of {counted(trust.n_looks, 'sampled frame')}"
        f"{'' if trust.share is None else f' ({trust.share:.1%})'} deviate by more than the trust level, "
        f"{trust.level:g} eV/Å; {trust.n_returned} of them were returned."
    )
    if trust.max_deviation is not None:
        where = f" (stage {trust.worst_stage.replace('_', ' ')})" if trust.worst_stage else ""
        words += f" The largest deviation was {trust.max_deviation:.3g} eV/Å{where}."
    return words


def _has(measured: Measured | None) -> bool:
    return measured is not None and (measured.value is not None or bool(measured.remark))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentences(*parts: str) -> str:
    return "; ".join(part.strip().rstrip(".;") for part in parts if part.strip())
