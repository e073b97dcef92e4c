"""Real CP2K: loops that fail are fixed, a run that breaks off goes on, and what cannot be a label is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.cp2k.levels import load_level

FIXTURE = Path(__file__).parents[2] / "plugins" / "fixtures" / "cp2k" / "batch"
OPTIONS = {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}, "withmpi": False}
TOO_SHORT = {"SCF/MAX_SCF": 5, "SCF/OUTER_SCF/MAX_SCF": 0}
"""A loop that ends long before it has converged."""

pytestmark = pytest.mark.codes


@pytest.fixture
def label(cp2k_code: Callable) -> Callable[..., Any]:
    """Label frames of two small molecules with GFN1-xTB on one core; returns the node of the labelling."""
    from aiida import orm
    from aiida.engine import run_get_node
    from aiida.plugins import WorkflowFactory

    from aiida_zif.plugins.data.frames import FramesData

    code = cp2k_code().store()

    def run(positions: Any, overrides: Any = None, ladder: Any = None, **task: Any) -> Any:
        level = load_level("gfn1-xtb", overrides)
        if ladder is not None:
            level.settings["recovery"] = [one for one in level.settings["recovery"] if one["name"] in ladder]
        inputs = {
            "frames": FramesData(SYMBOLS, positions, np.tile(CELL, (len(positions), 1, 1)), system="pair"),
            "task": orm.Dict({"mode": "batch", **task}),
            "cp2k": {"code": code, "level": orm.Dict(level.as_dict()), "metadata": {"options": OPTIONS}},
            "reuse": False,
        }
        return run_get_node(WorkflowFactory("zif.label"), **inputs).node

    return run


def read_frame() -> tuple[list[str], np.ndarray, np.ndarray]:
    """Symbols, positions and cell of the first frame of a stored job."""
    lines = (FIXTURE / "frames.xyz").read_text().splitlines()
    atoms = [line.split() for line in lines[2 : 2 + int(lines[0])]]
    cell = np.loadtxt(FIXTURE / "frames.cell", ndmin=2)[0, 2:11].reshape(3, 3)
    return [atom[0] for atom in atoms], np.array([[float(word) for word in atom[1:]] for atom in atoms]), cell


SYMBOLS, START, CELL = read_frame()


def rattled(n_frames: int) -> np.ndarray:
    return START + np.random.default_rng(2).normal(scale=0.02, size=(n_frames, *START.shape))


@pytest.mark.parametrize("rung", ["more_steps", "other_minimiser", "small_steps", "diagonalisation"])
def test_every_rung_mends_a_loop_that_was_too_short_and_gives_the_same_labels(label: Callable, rung: str) -> None:
    frames = rattled(2)
    fixed = label(frames, TOO_SHORT, ladder=[rung])
    assert fixed.outputs.report["recovered"] == {rung: 2}
    block, plain = fixed.outputs.blocks.attempt_1, label(frames).outputs.blocks.attempt_0
    assert block.get_array("flag").tolist() == [0, 0]
    assert block.level_of_theory["hash"] == plain.level_of_theory["hash"]
    assert block.energies == pytest.approx(plain.energies, abs=1e-4)
    assert np.abs(block.forces - plain.forces).max() < 1e-3
    assert np.abs(block.virials - plain.virials).max() < 1e-2


def test_a_label_that_needed_smearing_is_flagged_and_none_without_leave(label: Callable) -> None:
    refused = label(rattled(1), TOO_SHORT, ladder=["smearing"])
    assert refused.outputs.report["n_rejected"] == {"needs_smearing": 1}
    allowed = label(rattled(1), TOO_SHORT, ladder=["smearing"], gates={"smearing": True})
    block = allowed.outputs.blocks.attempt_1
    assert (block.get_array("flag").tolist(), block.level_of_theory["rung"]) == ([1], "smearing")
    assert allowed.outputs.report["n_flagged"] == 1


def test_a_loop_that_nothing_mends_is_given_up_with_its_cause(label: Callable) -> None:
    node = label(rattled(2), TOO_SHORT, ladder=[])
    assert node.exit_status == 310
    rejected = node.outputs.report["rejected"]
    assert [one["reason"] for one in rejected] == ["scf_not_converged"] * 2
    assert rejected[0]["detail"].startswith("converging slowly after 5 steps")


def test_a_frame_in_which_cp2k_aborts_costs_no_other_label(label: Callable) -> None:
    frames = rattled(3)
    frames[1, 5] = frames[1, 1] + 1e-9  # two carbon atoms at one place
    node = label(frames, gates={"contact": 0.0})
    assert sum(block.n_frames for block in node.outputs.blocks.values()) == 2
    (lost,) = node.outputs.report["rejected"]
    assert (lost["index"], lost["reason"]) == (1, "cp2k_aborted")
    assert lost["detail"] == "GEOMETRY wrong or EMAX_SPLINE too small! fist_neighbor_lists.F:606"


def test_two_atoms_a_third_of_an_angstrom_apart_are_refused_unseen_or_given_up(label: Callable) -> None:
    frames = rattled(3)
    frames[1, 9] = frames[1, 1] + [0.3, 0.0, 0.0]
    seen, unseen = label(frames, gates={"contact": 0.0}), label(frames)
    assert unseen.outputs.report["n_rejected"] == {"atoms_overlap": 1}
    assert seen.outputs.report["n_rejected"] == {"force_too_large": 1}
    for node in (seen, unseen):
        assert [one["index"] for one in node.outputs.report["rejected"]] == [1]
        assert node.outputs.report["n_labelled"] == 2
