"""What drove the molecular dynamics of a study: models, their training, and their error on held-out frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.deepmd.testing.frame_errors import BlockErrors, read_errors
from aiida_zif.plugins.words import counted
from aiida_zif.provenance.campaigns.held_out import error_interval
from aiida_zif.provenance.lineage.ancestry import TEST, n_frames, own_trainings, seen_by
from aiida_zif.provenance.lineage.models import declared_level, origin_in_words
from aiida_zif.provenance.queries.campaigns import campaigns_behind
from aiida_zif.provenance.queries.links import inputs_under
from aiida_zif.provenance.queries.trainings import member_of, seeds_of
from aiida_zif.provenance.studies.summary_model import Campaign, ForceField, Model
from aiida_zif.provenance.studies.view import StudyView

NO_TEST = "no test of these models on held-out frames is in this profile"
Z95 = 1.959964
"""Half width of an interval at 95 % confidence in standard errors, of a normal distribution."""


def force_field_of(view: StudyView) -> ForceField:
    """Return the committee of a study with its training and its error."""
    models: dict[str, DeepPotentialData] = inputs_under(view.node, "committee")
    pks = [int(model.pk or 0) for model in models.values()]
    jobs = {int(job.pk or 0): job for job in own_trainings(pks)}
    learnt = seen_by(jobs, "dataset")
    levels = {block.level_of_theory["line"] for block in learnt.values()}
    levels |= {level for model in models.values() if (level := declared_level(model)) is not None}
    members = [model_entry(label, model) for label, model in models.items()]
    campaigns = [Campaign(name=entry["name"], pk=entry["pk"]) for entry in campaigns_behind(pks)] if pks else []
    first = next(iter(models.values()), None)
    return ForceField(
        line=line_of(members, campaigns, n_frames(learnt)),
        kind=view.settings.force_field.kind if view.settings.force_field is not None else "none",
        models=members,
        campaigns=campaigns,
        level_of_theory="; ".join(sorted(levels)) or None,
        n_labels=n_frames(learnt),
        held_out_error=held_out_error(models, view.settings.seed),
        type_map=first.type_map if first is not None else [],
        rcut_A=first.rcut if first is not None else None,
    )


def model_entry(label: str, model: DeepPotentialData) -> Model:
    """Return one member: its seed and the frames that it learnt, or where it was imported from."""
    trainings = list(own_trainings([int(model.pk or 0)]))
    learnt = seen_by([int(job.pk or 0) for job in trainings], "dataset") if trainings else {}
    name = member_of(model) if trainings else model.filename
    seeds = seeds_of(trainings[0]) if trainings else {}
    return Model(
        label=label,
        name=name,
        pk=int(model.pk or 0),
        uuid=model.uuid,
        seed=seeds.get(name),
        n_frames=n_frames(learnt) if trainings else None,
        origin=origin_in_words(model),
    )


def line_of(members: Sequence[Model], campaigns: Sequence[Campaign], n_labels: int) -> str:
    """Return the force field in words."""
    if not members:
        return "none; frames and crystals are analysed as they are"
    what = "one deep potential" if len(members) == 1 else f"committee of {len(members)} deep potentials"
    made = f" of campaign {', '.join(f'{one.name} <{one.pk}>' for one in campaigns[-1:])}" if campaigns else ""
    learnt = f", trained on {counted(n_labels, 'labelled frame')}" if n_labels else ""
    return f"{what}{made}{learnt}"


# -- error on held-out frames --------------------------------------------------------------------------------


def held_out_error(models: Mapping[str, DeepPotentialData], seed: int) -> Measured:
    """Return the force RMSE of the members on frames that no training used, from the newest test of all of them.

    :param seed: of the bootstrap of the error.
    """
    test = newest_test(models)
    if test is None:
        return Measured(unit="eV/Å", remark=NO_TEST)
    members = inputs_under(test, "committee")
    ours = {int(model.pk or 0) for model in models.values()}
    rows = [place for place, name in enumerate(sorted(members)) if members[name].pk in ours]
    errors = {
        label: BlockErrors(block.force_rmse[rows], block.max_force_deviation)
        for label, block in read_errors(test.outputs.errors).items()
    }
    squares = np.concatenate([np.square(block.force_rmse) for block in errors.values()], axis=1)
    of_members = np.sqrt(squares.mean(axis=1))
    ends = error_interval(errors, seed)
    return Measured(
        value=float(of_members.mean()),
        error=None if ends is None else (ends[1] - ends[0]) / (2 * Z95),
        error_from="none" if ends is None else "bootstrap",
        n=squares.shape[1],
        committee=float(of_members.std(ddof=1)) if len(of_members) > 1 else None,
        unit="eV/Å",
        remark="" if ends is None else f"95 % interval {ends[0]:.3f} to {ends[1]:.3f}",
    )


def newest_test(models: Mapping[str, DeepPotentialData]) -> orm.CalcJobNode | None:
    """Return the newest finished test that all models took part in; None if there is none."""
    found: dict[int, Any] = {}
    for number, model in enumerate(models.values()):
        links = model.base.links.get_outgoing(link_type=LinkType.INPUT_CALC).all()
        tests = {int(link.node.pk or 0): link.node for link in links if link.node.process_type == TEST}
        found = tests if number == 0 else {pk: test for pk, test in found.items() if pk in tests}
    done = [test for test in found.values() if test.is_finished_ok and "errors" in test.outputs]
    return max(done, key=lambda test: (test.ctime, test.pk), default=None)
