"""Cost of a campaign, estimated from the times of finished jobs of the profile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aiida_zif.provenance.costs.estimate import Estimate, Pace, Work, estimate
from aiida_zif.provenance.costs.planned_work import labelling_work, learning_work
from aiida_zif.workflows.campaign.schema.training_steps import first_and_last

if TYPE_CHECKING:
    from aiida_zif.plugins.cp2k.levels import Level
    from aiida_zif.workflows.campaign.loading import Campaign
    from aiida_zif.workflows.level_convergence.study import Study


def estimate_costs(campaign: Campaign, has_profile: bool) -> list[Estimate]:
    """Return the cost of every item of a campaign.

    :param has_profile: whether a profile is loaded, whose jobs say what such work took before.
    """
    computers = computers_of(campaign) if has_profile else {}
    label, systems = campaign.resources.label, campaign.structures()
    layouts = dict.fromkeys(systems, (label.ranks, label.threads))
    paces: dict[str, Sequence[Pace]] = {}
    only_trains = campaign.settings().only_trains
    levels = {} if only_trains else {system: level_of(campaign, system).hash for system in systems}
    held: dict[str, dict[str, int]] = {}
    if "cp2k" in computers:
        from aiida_zif.provenance.costs.held_labels import held_labels
        from aiida_zif.provenance.costs.measured import label_paces

        if label.layout == "fastest":
            layouts |= measured_layouts(campaign, computers["cp2k"])
        paces |= {system: label_paces(level, computers["cp2k"]) for system, level in levels.items()}
        held = held_labels(campaign.settings(), systems, levels)
    if "dp" in computers:
        from aiida_zif.provenance.costs.measured import training_paces

        paces["train"] = training_paces(computers["dp"], network_of(campaign))
    if "lmp" in computers:
        from aiida_zif.provenance.costs.measured import exploration_paces

        paces["explore"] = exploration_paces(computers["lmp"])
    labels = [estimate(work, paces.get(work.system, ())) for work in labelling_work(campaign, layouts, held)]
    sizes = sizes_of(campaign, has_profile)
    return labels + [estimate(work, paces.get(work.kind, ())) for work in learning_work(campaign, sizes)]


def sizes_of(campaign: Campaign, has_profile: bool) -> dict[str, int]:
    """Return the atoms of every system; of one that imported frames describe only where there is a profile."""
    sizes = {system: len(atoms) for system, atoms in campaign.structures().items()}
    if has_profile and len(sizes) < len(campaign.systems):
        from aiida_zif.workflows.active_learning.imported.blocks import imported_blocks

        for block in imported_blocks(campaign)["training"].values():
            if block.system in campaign.systems:
                sizes.setdefault(block.system, block.n_atoms)
    return sizes


def estimate_study(campaign: Campaign, level: Level, study: Study, n_jobs: int, max_ranks: int | None) -> Estimate:
    """Return what a convergence study takes if every rung costs as much as the level as it is.

    :param n_jobs: rungs to label.
    :param max_ranks: most MPI ranks of one job, if the campaign asks for more.
    """
    label, start = campaign.resources.label, study.start
    ranks = min(label.ranks, max_ranks or label.ranks)
    work = Work(
        start.system, "convergence", "frames", "batch", len(campaign.structures()[start.system]),
        start.n_frames, (ranks, label.threads), label.walltime, n_jobs, label.concurrent,
        is_continued=False,
    )  # fmt: skip
    computers = computers_of(campaign)
    if "cp2k" not in computers:
        return estimate(work, ())
    from aiida_zif.provenance.costs.measured import label_paces

    return estimate(work, label_paces(level.hash, computers["cp2k"]))


def measured_layouts(campaign: Campaign, computer: str) -> dict[str, tuple[int, int]]:
    """Return the fastest layout of every system for which they have been tried.

    :param computer: uuid of that of CP2K.
    """
    from aiida_zif.plugins.cp2k.batches.layout import Layout
    from aiida_zif.workflows.engine.job_options import layouts
    from aiida_zif.workflows.labelling.time_labels import known_layout

    label = campaign.resources.label
    wanted = [list(pair) for pair in layouts(label.ranks * label.threads)]
    found = {
        name: known_layout(level_of(campaign, name).hash, computer, atoms.get_chemical_symbols(), wanted)
        for name, atoms in campaign.structures().items()
    }
    known = {name: Layout.from_node(node) for name, node in found.items() if node is not None}
    return {name: (layout.n_ranks, layout.n_threads) for name, layout in known.items()}


def level_of(campaign: Campaign, system: str) -> Any:
    """Return the level of theory of one system, as its labels will have it."""
    from aiida_zif.workflows.campaign.levels import load_campaign_level

    own, level = campaign.systems[system], load_campaign_level(campaign.level_of_theory.model_dump())
    return level.in_state(own.charge, own.multiplicity)


def network_of(campaign: Campaign) -> dict[str, Any]:
    """Return the section of DeePMD-kit's input that describes the network, as the campaign would make it."""
    from aiida_zif.plugins.deepmd.inputs import training_input
    from aiida_zif.workflows.user_input.merging import merged

    training = campaign.training
    _, steps = first_and_last(training.steps)
    learning = training_input(type_map=campaign.type_map or [], rcut=training.rcut, steps=steps)
    model: dict[str, Any] = merged(learning, training.deepmd)["model"]
    return model


def computers_of(campaign: Campaign) -> dict[str, str]:
    """Return the UUID of the computer of every code of the profile."""
    from aiida import orm

    known = dict(orm.QueryBuilder().append(orm.Computer, project=["label", "uuid"]).all())
    places = {code: label.split("@")[1] for code, label in campaign.code_labels().items()}
    return {code: str(known[computer]) for code, computer in places.items() if computer in known}
