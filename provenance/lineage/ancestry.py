"""Ancestors of a node: what it was made from, its training data, and what only influenced a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.plugins.data.dataset import DatasetData
from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.words import counted
from aiida_zif.provenance.queries import sql
from aiida_zif.provenance.queries.calls import inputs_of
from aiida_zif.provenance.queries.campaigns import campaign_entry, campaigns_behind, is_campaign
from aiida_zif.provenance.queries.trainings import PACK, TRAINING, seeds_of, starts_of
from aiida_zif.workflows.study.names import ENTRY_POINT as STUDY
from aiida_zif.workflows.training.import_model import model_declaration_of

BLOCK = "data.zif.frames.labelled.LabelledFramesData."
MODEL = "data.zif.potential.DeepPotentialData."
TEST = "aiida.calculations:zif.deepmd.test"
KINDS = {
    "n_explorations": "aiida.calculations:zif.lammps",
    "n_trajectory_jobs": "aiida.calculations:zif.lammps.md",
    "n_blocks": BLOCK,
    "n_structures": "data.core.structure.StructureData.",
}

HAD_A_PART = "were used in plans, and may have influenced later steps"

Blocks = dict[int, LabelledFramesData]


def what_stands_behind(node: orm.Node) -> dict[str, Any]:
    """Return how many nodes of each kind a node was made from, itself included, and what else had a part in it.

    Frames, labels, models and structures are what things are made from. Plans, reports and errors lead to everything
    that was known when they were made, such as energies of earlier frames or errors on held-out frames: these
    influenced what was done next, and are counted apart.

    :param node: data, a calculation, or a work chain (then: what stands behind its results).
    :returns: ``n_cp2k_jobs``, ``n_labelled_frames``, ``n_trainings``, ``n_imported_models`` (trained elsewhere),
        ``n_committees``, ``n_explorations``, ``n_trajectory_jobs`` (of studies),
        ``n_blocks``, ``n_structures``; ``n_nodes`` with the plans; ``learnt_from``, ``evaluated_on``,
        ``influenced_plan`` and ``committees_learnt_from`` (see :func:`parts_of`); the ``campaigns`` that made it,
        those that it was ``given_to``, and the ``studies`` that made it.
    """
    start = starting_points(node)
    counts = sql.count_ancestors(start, material=True)
    nodes: list[Any] = [orm.load_node(pk) for pk in start]
    jobs = [one for one in nodes if one.process_type in (TRAINING, PACK)]
    blocks = loaded(sql.ancestors_of_kind(start, BLOCK, material=True))
    models: list[Any] = [orm.load_node(pk) for pk in sql.ancestors_of_kind(start, MODEL, material=True)]
    n_imported = sum(model_declaration_of(model) is not None for model in models)
    return {
        "n_nodes": sum(sql.count_ancestors(start).values()),
        "n_cp2k_jobs": len({b.creator.pk for b in blocks.values() if isinstance(b.creator, orm.CalcJobNode)}),
        # a job may train several members; those that nothing was made from are not behind anything
        "n_trainings": counts.get(MODEL, 0) - n_imported + sum(len(seeds_of(job)) for job in jobs),
        "n_imported_models": n_imported,
        **{name: counts.get(kind, 0) for name, kind in KINDS.items()},
        "n_labelled_frames": n_frames(blocks),
        "n_committees": len(
            {pk for kind in (TRAINING, PACK) for pk in sql.callers_of_ancestors(start, kind, material=True)}
        ),
        **parts_of(start, blocks),
        "campaigns": campaigns_of(node, start),
        "given_to": campaigns_given(node),
        "studies": studies_of(node, start),
    }


def parts_of(start: list[int], made_from: Blocks) -> dict[str, Any]:
    """Return which labelled frames had which part in some nodes.

    :param start: pks of the nodes.
    :param made_from: blocks among what they were made from.
    :returns: ``learnt_from``: by the models among the nodes, None if there is none; ``committees_learnt_from``: by
        the committees that chose or drove what the nodes hold; ``evaluated_on``: held-out frames on which models
        were tested or followed, with ``in_plan``, whether their errors had a part in a plan, and ``also_learnt``;
        ``influenced_plan``: other frames whose energies or errors had a part in a plan only. Each with ``n_frames``
        (a frame that is in several blocks counts once), ``n_blocks`` and ``pks``.
    """
    trainings = [int(job.pk or 0) for job in own_trainings(start)]
    behind = [pk for kind in (TRAINING, PACK) for pk in sql.ancestors_of_kind(start, kind, material=True)]
    learnt, own = seen_by(trainings, "dataset"), set(start)
    tests = sql.ancestors_of_kind(start, TEST)
    planned = seen_by([test for test in tests if test not in own], "blocks") | seen_by(behind, "validation")
    later = [link.node.pk for pk in start for link in outgoing(pk) if link.node.process_type == TEST]
    evaluated = planned | seen_by([*later, *(test for test in tests if test in own)], "blocks")
    rest = loaded(sql.ancestors_of_kind(start, BLOCK)).items()
    influence = {pk: block for pk, block in rest if pk not in made_from and pk not in evaluated}
    teaching = seen_by({*behind, *trainings, *trainings_of_tested([*tests, *later])}, "dataset")
    also_learnt = keys_of(teaching) & keys_of(evaluated)
    return {
        "learnt_from": account(learnt) if trainings else None,
        "committees_learnt_from": account(seen_by(set(behind) - set(trainings), "dataset")),
        "evaluated_on": {**account(evaluated), "in_plan": n_frames(planned), "also_learnt": len(also_learnt)},
        "influenced_plan": account(influence),
    }


def own_trainings(start: list[int]) -> Iterator[orm.CalcJobNode]:
    """Yield the trainings that made the models among some nodes, and those of the models that these started from."""
    waiting: list[Any] = [orm.load_node(pk) for pk in start]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        job = node.creator if isinstance(node, DeepPotentialData) else node
        if job is None or job.pk in seen or getattr(job, "process_type", "") not in (TRAINING, PACK):
            continue
        seen.add(job.pk)
        waiting += starts_of(job).values()
        yield job


def trainings_of_tested(tests: Iterable[int]) -> set[int]:
    """Return the trainings of the models that some tests tested."""
    models = [model for found in inputs_of(tests, "committee").values() for model in found.values()]
    return {int(job.pk or 0) for job in own_trainings([int(model.pk or 0) for model in models])}


def seen_by(jobs: Iterable[int], namespace: str) -> Blocks:
    """Return the blocks in a namespace of inputs of some jobs, data sets resolved, by pk.

    :raises ValueError: if a data set refers to a block that is not in this profile.
    """
    sources = {node.pk: node for found in inputs_of(jobs, namespace).values() for node in found.values()}
    blocks = [node for node in sources.values() if isinstance(node, LabelledFramesData)]
    sets = [node for node in sources.values() if isinstance(node, DatasetData)]
    if sets:  # data sets of later cycles hold what those of earlier ones do: every block is loaded once
        uuids = {uuid for one in sets for uuid in one.base.attributes.get("blocks").values()}
        query = orm.QueryBuilder().append(LabelledFramesData, filters={"uuid": {"in": sorted(uuids)}})
        known = query.all(flat=True)
        if len(known) < len(uuids):
            list(map(DatasetData.blocks, sets))  # raises, and says which block is missing
        blocks += known
    return {int(block.pk or 0): block for block in blocks}


def loaded(pks: Iterable[int]) -> Blocks:
    """Return blocks by pk."""
    nodes: list[Any] = [orm.load_node(pk) for pk in pks]
    return {int(node.pk): node for node in nodes}


def keys_of(blocks: Blocks) -> set[str]:
    """Return the content hashes of the frames of some blocks."""
    return {key for block in blocks.values() for key in block.frame_ids()}


def n_frames(blocks: Blocks) -> int:
    """Return the number of different frames; one that was taken over from another block counts once."""
    return len(keys_of(blocks))


def account(blocks: Blocks) -> dict[str, Any]:
    """Return the counts of some blocks and their pks."""
    return {"n_frames": n_frames(blocks), "n_blocks": len(blocks), "pks": sorted(blocks)}


def starting_points(node: orm.Node) -> list[int]:
    """Return the nodes whose ancestors count: the node itself, or the results of a work chain.

    Of a work chain that has handed over nothing yet: what its jobs have made.
    """
    if not isinstance(node, orm.WorkChainNode):
        return [int(node.pk or 0)]
    results = node.base.links.get_outgoing(link_type=LinkType.RETURN).all()
    jobs = [] if results else sql.jobs_below([int(node.pk or 0)])
    made = [link for job in jobs for link in outgoing(job, LinkType.CREATE) if is_product(link.node)]
    return [int(link.node.pk or 0) for link in [*results, *made]]


def is_product(node: orm.Node) -> bool:
    """Whether a node is labels, a data set or a model."""
    return isinstance(node, LabelledFramesData | DatasetData | DeepPotentialData)


def outgoing(pk: int, link_type: LinkType = LinkType.INPUT_CALC) -> list[Any]:
    """Return the links that leave a node."""
    return orm.load_node(pk).base.links.get_outgoing(link_type=link_type).all()


# -- campaigns -----------------------------------------------------------------------------------------------


def campaigns_of(node: orm.Node, start: list[int]) -> list[dict[str, Any]]:
    """Return the campaigns that made a node or anything behind it, and the one that it is or belongs to."""
    above = [caller for caller, _, _ in sql.calls_above(int(node.pk or 0))] if isinstance(node, orm.ProcessNode) else []
    belongs: list[Any] = [one for pk in [int(node.pk or 0), *above] if is_campaign(one := orm.load_node(pk))]
    known = {entry["pk"]: entry for entry in [*campaigns_behind(start), *map(campaign_entry, belongs)]}
    return [known[pk] for pk in sorted(known)]


def studies_of(node: orm.Node, start: list[int]) -> list[dict[str, Any]]:
    """Return the studies that made a node or anything behind it, and the one that it is or belongs to."""
    above = [caller for caller, _, _ in sql.calls_above(int(node.pk or 0))] if isinstance(node, orm.ProcessNode) else []
    belongs = {int(node.pk or 0), *above, *sql.campaigns_of_ancestors(start, STUDY)}
    nodes: list[Any] = [orm.load_node(pk) for pk in sorted(belongs)]
    return [{"name": one.label, "pk": one.pk, "uuid": one.uuid} for one in nodes if one.process_type == STUDY]


def campaigns_given(node: orm.Node) -> list[dict[str, Any]]:
    """Return the campaigns that were given a node, such as a structure or imported frames."""
    if not isinstance(node, orm.Data):
        return []
    given = {link.node.pk: link.node for link in outgoing(int(node.pk or 0), LinkType.INPUT_WORK)}
    return [campaign_entry(given[pk]) for pk in sorted(given) if is_campaign(given[pk])]


# -- words ---------------------------------------------------------------------------------------------------


def in_lines(behind: dict[str, Any]) -> list[str]:
    """Return the ancestors of a node as lines of text: training data, test data, others, and counts."""
    learnt, committees = behind["learnt_from"], behind["committees_learnt_from"]
    evaluated, influence = behind["evaluated_on"], behind["influenced_plan"]
    lines = [] if learnt is None else [f"trained on: {frames_in_words(learnt)}"]
    if committees["n_frames"]:
        who = "the committees that explored and chose" if learnt is not None else "the committees among its ancestors"
        lines.append(f"{who} were trained on: {frames_in_words(committees)}")
    if evaluated["n_frames"]:
        lines.append(tested_in_words(behind))
    if influence["n_frames"]:
        lines.append(f"influenced only plans (by energies or errors): {frames_in_words(influence)}")
    return [*lines, totals_in_words(behind), campaigns_in_words(behind)]


def frames_in_words(part: dict[str, Any], noun: str = "frame") -> str:
    """Return how many frames in how many blocks, such as ``37 frames in 4 blocks``."""
    return f"{counted(part['n_frames'], noun)} in {counted(part['n_blocks'], 'block')}"


def tested_in_words(behind: dict[str, Any]) -> str:
    """Return as text the held-out frames of tests, which of them were training data, and the role of their errors."""
    evaluated = behind["evaluated_on"]
    frames, learnt = frames_in_words(evaluated, "held-out frame"), "none of them used for training"
    if evaluated["also_learnt"]:
        learnt = f"{evaluated['also_learnt']} of them ALSO USED FOR TRAINING: errors on them are not valid"
    if behind["learnt_from"] is None and not behind["committees_learnt_from"]["n_frames"]:
        return f"held out: models were tested on {frames}, {learnt}"
    if evaluated["in_plan"]:
        part = f"errors on {evaluated['in_plan']} of them {HAD_A_PART}"
    else:
        part = "they did not influence any step before it"
    subject = "" if behind["learnt_from"] is not None else "the committees among its ancestors were "
    return f"{subject}evaluated on: {frames}, {learnt}; {part}"


def totals_in_words(behind: dict[str, Any]) -> str:
    """Return the counts as one line."""
    parts = [
        counted(behind["n_cp2k_jobs"], "CP2K job"),
        counted(behind["n_labelled_frames"], "labelled frame"),
        counted(behind["n_trainings"], "training"),
        *([counted(behind["n_imported_models"], "imported model")] if behind["n_imported_models"] else []),
        counted(behind["n_committees"], "committee"),
        counted(behind["n_explorations"], "exploration"),
        *([f"{counted(behind['n_trajectory_jobs'], 'MD job')} of studies"] if behind["n_trajectory_jobs"] else []),
        counted(behind["n_structures"], "structure"),
    ]
    return f"ancestors: {', '.join(parts)}; {counted(behind['n_nodes'], 'node')} in total, with plans"


def campaigns_in_words(behind: dict[str, Any]) -> str:
    """Return as text which campaigns made a node, and which had it as input."""
    made, given, studies = (
        ", ".join(f"{c['name']} <{c['pk']}>" for c in behind[key]) for key in ("campaigns", "given_to", "studies")
    )
    found = [f"study: {studies}"] if studies else []
    found += [f"campaign: {made}"] if made else []
    found += [f"input of campaign: {given}"] if given else []
    return "; ".join(found) or "not made by a campaign, and input of none"
