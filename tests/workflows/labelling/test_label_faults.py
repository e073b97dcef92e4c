"""What comes back, what is lost and what is said when CP2K fails in the midst of a batch: whole chains, a stand-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aiida_zif.plugins.cp2k.levels import load_level

pytestmark = pytest.mark.slow

TROUBLE = 2
"""The frame in trouble, of six."""


@pytest.fixture
def label(cp2k_code: Callable, generate_frames: Callable) -> Callable[..., Any]:
    """Label six frames of water with a stand-in; returns the node of the labelling."""
    from aiida import orm
    from aiida.engine import run_get_node
    from aiida.plugins import WorkflowFactory

    from aiida_zif.plugins.data.frames import FramesData

    def run(standin: str, *lines: str, **task: Any) -> Any:
        options = {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}, "withmpi": False}
        positions = generate_frames(6).positions
        positions[TROUBLE, :, 0] -= 7.0
        frames = FramesData(["O", "H", "H"], positions, generate_frames(6).cells, system="water")
        cp2k = {
            "code": cp2k_code(standin, *lines),
            "level": orm.Dict(load_level("gfn1-xtb").as_dict()),
            "metadata": {"options": options},
        }
        settings = orm.Dict({"mode": "batch", **task})
        inputs = {"frames": frames, "task": settings, "cp2k": cp2k, "reuse": False}
        return run_get_node(WorkflowFactory("zif.label"), **inputs).node

    return run


def jobs(node: Any) -> list[int]:
    """Exit codes of the jobs in their order."""
    from aiida import orm

    children = [child for child in node.called if isinstance(child, orm.CalcJobNode)]
    return [child.exit_status for child in sorted(children, key=lambda child: child.pk)]


def labelled(node: Any) -> set[str]:
    return {key for block in node.outputs.blocks.values() for key in block.frame_ids()}


def others(node: Any) -> set[str]:
    ids = node.inputs.frames.frame_ids()
    return set(ids) - {ids[TROUBLE]}


@pytest.mark.parametrize(
    ("standin", "statuses", "reason", "detail"),
    [
        ("cp2k_poisoned", [304, 0, 304], "cp2k_aborted", "Cholesky decompose failed"),
        ("cp2k_slow", [400, 400, 0], "out_of_walltime", "CP2K stopped itself"),
        ("cp2k_hopeless", [0, 450, 450], "needs_smearing", "stalled"),
    ],
)
def test_a_frame_in_trouble_is_lost_alone_and_its_cause_is_named(
    label: Callable, standin: str, statuses: list[int], reason: str, detail: str
) -> None:
    node = label(standin)
    assert jobs(node)[:3] == statuses
    assert node.is_finished_ok
    assert labelled(node) == others(node)
    (lost,) = node.outputs.report["rejected"]
    assert (lost["index"], lost["reason"]) == (TROUBLE, reason)
    assert lost["frame_id"] == node.inputs.frames.frame_ids()[TROUBLE]
    assert detail in lost["detail"]


def test_a_frame_that_needs_another_minimiser_becomes_a_label(label: Callable) -> None:
    node = label("cp2k_stubborn")
    assert labelled(node) == set(node.inputs.frames.frame_ids())
    assert node.outputs.report["recovered"] == {"other_minimiser": 1}
    assert node.outputs.blocks.attempt_1.get_array("flag").tolist() == [0]
    assert "rung" not in node.outputs.blocks.attempt_1.level_of_theory


def test_a_frame_that_nothing_mends_is_given_up_with_the_look_of_its_loop(label: Callable) -> None:
    (lost,) = label("cp2k_hopeless", gates={"smearing": True}).outputs.report["rejected"]
    assert lost["reason"] == "scf_not_converged"
    assert lost["detail"].startswith("stalled after 9 steps")
    assert "smearing was the last" in lost["detail"]


@pytest.mark.parametrize(
    ("standin", "n_labelled", "reason"), [("cp2k_truncated", 4, "cp2k_killed"), ("cp2k_walltime", 5, "out_of_walltime")]
)
def test_a_run_that_ends_half_way_every_time_still_labels_all_it_can(
    label: Callable, standin: str, n_labelled: int, reason: str
) -> None:
    node = label(standin)
    assert len(labelled(node)) == n_labelled
    assert node.outputs.report["n_rejected"] == {reason: 6 - n_labelled}
    assert len(jobs(node)) == 4


def test_a_full_disk_stops_the_labelling_after_a_few_jobs_and_keeps_what_was_finished(label: Callable) -> None:
    node = label("cp2k_disk", "df() { echo 'tmpfs 132 132 0 100% /full'; }")
    assert set(jobs(node)) == {321}
    report = node.outputs.report
    assert report["n_labelled"] == len(labelled(node)) == 5
    assert report["n_rejected"] == {"not_reached": 1}
    assert "0 kB were left of the disk" in report["rejected"][0]["detail"]


def test_a_code_that_cannot_run_is_not_tried_frame_by_frame(label: Callable) -> None:
    node = label("cp2k_abort")
    assert node.exit_status == 310
    assert len(jobs(node)) == 3
    assert "not_reached" in node.exit_message
    assert "the stand-in was asked to fail" in node.outputs.report["rejected"][-1]["detail"]
