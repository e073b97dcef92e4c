"""What is wrong with the inputs of a production run, found before anything is submitted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from aiida import orm

from aiida_zif.plugins.lammps.common.validation import of_the_committee, of_the_computers, of_the_crystal
from aiida_zif.plugins.lammps.production.parts import MOST_CHECKPOINTS, looks_of, starts_of, strides_of
from aiida_zif.plugins.lammps.production.settings import Settings, check_stages

SAME = ("stages", "parameters", "frames", "topology")
"""Inputs that a job and the one that it goes on from have in common."""


def validate(given: Mapping[str, Any], _: object) -> str | None:
    """Return what is wrong with the inputs as a whole, or None."""
    needed = ("code", "python", "committee", "frames", "stages", "parameters")
    if any(name not in given for name in needed):
        return None  # a port that is missing speaks for itself
    checks = (
        of_the_committee,
        of_the_frame,
        of_the_crystal,
        of_the_trajectory,
        of_the_computers,
        of_compression,
        of_the_restart,
    )
    return next((found for check in checks if (found := check(given)) is not None), None)


def of_the_frame(given: Mapping[str, Any]) -> str | None:
    """One frame with a cell."""
    frames = given["frames"]
    if frames.n_frames != 1:
        return f"frames: found {frames.n_frames} frames, allowed is one; fix: give the one to start from"
    if (volume := abs(np.linalg.det(frames.cells[0]))) < 1.0:
        return f"frames: found a cell of {volume:g} Å³, allowed is one with a volume; fix: set it"
    if "velocities" in frames.get_arraynames() and frames.get_shape("velocities") != frames.get_shape("positions"):
        found = frames.get_shape("velocities")
        return f"frames.velocities: found shape {found}, allowed is that of the positions; fix: leave them out"
    return None


def of_the_trajectory(given: Mapping[str, Any]) -> str | None:
    """Stages and settings, each by itself and together."""
    try:
        settings = Settings.from_dict(given["parameters"].get_dict())
        stages = check_stages(given["stages"].get_list(), settings)
    except (ValueError, TypeError) as error:
        return str(error)
    strides = strides_of(stages, settings, len(given["committee"]), given["frames"].n_atoms)
    for index, (stage, start) in enumerate(zip(stages, starts_of(stages), strict=True)):
        looks = len(looks_of(stage, start, strides.sample))
        if stage.snapshots > looks:
            allowed = (
                f"at most {looks}, the sampled frames of this stage; fix: lower it, or sample_every ({strides.sample})"
            )
            return f"stages[{index}].snapshots: found {stage.snapshots}, allowed is {allowed}"
    if settings.trust is not None and len(given["committee"]) == 1:
        fix = "give a committee, or leave trust out"
        allowed = "none with one model, which has nothing to disagree with"
        return f"parameters.trust: found {settings.trust:g} eV/Å, allowed is {allowed}; fix: {fix}"
    parts = sum(stage.md_steps for stage in stages) / strides.checkpoint
    if parts > MOST_CHECKPOINTS:
        return f"parameters.checkpoint_every: found {parts:.0f} parts, allowed is {MOST_CHECKPOINTS}; fix: raise it"
    return None


def of_compression(given: Mapping[str, Any]) -> str | None:
    """Models are compressed by a code."""
    if "dp" not in given and Settings.from_dict(given["parameters"].get_dict()).compress is True:
        fix = "add the code dp on the computer of the code, or leave compress out"
        return f"parameters.compress: found true, allowed is auto or false without the code dp; fix: {fix}"
    return None


def of_the_restart(given: Mapping[str, Any]) -> str | None:
    """The folder of a job of this trajectory, on the same computer."""
    if "restart" not in given:
        return None
    folder: orm.RemoteData = given["restart"]
    if folder.computer != given["code"].computer:
        allowed = f"one on {given['code'].computer}"
        return f"restart: found a folder on {folder.computer}, allowed is {allowed}; fix: continue there"
    earlier = folder.creator
    if earlier is None:
        return None  # the driver finds out
    for name in SAME:
        before, now = (earlier.inputs[name] if name in earlier.inputs else None), given.get(name)  # noqa: SIM401
        if content_of(before) != content_of(now):
            found = f"a job with other {name} (<{earlier.pk}>)"
            return f"restart: found {found}, allowed is a job of this trajectory; fix: give the same {name}"
    return None


def content_of(node: Any) -> Any:
    """What two nodes must have in common to be the same for a trajectory."""
    if node is None:
        return None
    if isinstance(node, orm.Dict):
        return Settings.from_dict(node.get_dict())
    if isinstance(node, orm.List):
        return node.get_list()
    if isinstance(node, orm.ArrayData):
        own = {name: node.get_array(name).tobytes() for name in sorted(node.get_arraynames())}
        return node.symbols, own
    return node.base.attributes.all
