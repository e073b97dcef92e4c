"""What the parser makes of a harvest, whole or not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from lammps_toy import FIXTURES, PACKED, SYMBOLS

Factory = Callable[..., Any]
CANCELLED = b"slurmstepd: error: *** JOB 7 ON node1 CANCELLED AT 2026-11-23T17:18:47 ***\n"
STORED = json.loads((PACKED / "harvest_output.json").read_text())


def changed(*ended: str, detail: str | None = None, **totals: int) -> dict[str, bytes | None]:
    """The stored summary with runs that ended otherwise."""
    runs = [run | {"ended": end, "detail": detail} for run, end in zip(STORED["runs"], ended, strict=True)]
    return {"harvest_output.json": json.dumps(STORED | {"runs": runs} | totals).encode()}


def nothing(*ended: str, detail: str | None = None) -> dict[str, bytes | None]:
    return changed(*ended, detail=detail, n_accurate=0, n_candidate=0)


def test_harvest_becomes_nodes(parse_exploration: Factory) -> None:
    results, node = parse_exploration({"lane_0.log": b"LAMMPS (29 Aug 2024 - Update 1)\nOMP_NUM_THREADS\n"})
    assert node.is_finished_ok
    with np.load(PACKED / "harvest.npz", allow_pickle=False) as stored:
        for name in ("candidates", "control"):
            frames = results[name]
            assert frames.symbols == SYMBOLS
            assert frames.system == "toy"
            assert np.array_equal(frames.positions, stored[f"{name}_positions"])
            assert np.array_equal(frames.cells, stored[f"{name}_cells"])
            assert {"max_force_deviation", "step", "temperature", "pressure", "run"} <= set(frames.per_frame)
    assert results["output_parameters"].get_dict() == {
        "schema": 1,
        **STORED,
        "lammps_version": "29 Aug 2024 - Update 1",
    }
    results["candidates"].store()


def test_run_that_was_stopped_does_not_spoil_the_others(parse_exploration: Factory) -> None:
    assert "temperature_runaway" in [run["ended"] for run in STORED["runs"]]
    assert parse_exploration()[1].is_finished_ok


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"harvest_output.json": None, "harvest.npz": None}, 433),
        ({"harvest_output.json": None, "harvest.npz": None, "_scheduler-stderr.txt": b""}, 300),
        ({"harvest.npz": None}, 300),
        ({"harvest.npz": (PACKED / "harvest.npz").read_bytes()[:500]}, 301),
        ({"harvest.npz": b""}, 301),
        ({"harvest_output.json": b'{"runs": ['}, 301),
        ({"harvest_output.json": None, "harvest.err": b"Traceback\nNo module named 'numpy'\n"}, 303),
        ({"harvest_output.json": None, "lane_0.log": b"LAMMPS"}, 303),
        ({"harvest_output.json": None, "lane_0.log": b"LAMMPS", "clock": b"1795000000.5\n"}, 432),
        ({"harvest_output.json": b"{}"}, 310),
        (nothing("not_run", "not_run", "not_run"), 300),
        ({**changed("completed", "not_run", "not_run"), "_scheduler-stderr.txt": CANCELLED}, 430),
        ({**changed("completed", "completed", "completed"), "_scheduler-stderr.txt": CANCELLED}, 0),
        (nothing("crashed", "not_run", "crashed", detail="ERROR: pair_coeff: element Fe not found in the model"), 304),
        (nothing("crashed", "not_run", "crashed", detail="ERROR: Non-numeric {positions}"), 320),
        (changed("completed", "walltime", "not_run"), 400),
        (nothing("temperature_runaway", "box_runaway", "lost_atoms"), 500),
        (nothing("completed", "completed", "completed"), 500),
        (nothing(*["temperature_runaway"] * 3), 501),
        (nothing(*["lost_atoms"] * 3), 502),
        (nothing(*["deviation_hopeless"] * 3), 503),
    ],
)
def test_failure_has_its_exit_code(parse_exploration: Factory, changes: dict[str, bytes | None], status: int) -> None:
    _, node = parse_exploration(changes)
    assert node.exit_status == status
    assert "{" not in (node.exit_message or "").replace("{positions}", "")


def test_real_unreadable_model_is_named(parse_exploration: Factory) -> None:
    content = (FIXTURES / "bogus" / "harvest_output.json").read_bytes()
    results, node = parse_exploration({"harvest_output.json": content})
    assert node.exit_status == 302
    assert results["output_parameters"]["n_explored"] == 0


def test_outputs_are_salvaged_when_the_runs_failed(parse_exploration: Factory) -> None:
    results, node = parse_exploration(changed("completed", "walltime", "not_run"))
    assert node.exit_status == 400
    assert "2 runs" in node.exit_message
    assert results["candidates"].n_frames > 0


def test_verdict_of_the_scheduler_stands(parse_exploration: Factory) -> None:
    results, node = parse_exploration(scheduler_exit=120)
    assert node.exit_status in (None, 0, 120)  # the parser adds no code of its own; the engine keeps the scheduler's
    assert results["candidates"].n_frames > 0
