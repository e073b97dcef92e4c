"""The verdict with which a campaign goes on, once the frames of a study have labels."""

from __future__ import annotations

from collections.abc import Mapping

from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.words import counts_in_words
from aiida_zif.workflows.active_learning.judging.judge import TRAINED
from aiida_zif.workflows.active_learning.selection.choice_report import Choice
from aiida_zif.workflows.active_learning.state.history import CycleRecord
from aiida_zif.workflows.active_learning.state.naming import FirstTask
from aiida_zif.workflows.active_learning.state.quarantine import labelling_failure, taking_part, updated
from aiida_zif.workflows.active_learning.state.verdict import Verdict
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.engine.naming import of_kind
from aiida_zif.workflows.labelling.label_report import LabelReport


@calcfunction
def reopen_campaign(settings: orm.Dict, verdict: orm.Dict, **evidence: orm.Dict) -> orm.Dict:
    """Return the verdict after the first step of a campaign that goes on.

    With frames of a study this step counts as a cycle, whose exploration was the study.

    :param settings: of the campaign that goes on.
    :param verdict: that it goes on from.
    :param evidence: reports of the choices by system (``selection_…``), of the labellings by task (``labelling_…``).
    """
    values, before = Settings.from_node(settings), Verdict.from_node(verdict)
    choices = {name: Choice.from_node(node) for name, node in of_kind("selection", evidence).items()}
    reports = {name: LabelReport.from_node(node) for name, node in of_kind("labelling", evidence).items()}
    failures = {
        name: labelling_failure(reports.get(FirstTask.untrusted(name).label()), values.failure_budget.label)
        for name in taking_part(values.systems, before.systems)
        if name in choices and choices[name].n_selected
    }
    record = CycleRecord(
        n_selected=sum(choice.n_selected for choice in choices.values()),
        n_labelled=sum(report.n_labelled for report in reports.values()),
    )
    cycle = before.cycle + bool(choices)
    finished = cycle >= values.limits.cycles
    after = Verdict(
        cycle=cycle,
        n_labels=before.n_labels + record.n_labelled,
        finished=finished,
        stop_reason=TRAINED if finished else None,
        history=[*before.history, record] if choices else before.history,
        systems=updated(before.systems, failures),
    )
    return orm.Dict(after.as_dict())


def not_chosen_in_words(selections: Mapping[str, orm.Dict]) -> str:
    """Say why frames were not chosen, by system; those that were chosen got no label."""
    choices = {name: Choice.from_node(node) for name, node in sorted(selections.items())}
    said = [
        f"{name}, {counts_in_words(choice.not_chosen) or 'no frame'}"
        + (f", {choice.n_selected} chosen without a label" if choice.n_selected else "")
        for name, choice in choices.items()
    ]
    return "; ".join(said) or "no frame was given of a system that takes part"
