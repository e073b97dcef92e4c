"""The calcfunction that relates deviation and true error after every labelled cycle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.deepmd.testing.frame_errors import read_errors
from aiida_zif.plugins.selection.calibration import calibrate_frames
from aiida_zif.workflows.active_learning.selection.comparison import Comparison
from aiida_zif.workflows.active_learning.state.naming import systems_of
from aiida_zif.workflows.engine.seeds import derive_seed

Rows = list[dict[str, Any]]

REMEMBERED = 20
"""Cycles whose evidence counts: a committee of long ago erred otherwise, and every node is a link of every cycle."""


@calcfunction
def calibrate(settings: orm.Dict, state: orm.Dict, **evidence: orm.Data) -> orm.Dict:
    """Fit the relation between deviation and true error to all that is known by now.

    :param settings: of the campaign; its seed yields that of the bootstraps.
    :param state: before the cycle that has just been labelled.
    :param evidence: ``compare_…``: what :func:`~.frame_steps.compare_choice` found, of this and earlier cycles;
        ``errors_…``: per-frame errors of every committee on the held-out frames; ``block_…``: those held-out frames,
        which say what system an error belongs to.
    :returns: see :func:`aiida_zif.plugins.selection.calibration.calibrate_frames`; and ``cycle``.
    """
    cycle = state["cycle"] + 1
    seed = derive_seed(settings["seed"], "calibrate", cycle)
    return orm.Dict({"cycle": cycle, **calibrate_frames(evidence_rows(evidence), seed)})


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


def evidence_rows(evidence: dict[str, Any]) -> Rows:
    """Return one row a frame: ``system``, ``max_force_deviation`` and ``force_rmse`` in eV/Å, maybe ``elements``."""
    systems = systems_of(evidence)
    rows: Rows = []
    for name, node in sorted(evidence.items()):
        if name.startswith("compare_"):
            found = Comparison.from_node(node)
            rows += [{"system": found.system, **frame.model_dump(exclude_unset=True)} for frame in found.frames]
        elif name.startswith("errors_"):
            rows += held_out_rows(node, systems)
    return rows


def held_out_rows(errors: orm.ArrayData, systems: dict[str, str]) -> Rows:
    """Return the held-out frames of one test; the error of a frame is the root mean square over the members.

    :param errors: of ``zif.deepmd.test``.
    :param systems: system by label of the block.
    """
    found = read_errors(errors)
    return [
        {"system": system, "max_force_deviation": float(deviation), "force_rmse": float(error)}
        for label, system in sorted(systems.items())
        if label in found
        for deviation, error in zip(found[label].max_force_deviation, found[label].of_a_member, strict=True)
    ]
