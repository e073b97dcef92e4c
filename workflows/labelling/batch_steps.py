"""Calcfunctions that cut a batch of frames into jobs, and account for every frame."""

from __future__ import annotations

import numpy as np
from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.cp2k.batches.cost import FrameCost, frame_costs, hill_formula
from aiida_zif.plugins.cp2k.batches.order import batch_order, carries_wavefunction, contacts
from aiida_zif.plugins.cp2k.batches.references import EnergyReferences
from aiida_zif.plugins.cp2k.batches.report import JobReport, RejectedFrame
from aiida_zif.plugins.cp2k.levels import Level
from aiida_zif.plugins.cp2k.levels.recovery import ladder_of
from aiida_zif.plugins.cp2k.reading.gates import Gates, fault_of_contact, thinned
from aiida_zif.plugins.cp2k.task import BatchTask, read_task
from aiida_zif.plugins.data.dataset import DatasetData, blocks_in
from aiida_zif.plugins.data.frame_sets import subset
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.workflows.engine.naming import key_of
from aiida_zif.workflows.labelling import batch_plan
from aiida_zif.workflows.labelling.batch_plan import BatchPlan, PlannedJob
from aiida_zif.workflows.labelling.label_report import LabelReport, by_reason

Nodes = dict[str, orm.Data]


@calcfunction
def begin_batch(
    frames: FramesData,
    level: orm.Dict,
    task: orm.Dict,
    code: orm.AbstractCode,
    **earlier: LabelledFramesData | DatasetData,
) -> Nodes:
    """Refuse frames whose atoms overlap, put the others in order, and plan the first jobs.

    What a frame costs is asked of the database, where jobs on the computer of the code tell; the answer is kept in
    the plan.

    :param earlier: blocks and data sets; the energies of those of this level and these atoms show which are unusual.
    :returns: ``plan``, a :class:`~.batch_plan.BatchPlan`; ``job_0`` … with the frames of each job,
        and ``rung_0`` … where it needs one; ``references`` with the energies of earlier frames, where there are some.
    """
    theory, settings = Level.from_dict(level.get_dict()), batch_task(task)
    refused = overlapping(frames, settings.gates)
    seen = {entry.index for entry in refused}
    order = batch_order(frames.symbols, frames.positions, frames.cells, carries_wavefunction(theory))
    computer, formula = code.computer, hill_formula(frames.symbols)
    costs = latest_layout(frame_costs(theory.hash, computer.uuid, formula)) if computer else []
    plan = batch_plan.begin([index for index in order if index not in seen], refused, costs)
    planned = batch_plan.with_jobs(plan, settings.batch_time)
    return _nodes(planned, theory, comparable(blocks_in(earlier), theory, frames.symbols))


@calcfunction
def continue_batch(frames: FramesData, level: orm.Dict, task: orm.Dict, plan: orm.Dict, **results: orm.Data) -> Nodes:
    """Settle what the jobs of a plan brought, and plan the next ones; returns as :func:`begin_batch`.

    :param results: ``account_0`` …, the ``output_parameters`` of the jobs that brought some; blocks and data sets.
    """
    theory, settings = Level.from_dict(level.get_dict()), batch_task(task)
    last = BatchPlan.from_node(plan)
    nodes = [results.get(key_of("account", place)) for place in range(len(last.jobs))]
    reports = [JobReport.from_node(node) if isinstance(node, orm.Dict) else None for node in nodes]
    known = {name: node for name, node in results.items() if isinstance(node, LabelledFramesData | DatasetData)}
    settled = batch_plan.settle(last, reports, ladder_of(theory), settings.gates.smearing)
    planned = batch_plan.with_jobs(settled, settings.batch_time)
    return _nodes(planned, theory, comparable(blocks_in(known), theory, frames.symbols))


@calcfunction
def pick_frames(frames: FramesData, job: orm.Dict) -> FramesData:
    """Pick the frames of one job."""
    return subset(frames, PlannedJob.from_node(job).indices)


@calcfunction
def account_for_batch(task: orm.Dict, **nodes: orm.Data) -> orm.Dict:
    """Say of every frame what became of it.

    :param nodes: ``plan``, the last one, and ``reused``, the block of labels that were taken from the profile; each
        only where there is one.
    :returns: a :class:`~.label_report.LabelReport`.
    """
    plan = nodes.get("plan")
    last = BatchPlan.from_node(plan) if isinstance(plan, orm.Dict) else BatchPlan()
    n_reused = nodes["reused"].n_frames if "reused" in nodes else 0
    report = LabelReport(
        mode=task["mode"],
        n_jobs=last.n_jobs,
        n_labelled=last.n_labelled + n_reused,
        n_reused=n_reused,
        n_rejected=by_reason(last.rejected),
        rejected=last.rejected,
        wall_s=last.wall_s,
        tried=last.tried,
        recovered=last.recovered,
        n_flagged=last.n_flagged,
    )
    return orm.Dict(report.as_dict())


def batch_task(task: orm.Dict) -> BatchTask:
    """Return the task of a batch.

    :raises ValueError: if it is another one.
    """
    read = read_task(task.get_dict())
    if not isinstance(read, BatchTask):
        raise ValueError(f"task.mode: {read.mode} found, batch needed; dynamics go to zif.aimd")
    return read


def overlapping(frames: FramesData, gates: Gates) -> list[RejectedFrame]:
    """Return an entry for every frame with atoms closer than any chemistry."""
    ids = frames.frame_ids()
    faults = [fault_of_contact(one, gates) for one in contacts(frames.symbols, frames.positions, frames.cells)]
    return [
        RejectedFrame(index=index, frame_id=ids[index], reason=fault[0], detail=fault[1])
        for index, fault in enumerate(faults)
        if fault is not None
    ]


def comparable(blocks: dict[str, LabelledFramesData], level: Level, symbols: list[str]) -> list[LabelledFramesData]:
    """Return the blocks of a level and of some atoms in any order, without those of a rung that changes the physics."""
    return [
        block
        for block in blocks.values()
        if block.level_of_theory["hash"] == level.hash
        and "rung" not in block.level_of_theory
        and sorted(block.symbols) == sorted(symbols)
    ]


def latest_layout(costs: list[FrameCost]) -> list[FrameCost]:
    """Return the costs of batches, of the ranks and threads that ran last."""
    batches = [cost for cost in costs if cost.mode == "batch"]
    return [cost for cost in batches if (cost.n_ranks, cost.n_threads) == (batches[0].n_ranks, batches[0].n_threads)]


def _nodes(plan: BatchPlan, level: Level, blocks: list[LabelledFramesData]) -> Nodes:
    rungs = {rung.name: rung for rung in ladder_of(level)}
    nodes: Nodes = {"plan": orm.Dict(plan.as_dict())}
    for place, job in enumerate(plan.jobs):
        nodes[key_of("job", place)] = orm.Dict(job.as_dict())
        if job.rung is not None:
            nodes[key_of("rung", place)] = orm.Dict(rungs[job.rung].as_dict())
    if plan.jobs and blocks:
        energies = np.concatenate([block.energies / block.n_atoms for block in blocks])
        references = EnergyReferences(level_hash=level.hash, energies_per_atom=thinned(energies))
        nodes["references"] = orm.Dict(references.as_dict())
    return nodes
