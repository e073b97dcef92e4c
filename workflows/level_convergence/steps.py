"""Calcfunctions of a convergence study, and how they read what a job measured."""

from __future__ import annotations

from typing import Any

import numpy as np
from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.cp2k.batches.report import JobReport
from aiida_zif.plugins.cp2k.levels import Level
from aiida_zif.plugins.cp2k.levels.cost import leaves
from aiida_zif.plugins.cp2k.reading.outputs import GPA_TO_EV_PER_A3
from aiida_zif.plugins.data.frame_sets import concatenate, subset
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.workflows.level_convergence.comparison import Measured, judge
from aiida_zif.workflows.level_convergence.ladder import changed, read_ladder, rung_name, rungs
from aiida_zif.workflows.structures.perturbation import perturbed_frames

TASK = {"mode": "batch", "gates": {"net_force": 1.0e3}}
"""A coarse grid pulls at the whole cell. That is no reason to refuse the frame here: it is what is to be measured."""


@calcfunction
def plan_study(level: orm.Dict, study: orm.Dict) -> dict[str, orm.Data]:
    """Derive the start, the task of all jobs, and by name the level of theory of every rung; each level once."""
    given = Level.from_dict(level.get_dict())
    levels = {name: changed(given, choice) for name, choice in rungs(ladder_of(study, given), given).items()}
    unique = {rung.hash: name for name, rung in reversed(levels.items())}  # the first of a hash has the last word
    plan: dict[str, orm.Data] = {name: orm.Dict(levels[name].as_dict()) for name in unique.values()}
    return plan | {"start": orm.Dict(study["start"]), "task": orm.Dict(TASK)}


@calcfunction
def frame_and_copies(frames: FramesData, start: orm.Dict) -> FramesData:
    """Pick one frame and strain and rattle copies of it; settings as in `frames_from_structure`, and the `index`."""
    perturbed, picked = start["perturbed"], subset(frames, [start["index"]])
    copies = perturbed_frames(
        picked.positions[0],
        picked.cells[0],
        perturbed["frames"] - 1,
        perturbed["displacement"],
        perturbed["strain"],
        start["seed"],
    )
    return concatenate(picked, FramesData(frames.symbols, *copies, system=frames.system))


@calcfunction
def judge_rungs(level: orm.Dict, study: orm.Dict, frames: FramesData, **nodes: Any) -> dict[str, orm.Dict]:
    """Compare all rungs with the tightest.

    :param nodes: ``block_NAME`` and ``account_NAME`` of every rung that has labels.
    :returns: ``report``, and ``next_level`` if a combination is left that should pass.
    """
    given = Level.from_dict(level.get_dict())
    measured = {}
    for name, block in nodes.items():
        if name.startswith("block_"):
            found = read_labels(block, nodes[name.replace("block_", "account_", 1)], frames)
            if found is not None:
                measured[block.level_of_theory["hash"]] = found
    ladder = ladder_of(study, given)
    verdict = judge(given, ladder, study["noise"], measured)
    following = verdict.pop("next")
    own = {"/".join(path): value for path, value in leaves(study["own"]["overrides"])}
    chosen = own | verdict["rungs"][verdict["proposal"]]["overrides"]
    report = {
        **verdict,
        "level_of_theory": {"name": study["own"]["name"], "overrides": chosen},
        "level": {"name": given.name, "hash": given.hash, "line": given.line},
        "ladder": ladder,
        "names": {setting: [rung_name(setting, i) for i in range(len(ladder[setting]) - 1)] for setting in ladder},
        "noise": study["noise"],
        "system": frames.system,
        "n_atoms": frames.n_atoms,
        "n_frames": frames.n_frames,
    }
    following_level = {} if following is None else {"next_level": orm.Dict(changed(given, following).as_dict())}
    return {"report": orm.Dict(report), **following_level}


def ladder_of(study: orm.Dict, level: Level) -> dict[str, list[Any]]:
    """Return the checked ladder of a study."""
    return read_ladder(study["ladder"], level)


def read_job(job: orm.CalcJobNode, frames: FramesData) -> Measured | None:
    """Return what a job measured, None if it has not a label for every frame."""
    if "labelled" not in job.outputs or "output_parameters" not in job.outputs:
        return None
    return read_labels(job.outputs.labelled, job.outputs.output_parameters, frames)


def read_labels(block: LabelledFramesData, account: orm.Dict, frames: FramesData) -> Measured | None:
    """Return what a block says, None if it has not a label for every frame."""
    if block.n_frames != frames.n_frames:
        return None
    volumes = np.abs(np.linalg.det(block.cells))[:, None, None]
    stresses = None if block.virials is None else -block.virials / volumes / GPA_TO_EV_PER_A3
    seconds = JobReport.from_node(account).seconds_per_frame or 0.0
    return Measured(block.energies, block.forces, stresses, seconds)
