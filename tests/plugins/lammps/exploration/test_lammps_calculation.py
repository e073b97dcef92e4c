"""Refusals before submission, and what is written into a job."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lammps_toy import PACKED, PARAMETERS, RUNS

from aiida_zif.plugins.jobs.clock import STOP_CLOCK

Factory = Callable[..., Any]


@pytest.fixture
def prepare(explore_inputs: dict[str, Any], tmp_path: Path) -> Factory:
    """Write a job without running it: (folder, calculation information)."""

    def write(**changes: Any) -> Any:
        from aiida.common.folders import SandboxFolder
        from aiida.engine.utils import instantiate_process
        from aiida.manage import get_manager
        from aiida.plugins import CalculationFactory

        process = instantiate_process(
            get_manager().get_runner(), CalculationFactory("zif.lammps"), **(explore_inputs | changes)
        )
        folder = SandboxFolder(tmp_path)
        return Path(folder.abspath), process.prepare_for_submission(folder)

    return write


def test_job_is_written_as_the_stored_one(prepare: Factory) -> None:
    folder, info = prepare()
    for name in ("lane_0.in", "lane_1.in", "start_000.data"):
        assert (folder / name).read_text() == (PACKED / name).read_text(), name
    written, stored = (json.loads((path / "harvest.json").read_text()) for path in (folder, PACKED))
    volumes = [[run.pop("start_volume") for run in config["runs"]] for config in (written, stored)]
    assert volumes[0] == pytest.approx(volumes[1])
    assert written == stored
    assert [target for *_, target in info.local_copy_list] == ["model_0.pb", "model_1.pb"]
    assert (folder / "harvest" / "__main__.py").is_file()


def test_trajectories_stay_where_they_are(prepare: Factory) -> None:
    _, info = prepare()
    assert not [name for name in info.retrieve_list if "run_" in name or "dump" in name]


def test_models_come_in_the_order_of_their_labels(prepare: Factory, generate_model: Factory) -> None:
    committee = {"b": generate_model(1), "a": generate_model(0)}
    _, info = prepare(committee=committee)
    assert [uuid for uuid, *_ in info.local_copy_list] == [committee["a"].uuid, committee["b"].uuid]


def test_every_lane_has_one_process_and_its_threads(prepare: Factory) -> None:
    resources = {"num_machines": 1, "num_mpiprocs_per_machine": 3, "num_cores_per_mpiproc": 2}
    folder, info = prepare(metadata={"options": {"resources": resources}})
    assert [code.cmdline_params[1] for code in info.codes_info] == ["lane_0.in", "lane_1.in", "lane_2.in"]
    assert "export OMP_NUM_THREADS=2" in info.prepend_text
    assert "variable late equal 0\n" in (folder / "lane_0.in").read_text()


def test_wall_time_leaves_room_for_the_harvest(prepare: Factory) -> None:
    options = {"resources": {"num_machines": 1}, "max_wallclock_seconds": 3600}
    folder, _ = prepare(metadata={"options": options})
    assert (folder / "lane_0.in").read_text().count("variable late equal v_now-v_began>3240\n") == 1


def test_harvest_runs_with_what_its_python_needs(prepare: Factory, generate_code: Factory) -> None:
    python = generate_code("/opt/a folder/python", prepend_text="module load numpy")
    _, info = prepare(python=python)
    assert info.append_text.splitlines() == [
        "(",
        "module load numpy",
        "'/opt/a folder/python' '-m' 'harvest' 'harvest.json' > harvest.out 2> harvest.err",
        ")",
        STOP_CLOCK,
    ]


def test_crystal_gives_the_bonds_and_the_start_of_the_preflight(
    prepare: Factory, explore_inputs: dict[str, Any]
) -> None:
    from aiida import orm

    crystal = orm.StructureData(ase=explore_inputs["frames"].get_ase(0))
    folder, _ = prepare(topology=crystal, parameters=PARAMETERS | {"preflight": 20})
    config = json.loads((folder / "harvest.json").read_text())
    assert (folder / "crystal.data").read_text() == (folder / "start_000.data").read_text()
    assert config["topology"]["metals"] == list(range(0, 24, 2))
    assert config["topology"]["bonds"] == []  # of zinc hydride all bonds are those of a metal
    assert [(run["stem"], run["lane"], run["driver"]) for run in config["preflights"]] == [
        ("preflight_0_0", "lane_0", 0), ("preflight_1_0", "lane_1", 0),
    ]  # fmt: skip
    assert {run["preflight"] for run in config["runs"]} == {"preflight_0_0", "preflight_1_0"}
    assert "read_data crystal.data" in (folder / "lane_1.in").read_text()


def test_crystal_of_other_atoms_is_refused(explore_inputs: dict[str, Any]) -> None:
    from aiida import orm

    atoms = explore_inputs["frames"].get_ase(0)
    refused(explore_inputs | {"topology": orm.StructureData(ase=atoms[::-1])}, "topology: found .*in their order")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"runs": [RUNS[0] | {"start": 7}]}, r"runs\[0\].start: found 7"),
        ({"parameters": PARAMETERS | {"lower": 9.0}}, "parameters.lower: found 9 eV/Å"),
        ({"parameters": {"halt": {"volume": 3}}}, "parameters.halt.volume: found 3"),
        ({"committee": {}}, "committee"),
        ({"metadata": {"options": {"resources": {"num_machines": 2}}}}, "num_machines: .*one machine"),
    ],
)
def test_wrong_input_is_refused(explore_inputs: dict[str, Any], changes: dict[str, Any], message: str) -> None:
    refused(explore_inputs | changes, message)


def test_models_of_different_type_maps_are_refused(explore_inputs: dict[str, Any], generate_model: Factory) -> None:
    committee = {"a": generate_model(0), "b": generate_model(1, type_map=["Zn", "H"])}
    refused(explore_inputs | {"committee": committee}, r"committee.b: found type_map \['Zn', 'H'\]")


def test_element_that_no_model_knows_is_refused(explore_inputs: dict[str, Any], generate_model: Factory) -> None:
    committee = {"a": generate_model(0, type_map=["H", "Cu"])}
    refused(explore_inputs | {"committee": committee}, "frames: found Zn, allowed are the elements")


def refused(inputs: dict[str, Any], message: str) -> None:
    from aiida.engine import run
    from aiida.plugins import CalculationFactory

    with pytest.raises(ValueError, match=message):
        run(CalculationFactory("zif.lammps"), **inputs)
