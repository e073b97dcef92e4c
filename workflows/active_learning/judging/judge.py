"""After every cycle: is there more to learn, and if not, why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.deepmd.testing.frame_errors import read_errors
from aiida_zif.plugins.lammps.exploration.report import ExplorationReport
from aiida_zif.workflows.active_learning.judging.confidence import rmse_interval
from aiida_zif.workflows.active_learning.judging.criteria import convergence_criteria, learns_nothing, remembered
from aiida_zif.workflows.active_learning.planning.first_labels import label_tasks
from aiida_zif.workflows.active_learning.selection.choice_report import Choice
from aiida_zif.workflows.active_learning.state.curriculum import Position, least_accurate, position
from aiida_zif.workflows.active_learning.state.history import CycleRecord, HeldOutError, RunMean
from aiida_zif.workflows.active_learning.state.naming import FirstTask
from aiida_zif.workflows.active_learning.state.quarantine import (
    cycle_failure,
    labelling_failure,
    opened,
    taking_part,
    updated,
)
from aiida_zif.workflows.active_learning.state.verdict import Criterion, Verdict
from aiida_zif.workflows.campaign.schema.campaign_file import Limits
from aiida_zif.workflows.campaign.schema.convergence import Convergence
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.engine.naming import of_kind
from aiida_zif.workflows.engine.seeds import derive_seed
from aiida_zif.workflows.labelling.label_report import LabelReport

CONFIDENCE = 0.95
"""Of the interval of the held-out error where no criterion states another."""

TRAINED = "trained"
"""Why a campaign without cycles ends."""


def decide(
    limits: Limits,
    convergence: Convergence,
    history: Sequence[CycleRecord],
    n_labels: int,
    waits_for: Mapping[str, str] | None = None,
) -> Verdict:
    """Decide whether the campaign is finished.

    :param convergence: criteria of the campaign, see :func:`~.criteria.convergence_criteria`, and ``patience``.
    :param history: one record a cycle, oldest first.
    :param n_labels: labels paid for so far.
    :param waits_for: by system why the campaign cannot be at its aim without it: it failed in this cycle and gets
        another chance, or its curriculum goes on. Its silence is not knowledge.
    :returns: the verdict, without the standing of the systems.
    """
    asked = convergence_criteria(convergence, history)
    waiting = [f"{system} {why}" for system, why in (waits_for or {}).items()]
    ends = limit_criteria(limits, convergence.patience, history, n_labels, waiting)
    met = [criterion.name for criterion in ends if criterion.met]
    unmet = [criterion.words for criterion in asked if not criterion.met] + waiting
    if asked and not unmet and met[:1] != ["nothing_left_to_label"]:
        met.insert(0, "converged")
    return Verdict(
        cycle=len(history),
        n_labels=n_labels,
        finished=bool(met),
        stop_reason=met[0] if met else None,
        blocking="; ".join(unmet) or None,
        criteria=[*asked, *ends],
        history=list(history),
    )


def limit_criteria(
    limits: Limits, patience: int, history: Sequence[CycleRecord], n_labels: int, waiting: Sequence[str]
) -> list[Criterion]:
    """Return the criteria that end a campaign which has not converged, the strongest reason first.

    :param patience: cycles in a row that may teach nothing.
    :param waiting: sentences on the systems without which the campaign cannot be at its aim.
    """
    cycle, n_selected = len(history), history[-1].n_selected
    futile = learns_nothing(history, patience)
    words = "; ".join([f"{n_selected} frames to label", *waiting])
    ends: list[tuple[str, bool, int, int, str]] = [
        ("nothing_left_to_label", n_selected == 0 and not waiting, n_selected, 0, words),
        ("not_learning", futile is not None, int(futile is not None), 1, futile or "labels still reduce the error"),
        ("max_labels", n_labels >= limits.labels, n_labels, limits.labels, f"{n_labels} labels"),
        ("max_cycles", cycle >= limits.cycles, cycle, limits.cycles, f"{cycle} cycles"),
    ]
    return [
        Criterion(name=name, met=met, found=found, limit=limit, words=words) for name, met, found, limit, words in ends
    ]


def cycle_record(
    selections: Mapping[str, Choice],
    labellings: Mapping[str, LabelReport],
    observables: dict[str, list[RunMean]],
    held_out: HeldOutError | None,
    least_accurate: Mapping[str, float],
    stages: dict[str, int],
) -> CycleRecord:
    """Return what one cycle found, as far as a later verdict needs it.

    :param selections: reports of the choice by system.
    :param labellings: reports of the labelling by system.
    :param observables: see :func:`observed`.
    :param held_out: error of the committee that explored, see :func:`held_out_error`.
    :param least_accurate: by system the smallest share of accurate frames of a run; what has nothing left to label is
        accurate enough for the next stage of its curriculum.
    :param stages: at which each system was explored in this cycle.
    """
    done = {name: 1.0 for name, report in selections.items() if not (report.n_selected or report.n_unaffordable)}
    return CycleRecord(
        n_selected=sum(report.n_selected for report in selections.values()),
        n_labelled=sum(report.n_labelled for report in labellings.values()),
        accurate_share={name: report.n_accurate / max(report.n_explored, 1) for name, report in selections.items()},
        histograms={name: report.histogram for name, report in selections.items()},
        observables=observables,
        held_out=held_out,
        least_accurate={**least_accurate, **done},
        stages=stages,
    )


def observed(explorations: Mapping[str, ExplorationReport], name: str | None) -> dict[str, list[RunMean]]:
    """Return the means of an observable in every run that reported it, with the member that drove the run."""
    if name is None:
        return {}
    return {
        name: [
            RunMean(system=system, run=run.label, driver=run.driver, mean=mean)
            for system, report in sorted(explorations.items())
            for run in report.runs
            if (mean := run.mean_of(name)) is not None
        ]
    }


def held_out_error(errors: orm.ArrayData | None, confidence: float, seed: int) -> HeldOutError | None:
    """Return RMSE and confidence interval of a member of the committee; None if there are too few frames."""
    if errors is None:
        return None
    runs = [block.of_a_member for block in read_errors(errors).values()]
    if sum(map(len, runs)) < 2:
        return None
    rmse, low, high = rmse_interval(runs, confidence, seed)
    return HeldOutError(rmse=rmse, low=low, high=high)


def place_of(settings: Settings, system: str, history: Sequence[CycleRecord]) -> Position:
    """Return where a system stands in its curriculum after the given cycles."""
    return position(settings.for_system(system).exploration, system, history)


@calcfunction
def open_campaign(settings: orm.Dict, **reports: orm.Dict) -> orm.Dict:
    """Return the verdict before the first cycle, from the reports of the first labelling.

    A system of which a task failed is left out from the beginning. A campaign without cycles ends with its committee.

    :param reports: by name of the task, ``SYSTEM_TASK``.
    """
    values = Settings.from_node(settings)
    found = {name: LabelReport.from_node(report) for name, report in reports.items()}
    failures = {
        system: next(
            (
                f"{task}: {cause}"
                for task in label_tasks(values, system)
                if (cause := labelling_failure(found.get(FirstTask(system, task).label()), values.failure_budget.label))
            ),
            None,
        )
        for system in values.systems
    }
    n_labels = sum(report.n_labelled for report in found.values())
    verdict = Verdict(
        cycle=0,
        n_labels=n_labels,
        finished=not values.limits.cycles,
        stop_reason=None if values.limits.cycles else TRAINED,
        systems=opened(failures),
    )
    return orm.Dict(verdict.as_dict())


@calcfunction
def judge(settings: orm.Dict, verdict: orm.Dict, errors: orm.ArrayData | None = None, **evidence: orm.Dict) -> orm.Dict:
    """Return the verdict after one more cycle.

    :param settings: of the campaign.
    :param verdict: before the cycle.
    :param errors: per-frame errors on held-out frames of the committee that explored.
    :param evidence: reports of the explorations (``exploration_…``), of the selections (``selection_…``) and of the
        labellings (``labelling_…``) by system.
    """
    values, before = Settings.from_node(settings), Verdict.from_node(verdict)
    convergence, budget, cycle = values.convergence, values.failure_budget, before.cycle + 1
    names = taking_part(values.systems, before.systems)
    explorations = {name: ExplorationReport.from_node(node) for name, node in of_kind("exploration", evidence).items()}
    selections = {name: Choice.from_node(node) for name, node in of_kind("selection", evidence).items()}
    labellings = {name: LabelReport.from_node(node) for name, node in of_kind("labelling", evidence).items()}
    confidence = convergence.held_out_error.confidence if convergence.held_out_error else CONFIDENCE
    record = cycle_record(
        selections,
        labellings,
        observed(explorations, convergence.observable.name if convergence.observable else None),
        held_out_error(errors, confidence, derive_seed(values.seed, "judge", cycle)),
        least_accurate(explorations),
        {name: place_of(values, name, before.history).stage for name in names},
    )
    failures = {
        name: cycle_failure(
            explorations.get(name),
            selections.get(name),
            labellings.get(name),
            budget.label,
            budget.hopeless,
        )
        for name in names
    }
    systems, history = updated(before.systems, failures), [*before.history, record]
    waits_for = waiting_for(values, taking_part(names, systems), failures, history)
    decision = decide(values.limits, convergence, history, before.n_labels + record.n_labelled, waits_for)
    kept = remembered(history, convergence.cycles)
    return orm.Dict(decision.model_copy(update={"cycle": cycle, "history": kept, "systems": systems}).as_dict())


def waiting_for(
    settings: Settings, names: Sequence[str], failures: Mapping[str, str | None], history: Sequence[CycleRecord]
) -> dict[str, str]:
    """Return by system why the campaign cannot be at its aim without it.

    :param names: of the systems that take part.
    :param failures: why a system failed in the last cycle, or None.
    """
    waits_for = {name: "failed and gets another chance" for name in names if failures[name]}
    for name in names:
        place = place_of(settings, name, history)
        if not place.last or place.cycle == 0:
            waits_for[name] = "has further stages of its curriculum to go through"
    return waits_for
