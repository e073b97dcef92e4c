"""LAMMPS for real: runs packed in two lanes, and a harvested frame computed again."""

from __future__ import annotations

import lzma
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lammps_toy import FIXTURES, RUNS, SYMBOLS, TYPE_MAP, start_frame

from aiida_zif.plugins.lammps.structure import data_file, masses

Factory = Callable[..., Any]
LMP = shutil.which("lmp")


@pytest.mark.codes
@pytest.mark.skipif(LMP is None, reason="no lmp on the PATH")
def test_packed_runs_and_a_frame_computed_again(
    explore_inputs: dict[str, Any], generate_code: Factory, tmp_path: Path
) -> None:
    from aiida.engine import run_get_node
    from aiida.plugins import CalculationFactory

    inputs = explore_inputs | {"code": generate_code(str(LMP))}
    results, node = run_get_node(CalculationFactory("zif.lammps"), **inputs)
    assert node.is_finished_ok, node.exit_message
    runs = results["output_parameters"]["runs"]
    # one run of a lane is too hot and stopped; the others are not touched by that
    assert [run["ended"] for run in runs] == ["completed", "temperature_runaway", "completed"]
    assert [run["n_explored"] for run in runs[::2]] == [6, 6]

    candidates = results["candidates"]
    sheared = int(np.argmax(candidates.per_frame["run"] == 0))
    assert candidates.per_frame["run"][sheared] == 0
    assert np.abs(np.tril(candidates.cells[sheared], -1)).max() > 1.0
    # the system has come a long way: rotated, moved by the barostat, written, read, rotated again
    rotation = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))[0]
    deviation, forces = by_hand(
        tmp_path, candidates.positions[sheared] @ rotation, candidates.cells[sheared] @ rotation
    )
    assert deviation == pytest.approx(candidates.per_frame["max_force_deviation"][sheared], rel=1e-4)
    kept = candidates.per_frame["forces_predicted"][sheared]
    assert np.allclose(forces, kept, atol=1e-5)


@pytest.mark.codes
@pytest.mark.skipif(LMP is None, reason="no lmp on the PATH")
def test_deviation_does_not_depend_on_which_model_drives(
    explore_inputs: dict[str, Any], generate_code: Factory
) -> None:
    from aiida.engine import run_get_node
    from aiida.plugins import CalculationFactory

    stages = [{"kind": "nvt", "temperature": 300, "steps": 10}]
    runs = [{"label": f"d{driver}", "start": 0, "seed": 7, "driver": driver, "stages": stages} for driver in (0, 1)]
    parameters = {"lower": 0.0, "upper": 9.0, "sample_every": 1, "timestep": 1e-4, "min_separation": 0.0}
    inputs = explore_inputs | {"code": generate_code(str(LMP)), "runs": runs, "parameters": parameters}
    results, node = run_get_node(CalculationFactory("zif.lammps"), **inputs)
    assert node.is_finished_ok, node.exit_message
    arrays = results["candidates"].per_frame
    # the time step is so short that both runs are of the same frame, driven by another model
    first, second = (arrays["run"] == run for run in (0, 1))
    assert arrays["driver"].tolist() == arrays["run"].tolist()
    assert arrays["max_force_deviation"][first] == pytest.approx(arrays["max_force_deviation"][second], rel=1e-3)
    difference = arrays["forces_predicted"][first] - arrays["forces_predicted"][second]
    # of two models the deviation of an atom is half of what their forces differ by
    norms = np.linalg.norm(difference, axis=2).max(axis=1) / 2
    assert norms == pytest.approx(arrays["max_force_deviation"][first], rel=1e-2)


