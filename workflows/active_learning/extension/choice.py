"""Which of the frames that a study did not trust are worth a label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np
from aiida import orm
from aiida.engine import ExitCode, calcfunction

from aiida_zif.plugins.data.dataset import DatasetData, blocks_in
from aiida_zif.plugins.data.frame_sets import concatenate, subset
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.plugins.lammps.exploration.report import Histogram
from aiida_zif.plugins.selection import Pool, Sieved, StrategyError, full_chain, run_chain
from aiida_zif.workflows.active_learning.selection.choice_report import Choice
from aiida_zif.workflows.active_learning.selection.plan import SelectionPlan
from aiida_zif.workflows.engine.naming import of_kind

DEVIATION = "max_force_deviation"
"""Array of every set of frames that may be chosen from, eV/Å."""

BINS = 40
"""Of the histogram of the deviations, up to twice the upper level, which the last one ends with."""

RUN = ("replica", "stage")
"""Arrays that tell trajectories and their stages apart, where a set of frames has them."""

LABELLED, TWICE = "labelled_before", "twice"
"""Reasons of frames that the data set holds, and of those that were given more than once."""


@calcfunction
def select_untrusted(selection: orm.Dict, **others: Any) -> dict[str, orm.Data] | ExitCode:
    """Choose the frames worth a label from those that a study did not trust.

    The strategies are those of the campaign; conditions are the stages of the trajectories that the frames are from.

    :param selection: a :class:`~..selection.plan.SelectionPlan`.
    :param others: frames of one system (``untrusted_…``), and its blocks and data sets (``known_…``).
    :returns: ``frames`` and ``report`` (every frame is counted), or an exit code if a strategy fails.
    """
    plan, given = SelectionPlan.from_node(selection), of_kind("untrusted", others)
    known = {name: node for name, node in others.items() if isinstance(node, LabelledFramesData | DatasetData)}
    frames = together(given)
    pool = pool_of(frames, list(blocks_in(known).values()))
    new, repeated = first_of_each(frames, [key for block in blocks_in(known).values() for key in block.frame_ids()])
    try:
        sieved = run_chain(plan.strategy, part_of(pool, new), plan.model_dump(), plan.seed)
    except StrategyError as error:
        return ExitCode(310, str(error))
    kept = [new[index] for index in sieved.kept]
    rejected = repeated | {new[index]: reason for index, reason in sieved.rejected.items()}
    report = report_of(frames, Sieved(kept, rejected), plan)
    return {"frames": subset(frames, kept), "report": orm.Dict(report.as_dict())}


def together(given: Mapping[str, FramesData]) -> FramesData:
    """Return several sets of frames as one; the array ``run`` says which trajectory and stage a frame is from."""
    marked = []
    for source, (_, frames) in enumerate(sorted(given.items())):
        arrays = frames.per_frame
        marks = [np.full(frames.n_frames, source), *(arrays[name].astype(int) for name in RUN if name in arrays)]
        whole = subset(frames, list(range(frames.n_frames)))
        for name in set(whole.get_arraynames()) & {"run", *RUN}:
            whole.delete_array(name)
        whole.set_array("run", numbered(np.stack(marks, axis=1)))
        marked.append(whole)
    offset = np.cumsum([0, *(int(frames.get_array("run").max(initial=-1)) + 1 for frames in marked)])
    for frames, first in zip(marked, offset, strict=False):
        frames.set_array("run", frames.get_array("run") + first)
    return reduce(concatenate, marked)


def numbered(marks: np.ndarray) -> np.ndarray:
    """Return a number for every row that is the same for equal rows, shape (N,)."""
    return np.unique(marks, axis=0, return_inverse=True)[1].reshape(-1)


def pool_of(frames: FramesData, blocks: list[LabelledFramesData]) -> Pool:
    """Return what is to be chosen from, and what is labelled already."""
    arrays, (no_positions, no_cells) = frames.per_frame, (frames.positions[:0], frames.cells[:0])
    return Pool(
        frames.symbols,
        frames.positions,
        frames.cells,
        max_force_deviation=arrays[DEVIATION],
        run=arrays["run"],
        step=arrays["step"].astype(int) if "step" in arrays else np.arange(frames.n_frames),
        forces_predicted=arrays.get("forces_predicted", np.zeros_like(frames.positions)),
        known_positions=np.concatenate([no_positions, *(block.positions for block in blocks)]),
        known_cells=np.concatenate([no_cells, *(block.cells for block in blocks)]),
    )


def part_of(pool: Pool, rows: list[int]) -> Pool:
    """Return some of the frames of a pool."""
    names = ("positions", "cells", DEVIATION, "run", "step", "forces_predicted")
    arrays = {name: getattr(pool, name)[rows] for name in names}
    return Pool(pool.symbols, known_positions=pool.known_positions, known_cells=pool.known_cells, **arrays)


def first_of_each(frames: FramesData, labelled: list[str]) -> tuple[list[int], dict[int, str]]:
    """Return the frames that are new, and why each of the others is not.

    :param labelled: identifiers of the frames that the data set holds.
    """
    seen, held = set[str](), set(labelled)
    new, repeated = [], {}
    for row, key in enumerate(frames.frame_ids()):
        if key in held or key in seen:
            repeated[row] = LABELLED if key in held else TWICE
        else:
            new.append(row)
            seen.add(key)
    return new, repeated


def report_of(frames: FramesData, sieved: Sieved, plan: SelectionPlan) -> Choice:
    """Return what became of every frame that was given."""
    deviation = frames.get_array(DEVIATION)
    runs = Counter(f"run_{frames.get_array('run')[index]}" for index in sieved.kept)
    above = int(np.count_nonzero(~(deviation < plan.upper)))
    counts, edges = np.histogram(
        np.clip(deviation[np.isfinite(deviation)], 0.0, 2 * plan.upper), BINS, (0.0, 2 * plan.upper)
    )
    accurate = int(np.count_nonzero(deviation < plan.lower))
    return Choice(
        n_explored=frames.n_frames,
        n_accurate=accurate,
        n_candidate=frames.n_frames - accurate - above,
        n_failed=above,
        n_selected=len(sieved.kept),
        selected_by_condition=dict(sorted(runs.items())),
        not_chosen=sieved.reasons,
        histogram=Histogram(edges=edges.tolist(), counts=counts.tolist()),
        lower=plan.lower,
        upper=plan.upper,
        strategy=full_chain(plan.strategy),
    )
