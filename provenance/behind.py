"""How much stands behind a node: jobs, frames, committees, campaigns, counted in the database."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.provenance import sql
from aiida_zif.provenance.campaign_view import ENTRY_POINT
from aiida_zif.provenance.origin import counted
from aiida_zif.provenance.trainings import PACK, TRAINING, seeds_of

BLOCK = "data.zif.frames.labelled.LabelledFramesData."
KINDS = {
    "n_explorations": "aiida.calculations:zif.lammps",
    "n_blocks": BLOCK,
    "n_structures": "data.core.structure.StructureData.",
}


def what_stands_behind(node: orm.Node) -> dict[str, Any]:
    """Return how many nodes of each kind stand behind a node, itself included.

    :param node: data, a calculation, or a work chain (then: what stands behind its results).
    :returns: ``n_nodes``, ``n_cp2k_jobs``, ``n_labelled_frames``, ``n_trainings``, ``n_committees``,
        ``n_explorations``, ``n_blocks``, ``n_structures`` and the ``campaigns`` they belong to.
    """
    start = starting_points(node)
    counts = sql.count_ancestors(start)
    packs: list[Any] = [orm.load_node(pack) for pack in sql.ancestors_of_kind(start, PACK)]
    blocks: list[Any] = [orm.load_node(block) for block in sql.ancestors_of_kind(start, BLOCK)]
    return {
        "n_nodes": sum(counts.values()),
        # A job counts where its labels were learnt: the report of a job alone goes into every later plan too.
        "n_cp2k_jobs": len({block.creator.pk for block in blocks if isinstance(block.creator, orm.CalcJobNode)}),
        "n_trainings": counts.get(TRAINING, 0) + sum(len(seeds_of(pack)) for pack in packs),
        **{name: counts.get(kind, 0) for name, kind in KINDS.items()},
        "n_labelled_frames": len({key for block in blocks for key in block.frame_ids()}),  # a re-used one counts once
        "n_committees": len({pk for kind in (TRAINING, PACK) for pk in sql.callers_of_ancestors(start, kind)}),
        "campaigns": campaigns_behind(start),
    }


def starting_points(node: orm.Node) -> list[int]:
    """Return the nodes whose ancestors count: the node itself, or the results of a work chain."""
    if not isinstance(node, orm.WorkChainNode):
        return [int(node.pk or 0)]
    results = node.base.links.get_outgoing(link_type=LinkType.RETURN).all()
    return [int(link.node.pk or 0) for link in results]


def campaigns_behind(start: list[int]) -> list[dict[str, Any]]:
    """Return the campaigns that made some nodes or anything behind them, the oldest first."""
    campaigns: list[Any] = [orm.load_node(pk) for pk in sql.campaigns_of_ancestors(start, ENTRY_POINT)]
    return [{"pk": c.pk, "uuid": c.uuid, "name": c.label, "seed": c.inputs.settings["seed"]} for c in campaigns]


def in_words(behind: dict[str, Any]) -> str:
    """Return the counts as one line."""
    parts = [
        counted(behind["n_cp2k_jobs"], "CP2K job"),
        counted(behind["n_labelled_frames"], "labelled frame"),
        counted(behind["n_trainings"], "training"),
        counted(behind["n_committees"], "committee"),
        counted(behind["n_explorations"], "exploration"),
        counted(behind["n_structures"], "structure"),
    ]
    campaigns = ", ".join(f"{c['name']} <{c['pk']}>" for c in behind["campaigns"]) or "none"
    return f"behind it: {', '.join(parts)}; {behind['n_nodes']} nodes in all; campaign: {campaigns}"