@pytest.mark.codes
@pytest.mark.skipif(LMP is None, reason="no lmp on the PATH")
@pytest.mark.parametrize(("level", "status"), [(1.0, 0), (1e-6, 504)], ids=["survived", "failed"])
def test_model_that_fails_its_preflight_drives_no_run(
    explore_inputs: dict[str, Any], generate_code: Factory, level: float, status: int
) -> None:
    from aiida.engine import run_get_node
    from aiida.plugins import CalculationFactory

    stages = [{"kind": "nvt", "temperature": 300, "steps": 20}]
    runs = [{"label": f"r{i}", "start": 0, "seed": 7 + i, "driver": i // 2, "stages": stages} for i in range(3)]
    halt = {"temperature": 5001, "force_deviation": level}
    parameters = {"lower": 0.0, "upper": level, "preflight": 20, "thermostat_time": 5, "halt": halt}
    inputs = explore_inputs | {"code": generate_code(str(LMP)), "runs": runs, "parameters": parameters}
    results, node = run_get_node(CalculationFactory("zif.lammps"), **inputs)
    assert (node.exit_status or 0) == status, node.exit_message
    summary = results["output_parameters"].get_dict()
    assert [run["driver"] for run in summary["preflight"]] == [0, 1, 0]  # lane 0 has runs of both
    assert {run["ended"] for run in summary["preflight"]} == {"deviation_hopeless" if status else "completed"}
    assert {run["ended"] for run in summary["runs"]} == {"grounded" if status else "completed"}


@pytest.mark.codes
@pytest.mark.skipif(LMP is None, reason="no lmp on the PATH")
@pytest.mark.parametrize("every", [1, 5])
def test_the_wall_time_is_that_of_the_lane_not_of_its_first_run(
    explore_inputs: dict[str, Any], generate_code: Factory, every: int
) -> None:
    from aiida.engine import run_get_node
    from aiida.plugins import CalculationFactory

    def stages(steps: int) -> list[dict[str, Any]]:
        early = {"kind": "equilibrate", "temperature": 300, "steps": 20}
        return [early, {"kind": "nvt", "temperature": 300, "steps": steps}]

    # of the largest seeds LAMMPS takes some in one place and not in another
    runs = [
        {"label": f"r{index}", "start": 0, "seed": 2**31 - 2 - index, "stages": stages(steps)}
        for index, steps in enumerate([20, 1_000_000, 20])
    ]
    halt = {"temperature": 20_000, "force_deviation": 1000.0, "volume": [0.01, 10]}
    parameters = {"lower": 0.0, "upper": 1000.0, "sample_every": every, "timestep": 0.01, "halt": halt, "preflight": 0}
    resources = {"num_machines": 1, "num_mpiprocs_per_machine": 1}
    options = {"resources": resources, "max_wallclock_seconds": 72}  # a minute is left for the harvest
    metadata = {**explore_inputs.get("metadata", {}), "options": options}
    inputs = explore_inputs | {"code": generate_code(str(LMP)), "runs": runs, "parameters": parameters}
    results, node = run_get_node(CalculationFactory("zif.lammps"), **{**inputs, "metadata": metadata})
    assert [run["ended"] for run in results["output_parameters"]["runs"]] == ["completed", "walltime", "not_run"]
    assert node.exit_status == 400


@pytest.mark.codes
@pytest.mark.skipif(LMP is None, reason="no lmp on the PATH")
@pytest.mark.parametrize("every", [1, 5, 10])
def test_a_halt_in_the_last_step_of_a_chunk_is_noticed(
    explore_inputs: dict[str, Any], generate_code: Factory, every: int
) -> None:
    from aiida.engine import run_get_node
    from aiida.plugins import CalculationFactory

    def nvt(temperature: Any) -> list[dict[str, Any]]:
        return [{"kind": "nvt", "temperature": temperature, "steps": 40}]

    # with a long time step and a hard thermostat the first run overheats in a step that ends a chunk of one step
    runs = [{"label": f"r{i}", "start": 0, "seed": 2, "stages": nvt(hot)} for i, hot in enumerate(([600, 4000], 300))]
    halt = {"temperature": 4001, "force_deviation": 100.0}
    parameters = explore_inputs["parameters"] | {"lower": 0.0, "upper": 90, "sample_every": every, "timestep": 4}
    parameters |= {"halt": halt, "thermostat_time": 8}
    options = {"options": {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}}}
    inputs = explore_inputs | {"code": generate_code(str(LMP)), "runs": runs, "parameters": parameters}
    results, node = run_get_node(CalculationFactory("zif.lammps"), **inputs | {"metadata": options})
    found = results["output_parameters"].get_dict()["runs"]
    assert found[0]["ended"] == "temperature_runaway", node.exit_message
    assert found[0]["n_steps"] < 40
    assert found[1]["ended"] != "not_run"


@pytest.mark.codes
@pytest.mark.skipif(LMP is None, reason="no lmp on the PATH")
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("preflight", [0, 20])
def test_a_member_that_gives_no_numbers_ends_its_runs_and_no_others(
    explore_inputs: dict[str, Any], generate_code: Factory, generate_model: Factory, value: float, preflight: int
) -> None:
    from aiida.engine import run_get_node
    from aiida.plugins import CalculationFactory

    stages = [{"kind": "nvt", "temperature": 300, "steps": 20}]
    runs = [{"label": f"r{i}", "start": 0, "seed": 5 + i, "driver": i % 2, "stages": stages} for i in range(4)]
    committee = {"model_0": generate_model(0), "model_1": generate_model(content=poisoned(1, value))}
    parameters = explore_inputs["parameters"] | {"lower": 0.0, "upper": 1.0, "preflight": preflight}
    options = {"options": {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}}}
    inputs = explore_inputs | {"code": generate_code(str(LMP)), "runs": runs, "committee": committee}
    inputs |= {"parameters": parameters, "metadata": options}
    results, node = run_get_node(CalculationFactory("zif.lammps"), **inputs)
    summary = results["output_parameters"].get_dict()
    assert node.exit_status == (504 if preflight else 505), node.exit_message
    ends = ["deviation_undefined", "forces_undefined"]
    if preflight:
        assert [run["ended"] for run in summary["preflight"]] == ends
        assert {run["ended"] for run in summary["runs"]} == {"grounded"}
    else:
        assert [run["ended"] for run in summary["runs"]] == ends * 2
        assert [run["failed_reasons"] for run in summary["runs"]][::2] == [{"no_deviation": 1}] * 2


