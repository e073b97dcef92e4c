"""How far a job brought its trajectory: by its report, or by the checkpoints in the folder of one that was killed."""

from __future__ import annotations

from collections.abc import Collection
from itertools import count

from aiida import orm

from aiida_zif.plugins.lammps.production.parts import strides_of
from aiida_zif.plugins.lammps.production.report import ProductionReport
from aiida_zif.plugins.lammps.production.settings import Settings, check_stages
from aiida_zif.workflows.engine.endings import ended_from_outside

FOLDER = "done"
"""Where a job keeps what is done: ``NNNN.npz`` of every part, and the restart file of the last ones."""


def steps_done(job: orm.CalcJobNode) -> int:
    """Return up to which step a job brought its trajectory; 0 where nothing can be gone on from."""
    if "output_parameters" in job.outputs:
        return ProductionReport.from_node(job.outputs.output_parameters).n_steps
    if not ended_from_outside(job) or "remote_folder" not in job.outputs:
        return 0
    try:
        names = job.outputs.remote_folder.listdir(FOLDER)
    except Exception:  # whatever the way to the computer raises: a folder that cannot be read is of no use
        return 0
    return steps_of_parts(job, parts_in(names))


def parts_in(names: Collection[str]) -> int:
    """Return how many parts are done by the names of the files; 0 if what the next one begins from is not there."""
    n_parts = next(index for index in count() if f"{index:04d}.npz" not in names)
    return n_parts if f"{n_parts - 1:04d}.restart" in names else 0


def steps_of_parts(job: orm.CalcJobNode, n_parts: int) -> int:
    """Return the MD steps of the first parts of the trajectory of a job."""
    inputs = job.inputs
    settings = Settings.from_node(inputs.parameters)
    stages = check_stages(inputs.stages.get_list(), settings)
    strides = strides_of(stages, settings, len(dict(inputs.committee)), inputs.frames.n_atoms)
    return min(n_parts * strides.checkpoint, sum(stage.md_steps for stage in stages))
