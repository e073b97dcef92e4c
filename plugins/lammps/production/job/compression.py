"""Models that are compressed in the job: when it pays, and the lines of the script that do it.

``dp compress`` replaces the embedding net by a table. It asks for the smallest distance of the training data, up to
which the table is fine; beyond, to a fifth of that distance, it is ten times coarser. A model keeps the distance only
if it was looked for in all data before the training. The trainings of this project leave that out and pick the number
of neighbours themselves, so that the distance is written into a copy of the model here: a frozen model is a message of
protocol buffers, and what is appended to such a message becomes a part of it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any

from aiida_zif.plugins.lammps.production.inputs import Trajectory
from aiida_zif.plugins.lammps.writing.system import model_name

NODE = "train_attr/min_nbor_dist"
"""Constant of the graph that holds the distance."""
NODE_FILE = "distance.node"
SMALLEST_DISTANCE = 0.7
"""Å; C-H bonds of 1.08 Å come down to 0.85 Å in a melt."""
MARK = "compressed"
"""File that is there if the models are compressed."""

A_STEP = 5e-5
"""s, of one atom on one core: a small model."""
SAVED = 0.35
"""Share of the time of a step that a table saves; it is larger for larger nets."""
A_MODEL = 25.0
"""s that a model takes to be compressed, most of it the start of TensorFlow."""
GAIN = 2.0
"""How much more a compression is to save than it takes: both are estimates."""


def is_wanted(whole: Trajectory, n_cores: int) -> bool:
    """Whether the models are to be compressed: as asked, or if it pays for all steps of the trajectory."""
    asked = whole.settings.compress
    if asked != "auto":
        return asked
    steps = sum(stage.md_steps for stage in whole.stages)
    evaluations = steps * (1.0 + (whole.n_models - 1) / whole.strides.deviation)
    saved = SAVED * A_STEP * whole.n_atoms * evaluations / n_cores
    return saved > GAIN * A_MODEL * whole.n_models


def lines(run: Callable[[list[str]], str], n_models: int, wanted: bool, goes_on: bool) -> list[str]:
    """Return the lines that compress all models, or leave all as they are if one cannot be.

    A job that goes on from another takes the models of that one, so that the trajectory stays the same.

    :param run: returns a line that runs ``dp`` with some arguments.
    """
    names = [model_name(index) for index in range(n_models)]
    if goes_on:
        copies = " && ".join(f"cp earlier/{name} {name}" for name in names)
        return [f"if [ -e earlier/{MARK} ]; then {copies} && touch {MARK}; fi"]
    if not wanted:
        return []
    known = [f"{{ cat {name}; grep -q {NODE} {name} || cat {NODE_FILE}; }} > known_{name}" for name in names]
    made = [run(["--tf", "compress", "-i", f"known_{name}", "-o", f"small_{name}"]) for name in names]
    moved = [f"mv small_{name} {name}" for name in names]
    return [" && ".join([*known, *made, *moved, f"touch {MARK}"]), f"rm -rf {' '.join(leftovers(names))}"]


def leftovers(names: list[str]) -> list[str]:
    """Return what nobody reads afterwards."""
    copies = [f"{kind}_{name}" for kind in ("known", "small") for name in names]
    return [*copies, "model-compression", "checkpoint", "input_v2_compat.json"]


def distance_node(distance: float = SMALLEST_DISTANCE) -> bytes:
    """Return the bytes that, at the end of a frozen model, tell it the smallest distance of its training data.

    Field numbers are those of TensorFlow's public ``graph.proto``, ``node_def.proto``, ``attr_value.proto``,
    ``tensor.proto`` and ``types.proto``.

    :param distance: Å.
    """
    a_double = 2  # DT_DOUBLE
    tensor = number(1, a_double) + message(2, b"") + message(4, struct.pack("<d", distance))
    attributes: Mapping[str, Any] = {"dtype": number(6, a_double), "value": message(8, tensor)}
    node = message(1, NODE.encode()) + message(2, b"Const")
    for key, value in attributes.items():
        node += message(5, message(1, key.encode()) + message(2, value))
    return message(1, node)


def number(field: int, value: int) -> bytes:
    """A field with a number below 128."""
    return bytes([field << 3, value])


def message(field: int, content: bytes) -> bytes:
    """A field with bytes, fewer than 128."""
    return bytes([field << 3 | 2, len(content)]) + content