@pytest.mark.codes
@pytest.mark.skipif(LMP is None, reason="no lmp on the PATH")
def test_a_run_is_equilibrated_before_it_is_sampled(explore_inputs: dict[str, Any], generate_code: Factory) -> None:
    from aiida.engine import run_get_node
    from aiida.plugins import CalculationFactory

    def stages(before: dict[str, Any], steps: int, **pressure: Any) -> list[dict[str, Any]]:
        return [
            {"kind": "equilibrate", "temperature": 300, "steps": steps, **before},
            {"kind": "npt" if pressure else "nvt", "temperature": 300, "steps": 40, **pressure},
        ]

    bar = {"pressure": 0.5}
    runs = [
        {"label": "npt", "start": 0, "seed": 5, "stages": stages(bar, 20, **bar)},
        {"label": "nvt", "start": 0, "seed": 6, "stages": stages({}, 23)},
        {"label": "hot", "start": 0, "seed": 7, "stages": stages({"temperature": 4990}, 200)},
    ]
    parameters = explore_inputs["parameters"] | {"lower": 0.0, "upper": 1.0}
    inputs = explore_inputs | {"code": generate_code(str(LMP)), "runs": runs, "parameters": parameters}
    results, node = run_get_node(CalculationFactory("zif.lammps"), **inputs)
    assert node.is_finished_ok, node.exit_message
    npt, nvt, hot = results["output_parameters"].get_dict()["runs"]
    assert [run["n_explored"] for run in (npt, nvt, hot)] == [4, 4, 0]
    assert [run["equilibration"]["n_frames"] for run in (npt, nvt)] == [2, 2]
    assert (npt["n_steps"], nvt["n_steps"]) == (60, 63)
    assert (hot["ended"], hot["detail"]) == ("temperature_runaway", "in its equilibration of 200 steps")
    assert npt["reached"]["pressure"]["target"] == [0.5, 0.5]
    assert min(results["candidates"].per_frame["step"]) > 20


@pytest.mark.codes
@pytest.mark.skipif(LMP is None, reason="no lmp on the PATH")
def test_lammps_without_plumed_is_named_before_and_after(
    explore_inputs: dict[str, Any], generate_code: Factory
) -> None:
    from aiida.engine import run_get_node
    from aiida.plugins import CalculationFactory

    from aiida_zif.cli.campaign.plumed import installed_packages

    answer = subprocess.run([str(LMP), "-h"], check=True, capture_output=True, text=True).stdout
    if "PLUMED" in installed_packages(answer):
        pytest.skip("this LAMMPS has PLUMED")
    assert {"MANYBODY", "PLUGIN"} <= installed_packages(answer)
    inputs = explore_inputs | {"code": generate_code(str(LMP)), "runs": explore_inputs["runs"][:1]}
    inputs["parameters"] = inputs["parameters"] | {"plumed": "PRINT STRIDE=10\n"}
    _, node = run_get_node(CalculationFactory("zif.lammps"), **inputs)
    assert node.exit_status == 305, node.exit_message


