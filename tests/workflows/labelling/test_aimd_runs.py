"""Whole AIMD runs through AiiDA's engine: with stand-ins that fail in named ways, and with CP2K."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow

SMALL_CELL = Path(__file__).parents[2] / "plugins" / "fixtures" / "cp2k" / "aimd"
RUN = {"mode": "aimd", "temperature": 300.0, "timestep": 0.5, "steps": 20, "stride": 4, "seed": 3}


@pytest.fixture
def run_aimd(cp2k_code: Callable) -> Callable[..., Any]:
    """Take a run to its end with a stand-in, or with CP2K for None; returns the node of the work chain."""
    from aiida import orm
    from aiida.engine import run_get_node
    from aiida.plugins import WorkflowFactory

    from aiida_zif.plugins.cp2k.levels import load_level

    def run(standin: str | None, frames: Any, **task: Any) -> Any:
        options = {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}, "withmpi": False}
        cp2k = {
            "code": cp2k_code(standin),
            "level": orm.Dict(load_level("gfn1-xtb").as_dict()),
            "metadata": {"options": options},
        }
        inputs = {"cp2k": cp2k, "frames": frames, "task": orm.Dict({**RUN, **task}), "reuse": False}
        return run_get_node(WorkflowFactory("zif.aimd"), **inputs).node

    return run


@pytest.fixture
def small_cell(aiida_profile: object) -> Any:
    """Thirteen atoms with zinc in a skewed cell."""
    from aiida_zif.plugins.data.frames import FramesData

    atoms = [line.split() for line in (SMALL_CELL / "start.xyz").read_text().splitlines()[2:]]
    rows = [line.split() for line in (SMALL_CELL / "aiida.inp").read_text().splitlines()]
    cell = {words[0]: [float(word) for word in words[1:]] for words in rows if len(words) == 4 and words[0] in "ABC"}
    positions = np.array([[float(word) for word in atom[1:]] for atom in atoms])
    return FramesData([atom[0] for atom in atoms], positions[None], np.array([[cell[name] for name in "ABC"]]))


def by_step(chain: Any, name: str) -> dict[int, np.ndarray]:
    """One array of all labels of a run by step; a step that is labelled twice is an error."""
    pairs = [
        (int(step), value)
        for block in chain.outputs.blocks.values()
        for step, value in zip(block.get_array("step"), block.get_array(name), strict=True)
    ]
    assert len({step for step, _ in pairs}) == len(pairs)
    return dict(pairs)


@pytest.mark.parametrize(
    ("standin", "parts", "n_same"),
    [
        ("cp2k_ok", [[0, 20]], 5),
        ("cp2k_walltime", [[0, 9], [9, 20]], 5),
        ("cp2k_torn", [[0, 9], [5, 20]], 5),
        ("cp2k_no_restart", [[0, 9], [8, 20]], 2),
    ],
)
def test_a_run_that_was_stopped_has_every_label_once(
    standin: str, parts: list[list[int]], n_same: int, run_aimd: Callable, generate_frames: Callable
) -> None:
    chain = run_aimd(standin, generate_frames(1))
    whole = by_step(run_aimd("cp2k_ok", generate_frames(1)), "positions")
    labels = by_step(chain, "positions")
    assert chain.is_finished_ok
    assert sorted(labels) == [4, 8, 12, 16, 20]
    assert chain.outputs.report["parts"] == parts
    assert sum(np.allclose(labels[step], whole[step]) for step in labels) == n_same


def test_what_half_an_output_does_not_tell_is_done_again(run_aimd: Callable, generate_frames: Callable) -> None:
    chain = run_aimd("cp2k_half", generate_frames(1))
    report = chain.outputs.report.get_dict()
    assert sorted(by_step(chain, "energies")) == [4, 8, 12, 16, 20]
    assert report["n_rejected"] == {}
    assert report["parts"][1][0] == max(step for step in (4, 8, 12, 16) if step <= report["parts"][0][1])


def test_of_a_measured_run_only_the_labels_are_kept(run_aimd: Callable, generate_frames: Callable) -> None:
    chain = run_aimd("cp2k_ok", generate_frames(1), steps=500, timestep=1.0, stride="auto")
    report = chain.outputs.report.get_dict()
    assert report["parts"] == [[0, 400], [400, 500]]
    assert sorted(by_step(chain, "energies")) == list(range(report["stride"], 501, report["stride"]))
    assert report["autocorrelation_fs"] > 0
    first = min((node for node in chain.called if "retrieved" in node.outputs), key=lambda node: node.pk)
    assert "aiida-frc-1.xyz" not in first.outputs.retrieved.base.repository.list_object_names()


@pytest.mark.codes
def test_an_interrupted_run_is_step_for_step_the_uninterrupted_one(
    run_aimd: Callable, small_cell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = {"steps": 60, "stride": 1}
    whole = run_aimd(None, small_cell, **task)
    limits = iter([3, 3])
    monkeypatch.setattr("aiida_zif.plugins.cp2k.writing.inputs.walltime_limit", lambda _: next(limits, None))
    pieces = run_aimd(None, small_cell, **task)
    assert pieces.outputs.report["n_jobs"] > 1
    assert sorted(by_step(pieces, "energies")) == list(range(1, 61))
    for name, tolerance in (("energies", 1e-5), ("positions", 1e-6), ("forces", 1e-4)):
        one, other = by_step(whole, name), by_step(pieces, name)
        assert max(np.abs(one[step] - other[step]).max() for step in one) < tolerance


@pytest.mark.codes
def test_a_ramp_of_temperature_and_pressure_ends_at_its_targets(run_aimd: Callable, small_cell: Any) -> None:
    ramp = {"temperature": [300.0, 600.0], "ensemble": "npt", "pressure": [0.0, 2.0], "steps": 60, "stride": "auto"}
    chain = run_aimd(None, small_cell, **ramp, thermostat_time=10.0, barostat_time=100.0, deuterium=True)
    report = chain.outputs.report.get_dict()
    assert report["parts"] == [[0, 20], [20, 40], [40, 60]]
    assert sorted(by_step(chain, "energies")) == list(range(report["stride"], 61, report["stride"]))
    last = max(chain.called, key=lambda node: node.pk if node.process_type.endswith("zif.cp2k") else 0)
    written = last.base.repository.get_object_content("aiida.inp")
    assert "TEMPERATURE 600.0" in written
    assert "PRESSURE 20000.0" in written
    cells = np.concatenate([block.cells for block in chain.outputs.blocks.values()])
    assert np.abs(np.diff(cells, axis=0)).max() > 1e-4
