"""Calcfunctions that make frames from structures and from other frames."""

from __future__ import annotations

from typing import Any

import numpy as np
from aiida import orm
from aiida.engine import ExitCode, calcfunction

from aiida_zif.plugins.data.dataset import DatasetData, blocks_in
from aiida_zif.plugins.data.frame_sets import concatenate, subset
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.plugins.lammps.exploration.report import ExplorationReport
from aiida_zif.plugins.selection import Pool, StrategyError, run_chain
from aiida_zif.workflows.active_learning.selection.choice_report import Choice, choice_report
from aiida_zif.workflows.active_learning.selection.comparison import CHOSEN, CONTROL, Comparison, compared
from aiida_zif.workflows.active_learning.selection.label_budget import share
from aiida_zif.workflows.active_learning.selection.plan import SelectionPlan
from aiida_zif.workflows.engine.naming import of_kind


@calcfunction
def select_frames(
    candidates: FramesData, control: FramesData, exploration: orm.Dict, selection: orm.Dict, **others: Any
) -> dict[str, orm.Data] | ExitCode:
    """Choose the frames worth a label, and add the random control that measures what the choice was worth.

    :param selection: a :class:`~.plan.SelectionPlan`.
    :param others: blocks and data sets of the system (``known_…``), and of the other systems the reports of those that
        have chosen (``earlier_…``) and the plans of those that may still choose (``waiting_…``).
    :returns: ``frames`` (with the per-frame array ``role``) and ``report`` (every frame seen is counted), or an exit
        code if a strategy fails.
    """
    plan, explored = SelectionPlan.from_node(selection), ExplorationReport.from_node(exploration)
    earlier, waiting = of_kind("earlier", others), of_kind("waiting", others)
    known = {name: node for name, node in others.items() if isinstance(node, LabelledFramesData | DatasetData)}
    blocks = list(blocks_in(known).values())
    taken = sum(Choice.from_node(report).n_selected for report in earlier.values())
    values = plan.model_copy(update={"per_cycle": share(plan, taken, len(waiting))}).model_dump()
    try:
        sieved = run_chain(plan.strategy, pool_of(candidates, explored, blocks), values, plan.seed)
    except StrategyError as error:
        return ExitCode(310, str(error))
    chosen_ids = set(np.array(candidates.frame_ids())[sieved.kept])
    # random frames alone would compare nothing, and are not labelled
    extra = [index for index, key in enumerate(control.frame_ids()) if chosen_ids and key not in chosen_ids]
    frames = concatenate(subset(candidates, sieved.kept), subset(control, extra))
    frames.set_array("role", np.repeat([CHOSEN, CONTROL], [len(sieved.kept), len(extra)]))
    report = choice_report(explored, candidates.n_frames, sieved, candidates.get_array("run"), values, len(extra))
    return {"frames": frames, "report": orm.Dict(report.as_dict())}


def pool_of(candidates: FramesData, explored: ExplorationReport, blocks: list[LabelledFramesData]) -> Pool:
    """Return what is to be chosen from, and what is labelled already."""
    arrays, (no_positions, no_cells) = candidates.per_frame, (candidates.positions[:0], candidates.cells[:0])
    return Pool(
        candidates.symbols,
        candidates.positions,
        candidates.cells,
        **{name: arrays[name] for name in ("max_force_deviation", "run", "step", "forces_predicted")},
        known_positions=np.concatenate([no_positions, *(block.positions for block in blocks)]),
        known_cells=np.concatenate([no_cells, *(block.cells for block in blocks)]),
        histogram=(np.array(explored.histogram.edges), np.array(explored.histogram.counts)),
        mean_force_deviation=arrays.get("mean_force_deviation"),
    )


@calcfunction
def compare_choice(frames: FramesData, **blocks: LabelledFramesData) -> orm.Dict:
    """Compare the true force error of chosen frames with that of frames drawn at random.

    The error is that of the model that drove the exploration, whose forces came back with the frames.

    :returns: a :class:`~.comparison.Comparison`.
    """
    row_of = {key: row for row, key in enumerate(frames.frame_ids())}
    rows, reference = [], []
    for block in blocks.values():
        rows += [row_of[key] for key in block.frame_ids()]
        reference.append(block.forces)
    if not rows:
        nothing = Comparison(system=frames.system, chosen=None, control=None, n_chosen=0, n_control=0, frames=[])
        return orm.Dict(nothing.as_dict())
    found = compared(
        frames.system,
        frames.symbols,
        frames.get_array("forces_predicted")[rows],
        np.concatenate(reference),
        frames.get_array("role")[rows],
        frames.get_array("max_force_deviation")[rows],
    )
    return orm.Dict(found.as_dict())
