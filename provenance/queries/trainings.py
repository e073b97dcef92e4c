"""Training jobs member by member, whether a job trained one model or several side by side."""

from __future__ import annotations

from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.provenance.queries.calls import within
from aiida_zif.provenance.queries.links import creation_label, inputs_under

TRAINING = "aiida.calculations:zif.deepmd.train"
PACK = "aiida.calculations:zif.deepmd.train_pack"
OUTPUT = "potential"


def seeds_of(job: orm.CalcJobNode) -> dict[str, int]:
    """Return the seeds of a training by member."""
    if job.process_type == PACK:
        return {name: seed.value for name, seed in sorted(inputs_under(job, "seeds").items())}
    return {creation_label(job): job.inputs.seed.value}


def starts_of(job: orm.CalcJobNode) -> dict[str, DeepPotentialData]:
    """Return the models that a training started from, by member; without those that began with random weights."""
    if job.process_type == PACK:
        return dict(sorted(inputs_under(job, "init_models").items()))
    return {creation_label(job): job.inputs.init_model} if "init_model" in job.inputs else {}


def member_of(model: DeepPotentialData) -> str:
    """Return the name of a model in its committee, such as ``model_2``; empty if nothing trained it here."""
    if model.creator is None:
        return ""
    (link,) = model.base.links.get_incoming(link_type=LinkType.CREATE).all()
    return within(OUTPUT, link.link_label) or creation_label(model.creator)


def warm_starts(model: DeepPotentialData) -> list[DeepPotentialData]:
    """Return a model and the ones before it, each of which was where the training of the next one started."""
    row, current = [], model
    while True:
        row.append(current)
        before = starts_of(current.creator).get(member_of(current)) if current.creator is not None else None
        if before is None:
            return row
        current = before
