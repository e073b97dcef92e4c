"""The calcfunction that relates deviation and true error after every labelled cycle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.selection.calibration import ErrorOfFrame, calibrate_frames
from aiida_zif.workflows.active_learning.state.naming import systems_of
from aiida_zif.workflows.active_learning.state.verdict import Verdict
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.engine.seeds import derive_seed

REMEMBERED = 20
"""Cycles whose evidence counts: a committee of long ago erred otherwise, and every node is a link of every cycle."""


@calcfunction
def calibrate(settings: orm.Dict, verdict: orm.Dict, **evidence: orm.Data) -> orm.Dict:
    """Fit the relation between deviation and true error to all that is known by now.

    :param settings: of the campaign; its seed yields that of the bootstraps.
    :param verdict: before the cycle that has just been labelled.
    :param evidence: ``compare_…``: what :func:`~.frame_steps.compare_choice` found, of this and earlier cycles;
        ``errors_…``: per-frame errors of every committee on the held-out frames; ``block_…``: those held-out frames,
        which say what system an error belongs to.
    :returns: a :class:`~aiida_zif.plugins.selection.calibration.Calibration`.
    """
    cycle = Verdict.from_node(verdict).cycle + 1
    seed = derive_seed(Settings.from_node(settings).seed, "calibrate", cycle)
    return orm.Dict(calibrate_frames(known_errors(evidence), seed, cycle).as_dict())


def remembered(evidence: Mapping[str, Any], cycle: int) -> dict[str, Any]:
    """Return the evidence of the last :data:`REMEMBERED` cycles, every frame once.

    :param evidence: by names that hold their cycle, such as ``compare_c07_zif4``.
    :param cycle: the newest one.
    """
    return once_each({name: node for name, node in evidence.items() if cycle_in(name) > cycle - REMEMBERED})


def cycle_in(name: str) -> int:
    """Return the cycle in the name of evidence, such as 7 in ``compare_c07_zif4``."""
    return int(name.split("_")[1].removeprefix("c"))


def once_each(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Return evidence in which no frame counts twice: every committee is tested on the same held-out frames.

    Errors of several committees on one frame are not independent, and would make the relation look surer than it is;
    those of the newest count.
    """
    tests = sorted((name for name in evidence if name.startswith("errors_")), key=lambda name: (cycle_in(name), name))
    return {name: node for name, node in evidence.items() if name not in tests[:-1]}


def known_errors(evidence: dict[str, Any]) -> list[ErrorOfFrame]:
    """Return every frame of some evidence, in the order of its names.

    :param evidence: see :func:`calibrate`.
    """
    systems = systems_of(evidence)
    frames: list[ErrorOfFrame] = []
    for name, node in sorted(evidence.items()):
        if name.startswith("compare_"):
            frames += compared_errors(node)
        elif name.startswith("errors_"):
            frames += held_out_errors(node, systems)
    return frames


def compared_errors(comparison: orm.Dict) -> list[ErrorOfFrame]:
    """Return the chosen and the random frames of one comparison."""
    return [
        ErrorOfFrame(
            system=comparison.get("system", ""),
            max_force_deviation=row["max_force_deviation"],
            force_rmse=row["force_rmse"],
            elements=row.get("elements") or {},
            role=row.get("role"),
        )
        for row in comparison["frames"]
    ]


def held_out_errors(errors: orm.ArrayData, systems: dict[str, str]) -> list[ErrorOfFrame]:
    """Return the held-out frames of one test; the error of a frame is the root mean square over the members.

    :param errors: of ``zif.deepmd.test``.
    :param systems: system by label of the block.
    """
    frames: list[ErrorOfFrame] = []
    for block, system in sorted(systems.items()):
        if f"{block}__force_rmse" not in errors.get_arraynames():
            continue
        error = np.sqrt(np.mean(np.square(errors.get_array(f"{block}__force_rmse")), axis=0))
        deviation = errors.get_array(f"{block}__max_force_deviation")
        frames += [
            ErrorOfFrame(system=system, max_force_deviation=float(one), force_rmse=float(other))
            for one, other in zip(deviation, error, strict=True)
        ]
    return frames