@pytest.mark.codes
@pytest.mark.skipif(LMP is None, reason="no lmp on the PATH")
def test_strongly_tilted_cell_is_explored_and_comes_back_by_its_own_vectors(
    explore_inputs: dict[str, Any], generate_code: Factory, tmp_path: Path
) -> None:
    from aiida.engine import run_get_node
    from aiida.plugins import CalculationFactory, DataFactory

    positions, cell = start_frame()
    tilted = np.array([[1, 0, 0], [2, 1, 0], [-1, 2, 1]]) @ cell  # by these vectors LAMMPS would end at step 0
    frames = DataFactory("zif.frames")(SYMBOLS, [positions], [tilted], system="toy")
    inputs = explore_inputs | {"code": generate_code(str(LMP)), "frames": frames, "runs": RUNS[:1]}
    inputs["parameters"] = inputs["parameters"] | {"lower": 0.0, "upper": 1.0}
    results, node = run_get_node(CalculationFactory("zif.lammps"), **inputs)
    assert node.is_finished_ok, node.exit_message
    assert [run["ended"] for run in results["output_parameters"]["runs"]] == ["completed"]
    candidates = results["candidates"]
    assert candidates.n_frames
    for back in candidates.cells:
        stretches = np.linalg.svd(np.linalg.solve(tilted, back), compute_uv=False)
        assert np.abs(stretches - 1.0).max() < 0.1
    _, forces = by_hand(tmp_path, candidates.positions[-1], candidates.cells[-1])
    # those of the first model, in the orientation of the frame's own cell
    lower = np.linalg.cholesky(candidates.cells[-1] @ candidates.cells[-1].T)
    assert np.allclose(lower, candidates.cells[-1])
    norms = [np.linalg.norm(f, axis=1) for f in (forces, candidates.per_frame["forces_predicted"][-1])]
    assert np.allclose(*norms, atol=1e-5)


def by_hand(folder: Path, positions: np.ndarray, cell: np.ndarray) -> tuple[float, np.ndarray]:
    """Max force deviation (eV/Å) of a frame and the forces of the first model, from plain LAMMPS."""
    (folder / "frame.data").write_text(data_file(SYMBOLS, positions, cell, TYPE_MAP, masses(TYPE_MAP)))
    for index in range(2):
        content = (FIXTURES / "models" / f"model_{index}.pb.xz").read_bytes()
        (folder / f"model_{index}.pb").write_bytes(lzma.decompress(content))
    commands = [
        "units metal",
        "atom_style atomic",
        "read_data frame.data",
        "pair_style deepmd model_0.pb model_1.pb out_freq 1 out_file deviation",
        f"pair_coeff * * {' '.join(TYPE_MAP)}",
        "dump forces all custom 1 forces id fx fy fz",
        "dump_modify forces sort id format float %.8f",
        "run 0",
    ]
    (folder / "by_hand.in").write_text("\n".join(commands) + "\n")
    subprocess.run([str(LMP), "-in", "by_hand.in", "-screen", "none"], cwd=folder, check=True, capture_output=True)
    rows = (folder / "forces").read_text().splitlines()[9:]
    return float((folder / "deviation").read_text().split()[-3]), np.array([row.split() for row in rows], float)[:, 1:]


def poisoned(index: int, value: float) -> bytes:
    """Return a stored model whose energies of one element are no numbers."""
    from tensorflow.core.framework.graph_pb2 import GraphDef

    graph = GraphDef()
    graph.ParseFromString(lzma.decompress((FIXTURES / "models" / f"model_{index}.pb.xz").read_bytes()))
    (node,) = (node for node in graph.node if node.name == "final_layer_type_0/matrix")
    weights = np.frombuffer(node.attr["value"].tensor.tensor_content, np.float32)
    node.attr["value"].tensor.tensor_content = np.full_like(weights, value).tobytes()
    return bytes(graph.SerializeToString())
