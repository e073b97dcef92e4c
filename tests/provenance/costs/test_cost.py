"""What finished jobs took is found again by level, computer, composition and layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.plugins.data.dataset import DatasetData
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.provenance.costs.measured import exploration_paces, label_paces, training_paces

Job = Callable[..., orm.CalcJobNode]
LEVEL = "fe32e93b3f393b32"
BATCH = {"mode": "batch", "rung": None, "formula": "C6H6N4Zn", "level": {"hash": LEVEL}, "n_evaluated": 5}


@pytest.fixture
def computer(aiida_profile: object, tmp_path: Path) -> orm.Computer:
    """A computer that no other test uses."""
    return orm.Computer(f"cost-{tmp_path.name}", "localhost", "", "core.local", "core.direct", str(tmp_path)).store()


@pytest.fixture
def finished_job(computer: orm.Computer) -> Job:
    """Factory of finished jobs, with inputs by link label and what their ``output_parameters`` hold."""

    def store(
        plugin: str, output: dict[str, Any], ranks: int = 2, threads: int = 1, **inputs: orm.Data
    ) -> orm.CalcJobNode:
        node = orm.CalcJobNode(computer=computer, process_type=f"aiida.calculations:{plugin}")
        node.set_option(
            "resources",
            {"num_machines": 1, "num_mpiprocs_per_machine": ranks, "num_cores_per_mpiproc": threads},
        )
        for label, data in inputs.items():
            node.base.links.add_incoming(data.store(), LinkType.INPUT_CALC, label)
        node.store()
        parameters = orm.Dict(output)
        parameters.base.links.add_incoming(node, LinkType.CREATE, "output_parameters")
        parameters.store()
        return node

    return store


def test_frames_and_steps_are_told_apart_and_the_median_of_each_taken(finished_job: Job, computer: Any) -> None:
    for seconds in (4.0, 40.0, 5.0):
        finished_job("zif.cp2k", {**BATCH, "first_frame_s": 2 * seconds, "seconds_per_frame": seconds})
    finished_job("zif.cp2k", {**BATCH, "mode": "aimd", "first_frame_s": 9.0, "seconds_per_frame": 1.5})
    steps, frames = sorted(label_paces(LEVEL, computer.uuid), key=lambda pace: pace.kind)
    assert (frames.kind, frames.next_s, frames.first_s, frames.n_jobs) == ("batch", 5.0, 10.0, 3)
    assert (steps.kind, steps.next_s, steps.n_atoms, steps.layout) == ("aimd", 1.5, 17, (2, 1))


def test_another_level_or_another_computer_tells_nothing(
    finished_job: Job, computer: Any, codes_elsewhere: str
) -> None:
    finished_job("zif.cp2k", {**BATCH, "first_frame_s": 9.0, "seconds_per_frame": 4.0})
    assert label_paces("0" * 16, computer.uuid) == []
    assert label_paces(LEVEL, codes_elsewhere) == []


def test_layouts_and_compositions_are_kept_apart(finished_job: Job, computer: Any) -> None:
    times = {"first_frame_s": 9.0, "seconds_per_frame": 4.0}
    finished_job("zif.cp2k", {**BATCH, **times})
    finished_job("zif.cp2k", {**BATCH, **times}, ranks=1, threads=2)
    finished_job("zif.cp2k", {**BATCH, **times, "formula": "H2O"})
    found = {(pace.n_atoms, pace.layout) for pace in label_paces(LEVEL, computer.uuid)}
    assert found == {(17, (2, 1)), (17, (1, 2)), (3, (2, 1))}


def test_a_job_of_one_frame_tells_the_price_of_the_next_only_where_no_other_does(
    finished_job: Job, computer: Any
) -> None:
    finished_job("zif.cp2k", {**BATCH, "n_evaluated": 1, "first_frame_s": 9.0, "seconds_per_frame": 9.0})
    assert label_paces(LEVEL, computer.uuid)[0].next_s == 9.0
    finished_job("zif.cp2k", {**BATCH, "first_frame_s": 9.0, "seconds_per_frame": 4.0})
    assert [pace.next_s for pace in label_paces(LEVEL, computer.uuid)] == [4.0]


def test_trainings_count_if_their_network_is_the_same(
    finished_job: Job, computer: Any, generate_frames: Callable[..., Any]
) -> None:
    output = {"steps": 500, "wall_s": 70.0, "seconds_per_step": 0.1}
    for width in (10, 25):
        parameters = orm.Dict({"model": {"type_map": ["H", "O"], "fitting_net": {"neuron": [width]}}})
        finished_job("zif.deepmd.train", output, ranks=1, parameters=parameters, dataset__b=generate_frames(1, width))
    (pace,) = training_paces(computer.uuid, {"type_map": ["H", "O"], "fitting_net": {"neuron": [10]}})
    assert (pace.kind, pace.n_atoms, pace.layout, pace.next_s, pace.n_jobs) == ("train", 3, (1, 1), 0.1, 1)
    assert pace.first_s == pytest.approx(20.0)


def test_trainings_on_data_sets_count_as_those_on_blocks_do(
    finished_job: Job, computer: Any, generate_frames: Callable[..., Any]
) -> None:
    model = {"type_map": ["H", "O"], "fitting_net": {"neuron": [10]}}
    frames = generate_frames(2)
    labels = {"energies": [0.0, 1.0], "forces": np.zeros((2, 3, 3)), "level_of_theory": {"hash": LEVEL, "line": "PBE"}}
    block = LabelledFramesData(frames.symbols, frames.positions, frames.cells, frames.system, **labels)
    data = DatasetData({"first": block.store()})
    output = {"steps": 500, "wall_s": 70.0, "seconds_per_step": 0.1}
    finished_job("zif.deepmd.train", output, ranks=1, parameters=orm.Dict({"model": model}), dataset__zif=data)
    (pace,) = training_paces(computer.uuid, model)
    assert (pace.n_atoms, pace.next_s, pace.n_jobs) == (3, 0.1, 1)


def test_the_largest_cell_of_a_training_sets_its_size(
    finished_job: Job, computer: Any, generate_frames: Callable[..., Any]
) -> None:
    model = {"type_map": ["H", "O", "Zn"]}
    output = {"steps": 500, "wall_s": 70.0, "seconds_per_step": 0.1}
    small, large = generate_frames(1), FramesData(["Zn"] * 5, np.zeros((1, 5, 3)), np.eye(3)[None] * 9, system="zn")
    inputs = {"parameters": orm.Dict({"model": model}), "dataset__a": large, "dataset__b": small}
    finished_job("zif.deepmd.train", output, ranks=1, **inputs)
    assert [pace.n_atoms for pace in training_paces(computer.uuid, model)] == [5]


def test_explorations_tell_steps_of_all_their_runs_together(
    finished_job: Job, computer: Any, generate_frames: Callable[..., Any]
) -> None:
    finished_job("zif.lammps", {"steps_per_s": 50.0}, frames=generate_frames(2))
    finished_job("zif.lammps", {"steps_per_s": None}, frames=generate_frames(2, seed=1))
    (pace,) = exploration_paces(computer.uuid)
    assert (pace.kind, pace.n_atoms, pace.next_s, pace.n_jobs) == ("explore", 3, 0.02, 1)


@pytest.fixture
def codes_elsewhere(aiida_profile: object, tmp_path: Path) -> str:
    """The uuid of a computer on which nothing ran."""
    name = f"elsewhere-{tmp_path.name}"
    return str(orm.Computer(name, "localhost", "", "core.local", "core.direct", str(tmp_path)).store().uuid)
