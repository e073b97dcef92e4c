"""From easy to hard: at which stage of its curriculum a system is explored (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiida_zif.plugins.data.record import Record
from aiida_zif.plugins.lammps.exploration.report import ExplorationReport
from aiida_zif.workflows.active_learning.state.history import CycleRecord
from aiida_zif.workflows.campaign.schema.exploration import CurriculumStage, Exploration

Target = float | list[float] | tuple[float, float]


class Position(Record):
    """Where a system stands in its curriculum.

    :param stage: index of the stage.
    :param cycle: cycles spent in it.
    :param last: whether no other stage follows; the last one is never left.
    """

    stage: int
    cycle: int
    last: bool


def stages_of(exploration: Exploration) -> list[Exploration]:
    """Return the exploration as it is in every stage; one without stages is one."""
    names = [name for name in CurriculumStage.model_fields if name in Exploration.model_fields]
    own = [{name: getattr(stage, name) for name in names} for stage in exploration.stages or []]
    given = [{name: value for name, value in stage.items() if value is not None} for stage in own]
    return [exploration.model_copy(update=stage) for stage in given] or [exploration]


def conditions(stage: Exploration) -> list[tuple[Target, Target]]:
    """Return every temperature (K) with every pressure (GPa) of a stage; a ramp is a list of its ends."""
    return [(temperature, pressure) for temperature in stage.temperatures for pressure in stage.pressures]


def longest(exploration: Exploration) -> Exploration:
    """Return the stage of most MD steps in all of its runs, by which time and cost are estimated."""
    return max(stages_of(exploration), key=md_steps)


def md_steps(stage: Exploration) -> int:
    """Return the MD steps of all runs of a stage, those of their equilibration included."""
    return len(conditions(stage)) * (stage.steps + stage.equilibration)


def position(exploration: Exploration, system: str, history: Sequence[CycleRecord]) -> Position:
    """Follow a system from cycle to cycle.

    A stage is left when in each of its runs the share of accurate frames is at least ``accurate``, or after
    ``cycles`` cycles. A cycle in which the system brought nothing back teaches nothing about it, but counts.

    :param history: a record of every cycle, oldest first.
    """
    stages, at, spent = exploration.stages or [], 0, 0
    last = max(len(stages) - 1, 0)
    for record in history:
        spent += 1
        share = record.least_accurate.get(system)
        if at < last:
            stage = stages[at]
            known = share is not None and share >= stage.accurate
            if known or (stage.cycles is not None and spent >= stage.cycles):
                at, spent = at + 1, 0
    return Position(stage=at, cycle=spent, last=at == last)


def least_accurate(explorations: Mapping[str, ExplorationReport]) -> dict[str, float]:
    """Return by system the smallest share of accurate frames that a run had.

    :param explorations: what the harvests found, by system.
    """
    shares = {
        system: [run.n_accurate / run.n_explored if run.n_explored else 0.0 for run in found.runs]
        for system, found in explorations.items()
    }
    return {system: min(values) for system, values in shares.items() if values}


def target_in_label(value: Target, unit: str) -> str:
    """A target for a label: ``300K``, or ``300-900K`` for a ramp."""
    return "-".join(f"{end:g}" for end in value) + unit if isinstance(value, list | tuple) else f"{value:g}{unit}"
