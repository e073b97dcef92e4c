"""Calcfunctions of a convergence study, and how they read what a job measured."""

from __future__ import annotations

from typing import Any

import numpy as np
from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.cp2k.levels import Level
from aiida_zif.plugins.cp2k.levels.cost import leaves
from aiida_zif.plugins.cp2k.reading.outputs import GPA_TO_EV_PER_A3
from aiida_zif.plugins.data.frame_sets import concatenate, subset
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.workflows.level_convergence.comparison import Measured, compare
from aiida_zif.workflows.level_convergence.ladder import changed, read_ladder, rung_name, rungs
from aiida_zif.workflows.level_convergence.study import LevelLine, Overridden, Study, StudyReport
from aiida_zif.workflows.structures.recipe import StartRecipe

TASK = {"mode": "batch", "gates": {"net_force": 1.0e3}}
"""A coarse grid pulls at the whole cell. That is no reason to refuse the frame here: it is what is to be measured."""


@calcfunction
def plan_study(level: orm.Dict, study: orm.Dict) -> dict[str, orm.Data]:
    """Derive the start, the task of all jobs, and by name the level of theory of every rung; each level once."""
    given, asked = Level.from_dict(level.get_dict()), Study.from_node(study)
    levels = {name: changed(given, choice) for name, choice in rungs(read_ladder(asked.ladder, given), given).items()}
    unique = {rung.hash: name for name, rung in reversed(levels.items())}  # the first of a hash has the last word
    plan: dict[str, orm.Data] = {name: orm.Dict(levels[name].as_dict()) for name in unique.values()}
    return plan | {"start": orm.Dict(asked.start.as_dict()), "task": orm.Dict(TASK)}


@calcfunction
def frame_and_copies(frames: FramesData, start: orm.Dict) -> FramesData:
    """Pick one frame and strain and rattle copies of it.

    :param start: a :class:`~aiida_zif.workflows.structures.recipe.StartRecipe` with an ``index``.
    """
    recipe = StartRecipe.from_node(start)
    picked = subset(frames, [recipe.index or 0])
    copies = recipe.frames_of(picked.positions[0], picked.cells[0], n_given=1)
    return concatenate(picked, FramesData(frames.symbols, *copies, system=frames.system))


@calcfunction
def judge_rungs(level: orm.Dict, study: orm.Dict, frames: FramesData, **nodes: Any) -> dict[str, orm.Dict]:
    """Compare all rungs with the tightest.

    :param nodes: ``block_NAME`` and ``account_NAME`` of every rung that has labels.
    :returns: ``report``, and ``next_level`` if a combination is left that should pass.
    """
    given, asked, measured = Level.from_dict(level.get_dict()), Study.from_node(study), {}
    for name, block in nodes.items():
        if name.startswith("block_"):
            found = read_labels(block, nodes[name.replace("block_", "account_", 1)], frames)
            if found is not None:
                measured[block.level_of_theory["hash"]] = found
    ladder = read_ladder(asked.ladder, given)
    compared = compare(given, ladder, asked.noise, measured)
    own = {"/".join(path): value for path, value in leaves(asked.own.overrides)}
    report = StudyReport(
        rungs=compared.rungs,
        proposal=compared.proposal,
        level_of_theory=Overridden(name=asked.own.name, overrides=own | compared.rungs[compared.proposal].overrides),
        level=LevelLine(name=given.name, hash=given.hash, line=given.line),
        ladder=ladder,
        names={setting: [rung_name(setting, i) for i in range(len(ladder[setting]) - 1)] for setting in ladder},
        noise=asked.noise,
        system=frames.system,
        n_atoms=frames.n_atoms,
        n_frames=frames.n_frames,
    )
    following = compared.following
    following_level = {} if following is None else {"next_level": orm.Dict(changed(given, following).as_dict())}
    return {"report": orm.Dict(report.as_dict()), **following_level}


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
    return Measured(block.energies, block.forces, stresses, float(account["seconds_per_frame"]))
