"""Whole jobs through AiiDA's engine with a stand-in executable in CP2K's place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cp2k_cases import AIMD, BATCH

from aiida_zif.plugins.cp2k.levels import load_level

pytestmark = pytest.mark.slow


@pytest.fixture
def label(cp2k_code: Callable, generate_frames: Callable) -> Callable[..., Any]:
    """Label three frames of water with a stand-in; returns the job node."""
    from aiida import orm
    from aiida.engine import run_get_node
    from aiida.plugins import CalculationFactory

    def run(standin: str, task: dict[str, Any], *lines: str) -> Any:
        options = {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}, "withmpi": False}
        _, node = run_get_node(
            CalculationFactory("zif.cp2k"),
            code=cp2k_code(standin, *lines),
            frames=generate_frames(4),
            level=orm.Dict(load_level("gfn1-xtb").as_dict()),
            task=orm.Dict(task),
            metadata={"options": options},
        )
        return node

    return run


@pytest.mark.parametrize(
    ("standin", "status", "n_labelled"),
    [
        ("cp2k_ok", 0, 4),
        ("cp2k_silent", 311, None),
        ("cp2k_abort", 304, None),
        ("cp2k_truncated", 410, 2),
        ("cp2k_walltime", 400, 2),
        ("cp2k_scf", 0, 3),
        ("cp2k_shifted", 305, None),
    ],
)
def test_fault_of_cp2k_ends_in_its_exit_code(
    label: Callable, standin: str, status: int, n_labelled: int | None
) -> None:
    node = label(standin, BATCH)
    assert node.exit_status == status
    assert (node.outputs.labelled.n_frames if "labelled" in node.outputs else None) == n_labelled


def test_a_batch_system_that_writes_no_text_does_not_end_the_job(label: Callable) -> None:
    node = label("cp2k_ok", BATCH, r"printf '\377\000\033[31m' >&2")
    assert node.is_finished_ok, node.exit_message
    assert node.outputs.labelled.n_frames == 4


def test_dynamics_of_the_stand_in_follow_the_seed(label: Callable) -> None:
    blocks = [label("cp2k_ok", AIMD | {"seed": seed}).outputs.labelled for seed in (1, 1, 2)]
    assert blocks[0].per_frame["step"].tolist() == [2, 4, 6]
    assert np.array_equal(blocks[0].positions, blocks[1].positions)
    assert not np.array_equal(blocks[0].positions, blocks[2].positions)
