"""The calcfunction that relates deviation and true error after every labelled cycle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.deepmd.testing.frame_errors import read_errors
from aiida_zif.plugins.selection.calibration import ErrorOfFrame, calibrate_frames
from aiida_zif.workflows.active_learning.selection.comparison import Comparison
from aiida_zif.workflows.active_learning.state.naming import Evidence, systems_of
from aiida_zif.workflows.active_learning.state.verdict import Verdict
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.engine.seeds import derive_seed

RECENT = 20
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


def recent_evidence(evidence: Mapping[str, Any], cycle: int) -> dict[str, Any]:
    """Return the evidence of the last :data:`RECENT` cycles, every frame once.

    :param evidence: by names of :class:`~.naming.Evidence`.
    :param cycle: the newest one.
    """
    known = {name: Evidence.parse(name) for name in evidence}
    return once_each({name: evidence[name] for name, of in known.items() if of and of.cycle > cycle - RECENT})


def once_each(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Return evidence in which no frame counts twice: every committee is tested on the same held-out frames.

    Errors of several committees on one frame are not independent, and would make the relation look surer than it is;
    those of the newest count.
    """
    known = {name: Evidence.parse(name) for name in evidence}
    tests = sorted((of.cycle, name) for name, of in known.items() if of and of.kind == "errors")
    older = {name for _, name in tests[:-1]}
    return {name: node for name, node in evidence.items() if name not in older}


def known_errors(evidence: dict[str, Any]) -> list[ErrorOfFrame]:
    """Return every frame of some evidence, in the order of its names.

    :param evidence: see :func:`calibrate`.
    """
    systems = systems_of(evidence)
    frames: list[ErrorOfFrame] = []
    for name, node in sorted(evidence.items()):
        of = Evidence.parse(name)
        if of is not None and of.kind == "compare":
            frames += compared_errors(Comparison.from_node(node))
        elif of is not None:
            frames += held_out_errors(node, systems)
    return frames


def compared_errors(comparison: Comparison) -> list[ErrorOfFrame]:
    """Return the chosen and the random frames of one comparison."""
    return [
        ErrorOfFrame(
            system=comparison.system,
            max_force_deviation=frame.max_force_deviation,
            force_rmse=frame.force_rmse,
            elements=frame.elements,
            role=frame.role,
        )
        for frame in comparison.frames
    ]


def held_out_errors(errors: orm.ArrayData, systems: dict[str, str]) -> list[ErrorOfFrame]:
    """Return the held-out frames of one test; the error of a frame is the root mean square over the members.

    :param errors: of ``zif.deepmd.test``.
    :param systems: system by label of the block.
    """
    found = read_errors(errors)
    return [
        ErrorOfFrame(system=system, max_force_deviation=float(deviation), force_rmse=float(error))
        for label, system in sorted(systems.items())
        if label in found
        for deviation, error in zip(found[label].max_force_deviation, found[label].of_a_member, strict=True)
    ]
