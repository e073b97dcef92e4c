"""Work of a campaign item by item, as far as its file determines it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aiida_zif.provenance.costs.estimate import Work
from aiida_zif.provenance.costs.planned_labels import count_labels
from aiida_zif.workflows.active_learning.state.curriculum import conditions, longest, md_steps
from aiida_zif.workflows.active_learning.state.naming import SEED_PERTURBED, held_out_task, seed_aimd_task
from aiida_zif.workflows.training.schedule import training_steps

if TYPE_CHECKING:
    from aiida_zif.workflows.campaign.loading import Campaign
    from aiida_zif.workflows.campaign.schema.data import HeldOut, SeedData

Layout = tuple[int, int]


def labelling_work(
    campaign: Campaign, layouts: dict[str, Layout], held: Mapping[str, Mapping[str, int]] | None = None
) -> list[Work]:
    """Return the labellings: AIMD costs every step, a batch every frame, labels that are reused cost nothing.

    :param layouts: ranks and threads by system.
    :param held: units of the first labels that the profile holds, by system and name of the task.
    """
    from aiida_zif.plugins.cp2k.task import target_in_words
    from aiida_zif.plugins.cp2k.writing.inputs import walltime_limit

    limit = float(walltime_limit(int(campaign.resources.label.walltime)) or 0)
    works = []
    for system, atoms in campaign.structures().items():
        each: dict[str, Any] = {"n_atoms": len(atoms), "layout": layouts[system], "walltime": limit}
        batch = Work(system, "", "frames", "batch", count=0, job_time=campaign.labelling.batch_time, **each)
        known = (held or {}).get(system, {})
        of_system = campaign.for_system(system)
        sections: list[tuple[str, SeedData | HeldOut, Callable[[int], str]]] = [
            ("seed", of_system.seed_data, seed_aimd_task),
            ("held out", of_system.held_out, held_out_task),
        ]
        for title, values, task in sections:
            for index, run in enumerate(values.aimd):
                stage = f"{title}, AIMD {target_in_words(run.temperature, 'K')}"
                work = Work(system, stage, "MD steps", "aimd", count=run.steps + 1, **each)
                works.append(without_held(work, known.get(task(index), 0)))
            perturbed = getattr(values, "perturbed", None)
            if perturbed and perturbed.frames:
                work = replace(batch, stage=f"{title}, perturbed", count=perturbed.frames)
                works.append(without_held(work, known.get(SEED_PERTURBED, 0)))
        if campaign.limits.cycles:
            works.append(cycles_of(campaign, batch))
    return works


def without_held(work: Work, held: int) -> Work:
    """Return what is left of an item whose first units the profile holds."""
    return replace(work, count=work.count - held, held=held)


def cycles_of(campaign: Campaign, batch: Work) -> Work:
    """Return what the cycles label of a system at most, within the limit of labels."""
    first, held_out, per_cycle = count_labels(campaign)
    left = max(campaign.limits.labels - first - held_out, 0) / max(per_cycle, 1)
    selection = campaign.for_system(batch.system).selection
    cycles, count = campaign.limits.cycles, selection.per_cycle + selection.control
    return replace(batch, stage=f"chosen in {cycles} cycles", count=round(count * min(1.0, left / cycles)), runs=cycles)


def learning_work(campaign: Campaign, sizes: Mapping[str, int]) -> list[Work]:
    """Return training and exploration; tests cost less than their jobs' start.

    :param sizes: atoms by system, of those of which they are known.
    """
    if not sizes:
        return []
    train, explore, training = campaign.resources.train, campaign.resources.explore, campaign.training
    cycles = campaign.limits.cycles
    steps = [training_steps(training.steps, cycle, cycles) for cycle in range(cycles + 1)]
    works = [
        Work(
            "all", f"train, {cycles + 1} × {training.models} models", "steps", "train", max(sizes.values()),
            round(sum(steps) / len(steps)), (train.ranks, train.threads),
            train.walltime / train.turns(training.models),
            (cycles + 1) * training.models, train.at_a_time,
        )
    ]  # fmt: skip
    for system, n_atoms in sizes.items() if cycles else ():
        stage = longest(campaign.for_system(system).exploration)
        n_runs = len(conditions(stage))
        works.append(
            Work(
                system, f"explore, {cycles} × {n_runs} runs", "MD steps", "explore", n_atoms, md_steps(stage),
                (explore.lanes, explore.threads), explore.walltime, cycles, is_continued=False,
            )
        )  # fmt: skip
    return works
