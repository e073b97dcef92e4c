"""Times of finished jobs, read from the database without opening a file."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from aiida import orm

from aiida_zif.plugins.cp2k.batches.cost import frame_costs
from aiida_zif.plugins.data.dataset import DatasetData
from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.provenance.costs.estimate import Pace

MOST_JOBS = 50
"""Number of latest jobs that are used: they reflect the current state of the computer."""

Observed = tuple[int, tuple[int, int], float, float, str]
"""Of one job: number of atoms, layout, s besides its further units, s of a further unit, day."""


def label_paces(level_hash: str, computer_uuid: str) -> list[Pace]:
    """Return the times of frames and MD steps, by size of the cell, kind and layout.

    :param level_hash: of the level of theory.
    :param computer_uuid: where CP2K runs.
    """
    paces = []
    for formula, newest in measured_formulas(level_hash, computer_uuid).items():
        n_atoms, costs = atoms_in(formula), frame_costs(level_hash, computer_uuid, formula)
        costs = [cost for cost in costs if cost.n_frames > 1] or costs  # a single frame says nothing about the next
        for kind in sorted({cost.mode for cost in costs}):
            jobs = [
                (n_atoms, (cost.n_ranks, cost.n_threads), cost.first_frame_s, cost.seconds_per_frame, newest)
                for cost in costs
                if cost.mode == kind
            ]
            paces += medians(kind, jobs)
    return paces


def measured_formulas(level_hash: str, computer_uuid: str) -> dict[str, str]:
    """Return the compositions that were labelled, each with the day of its newest job."""
    query = jobs_on(computer_uuid, "zif.cp2k")
    query.append(
        orm.Dict,
        with_incoming="job",
        edge_filters={"label": "output_parameters"},
        filters={"attributes.level.hash": level_hash},
        project="attributes.formula",
    )
    found: dict[str, str] = {}
    for _, _, when, formula in query.all():
        if formula:
            found.setdefault(formula, day(when))
    return found


def training_paces(computer_uuid: str, model: dict[str, Any]) -> list[Pace]:
    """Return what the trainings of a network took, by size of the cells and layout; a unit is a step.

    :param model: section of DeePMD-kit's input that describes the network.
    """
    jobs: dict[int, Observed] = {}
    for plugin, label in (("train", "output\\_parameters"), ("train_pack", "output\\_parameters\\_\\_%")):
        query = jobs_on(computer_uuid, f"zif.deepmd.{plugin}").limit(MOST_JOBS)
        query.append(orm.Dict, with_outgoing="job", edge_filters={"label": "parameters"}, project="attributes.model")
        query.append(
            orm.Dict,
            with_incoming="job",
            edge_filters={"label": {"like": label}},
            project=[f"attributes.{key}" for key in ("steps", "wall_s", "seconds_per_step")],
        )
        rows = [row for row in query.all() if row[3] == model and row[5] and row[6]]
        sizes = largest_cells([row[0] for row in rows])
        for pk, resources, when, _, steps, wall, step in rows:
            n_processes, threads = layout_of(resources)
            layout = (1 if plugin == "train_pack" else n_processes, threads)
            jobs[pk] = sizes[pk], layout, max(wall - steps * step, 0.0), step, day(when)
    return medians("train", jobs.values())


def largest_cells(trainings: Sequence[int]) -> dict[int, int]:
    """Return the atoms of the largest cell that each training learnt from, by the pk of its job.

    What is learnt comes as blocks or as data sets that refer to blocks.
    """
    query = orm.QueryBuilder().append(orm.CalcJobNode, filters={"id": {"in": list(trainings) or [0]}}, tag="job")
    query.add_projection("job", "id")
    query.append((FramesData, DatasetData), with_outgoing="job", project="attributes.symbols", subclassing=True)
    found: dict[int, int] = {}
    for pk, symbols in query.all():
        found[pk] = max(found.get(pk, 0), len(symbols))
    return found


def exploration_paces(computer_uuid: str) -> list[Pace]:
    """Return the times of explorations, by size of the cell and layout; a unit is an MD step of a run."""
    query = jobs_on(computer_uuid, "zif.lammps").limit(MOST_JOBS)
    query.append(
        orm.Dict, with_incoming="job", edge_filters={"label": "output_parameters"}, project="attributes.steps_per_s"
    )
    query.append(FramesData, with_outgoing="job", edge_filters={"label": "frames"}, project="attributes.symbols")
    jobs = [
        (len(symbols), layout_of(resources), 0.0, 1.0 / rate, day(when))
        for _, resources, when, rate, symbols in query.all()
        if rate
    ]
    return medians("explore", jobs)


def md_paces(computer_uuid: str, models: Collection[str]) -> list[Pace]:
    """Return the times of production MD, by size of the cell and layout; a unit is an MD step.

    :param models: UUIDs of a committee: jobs that it drove if there are any, else those of committees as large.
    """
    query = jobs_on(computer_uuid, "zif.lammps.md").limit(MOST_JOBS)
    fields = ("n_atoms", "n_models", "layout", "steps_per_s")
    query.append(
        orm.Dict,
        with_incoming="job",
        edge_filters={"label": "output_parameters"},
        project=[f"attributes.{field}" for field in fields],
    )
    rows = [row for row in query.all() if row[6] and row[4] == len(models)]
    driven = {row[0] for row in rows} & jobs_of_models(models)
    jobs = []
    for pk, _, when, n_atoms, _, layout, rate in rows:
        if not driven or pk in driven:
            jobs.append((n_atoms, (layout["n_ranks"], layout["n_threads"]), 0.0, 1.0 / rate, day(when)))
    return medians("md", jobs)


def jobs_of_models(models: Collection[str]) -> set[int]:
    """Return the jobs of production MD that some models took part in."""
    query = orm.QueryBuilder().append(orm.Data, filters={"uuid": {"in": list(models) or [""]}}, tag="model")
    query.append(orm.CalcJobNode, with_incoming="model", project="id")
    return set(query.all(flat=True))


def jobs_on(computer_uuid: str, plugin: str) -> orm.QueryBuilder:
    """Return a query for the jobs of one plugin on one computer, the latest first: pk, resources, creation time."""
    query = orm.QueryBuilder().append(orm.Computer, filters={"uuid": computer_uuid}, tag="computer")
    query.append(
        orm.CalcJobNode,
        with_computer="computer",
        filters={"process_type": f"aiida.calculations:{plugin}"},
        project=["id", "attributes.resources", "ctime"],
        tag="job",
    )
    return query.order_by({"job": [{"ctime": {"order": "desc"}}]})


def medians(kind: str, jobs: Iterable[Observed]) -> list[Pace]:
    """Return one pace a size and layout: medians, as one slow job on a busy day is not what the next will take."""
    groups: dict[tuple[int, tuple[int, int]], list[Observed]] = {}
    for job in jobs:
        groups.setdefault(job[:2], []).append(job)
    return [
        Pace(
            kind,
            n_atoms,
            layout,
            statistics.median(job[2] for job in group),
            statistics.median(job[3] for job in group),
            len(group),
            max(job[4] for job in group),
        )
        for (n_atoms, layout), group in groups.items()
    ]


def layout_of(resources: dict[str, Any] | None) -> tuple[int, int]:
    """Return the processes (ranks or lanes) and the threads of a job by its options."""
    resources = resources or {}
    return int(resources.get("num_mpiprocs_per_machine") or 1), int(resources.get("num_cores_per_mpiproc") or 1)


def atoms_in(formula: str) -> int:
    """Return the number of atoms of a formula."""
    from ase.formula import Formula

    return len(Formula(formula))


def day(moment: datetime) -> str:
    """Return the day of a time."""
    return moment.date().isoformat()
