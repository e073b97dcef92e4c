"""Files and commands that the jobs hand to an engine, against what is expected."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida.common import CalcInfo
from deepmd_toy import SMALL_SYMBOLS, SMALL_TYPE_MAP

from aiida_zif.plugins.deepmd.data.dataset import read_system
from aiida_zif.plugins.deepmd.models.frozen import read_frozen

Factory = Callable[..., Any]


@pytest.fixture
def submit(localhost: Any, tmp_path: Path) -> Factory:
    """Prepare a job without running it: (folder, CalcInfo)."""

    def prepare(entry_point: str, inputs: dict[str, Any], resources: dict[str, int]) -> tuple[Path, CalcInfo]:
        from aiida import orm
        from aiida.common.folders import Folder
        from aiida.engine.utils import instantiate_process
        from aiida.manage.manager import get_manager
        from aiida.plugins import CalculationFactory

        code = orm.InstalledCode(computer=localhost, filepath_executable="/opt/bin/dp", label="dp").store()
        inputs = {"code": code, "metadata": {"options": {"resources": resources}}} | inputs
        process = instantiate_process(get_manager().get_runner(), CalculationFactory(entry_point), **inputs)
        folder = tmp_path / "job"
        folder.mkdir()
        return folder, process.prepare_for_submission(Folder(str(folder)))

    return prepare


def commands(calc_info: CalcInfo) -> list[str]:
    """The commands of a job's codes in one line each."""
    return [" ".join([*info.cmdline_params, ">", info.stdout_name]) for info in calc_info.codes_info]


def test_training_writes_input_and_data_and_trains_then_freezes(
    submit: Factory, small_blocks: dict[str, Any], small_parameters: dict[str, Any]
) -> None:
    folder, info = submit(
        "zif.deepmd.train",
        {"dataset": small_blocks, "parameters": small_parameters, "seed": 3},
        {"num_machines": 1, "num_mpiprocs_per_machine": 1, "num_cores_per_mpiproc": 2},
    )
    assert commands(info) == [
        "--tf train --skip-neighbor-stat input.json > train.log",
        "--tf freeze -o model.pb > freeze.log",
    ]
    assert "export OMP_NUM_THREADS=2" in info.prepend_text
    written = json.loads((folder / "input.json").read_text())
    assert written["training"]["training_data"]["systems"] == ["data/H12Zn12", "data/H12Zn12_2"]
    assert written["model"]["type_map"] == SMALL_TYPE_MAP
    for name, label in (("H12Zn12", "a"), ("H12Zn12_2", "b")):
        system, block = read_system(folder / "data" / name), small_blocks[label]
        assert system.symbols == block.symbols
        assert (system.virials is None) == (block.virials is None)
        assert np.array_equal(np.sort(system.forces, axis=0), np.sort(block.forces, axis=0))
    assert info.retrieve_temporary_list == ["model.pb"]


def test_data_are_not_copied_into_the_repository(
    submit: Factory, small_blocks: dict[str, Any], small_parameters: dict[str, Any]
) -> None:
    inputs = {"dataset": small_blocks, "parameters": small_parameters, "seed": 3}
    _, info = submit("zif.deepmd.train", inputs, {"num_machines": 1})
    assert info.provenance_exclude_list == ["data", "validation", "start.pb"]


def test_warm_start_writes_the_model_and_names_it(
    submit: Factory, small_blocks: dict[str, Any], small_parameters: dict[str, Any], generate_potential: Factory
) -> None:
    start = generate_potential().store()
    inputs = {"dataset": small_blocks, "parameters": small_parameters, "seed": 3, "init_model": start}
    folder, info = submit("zif.deepmd.train", inputs, {"num_machines": 1})
    assert commands(info)[0] == "--tf train --skip-neighbor-stat --init-frz-model start.pb input.json > train.log"
    written, original = (folder / "start.pb").read_bytes(), start.base.repository.get_object_content("model.pb", "rb")
    assert len(written) == len(original)
    assert read_frozen(written) == read_frozen(original)


def test_the_error_on_validation_frames_is_followed_and_a_long_training_watched(
    submit: Factory, small_blocks: dict[str, Any], small_parameters: dict[str, Any], generate_block: Factory
) -> None:
    validation = {"seen": generate_block(3, 9, SMALL_SYMBOLS)}
    inputs = {"dataset": small_blocks, "parameters": small_parameters, "seed": 3, "validation": validation}
    folder, info = submit("zif.deepmd.train", inputs, {"num_machines": 1})
    written = json.loads((folder / "input.json").read_text())["training"]
    assert written["validation_data"] == {"systems": ["validation/H12Zn12"], "batch_size": 1, "numb_btch": 3}
    assert written["training_data"]["systems"] == ["data/H12Zn12", "data/H12Zn12_2"]
    assert "watch.sh" not in info.prepend_text


def test_a_long_training_is_watched(
    submit: Factory, small_blocks: dict[str, Any], small_parameters: dict[str, Any], generate_block: Factory
) -> None:
    small_parameters |= {"learning_rate": {"type": "exp", "start_lr": 1e-3, "stop_lr": 1e-8, "decay_steps": 50}}
    small_parameters["training"]["numb_steps"] = 10_000
    validation = {"seen": generate_block(3, 9, SMALL_SYMBOLS)}
    inputs = {"dataset": small_blocks, "parameters": small_parameters, "seed": 3, "validation": validation}
    folder, info = submit("zif.deepmd.train", inputs, {"num_machines": 1})
    assert (folder / "watch.sh").is_file()
    assert info.prepend_text.endswith(" > watch.log 2>&1 &")
    written = json.loads((folder / "input.json").read_text())["training"]
    assert (written["disp_freq"], written["save_freq"]) == (50, 500)


def test_training_of_nonsense_is_refused_before_a_node_is_stored(
    submit: Factory, small_blocks: dict[str, Any], small_parameters: dict[str, Any]
) -> None:
    small_parameters["model"]["descriptor"]["sel"] = [3, 20]
    with pytest.raises(ValueError, match="is smaller than the neighbours"):
        submit(
            "zif.deepmd.train",
            {"dataset": small_blocks, "parameters": small_parameters, "seed": 3},
            {"num_machines": 1},
        )


@pytest.fixture
def pack_inputs(small_blocks: dict[str, Any], small_parameters: dict[str, Any]) -> dict[str, Any]:
    """Two members that learn the same."""
    from aiida import orm

    seeds = {"model_0": orm.Int(3), "model_1": orm.Int(4)}
    return {"dataset": small_blocks, "parameters": small_parameters, "seeds": seeds}


def test_members_of_a_pack_share_the_data_and_nothing_else(submit: Factory, pack_inputs: dict[str, Any]) -> None:
    resources = {"num_machines": 1, "num_mpiprocs_per_machine": 2, "num_cores_per_mpiproc": 3}
    folder, info = submit("zif.deepmd.train_pack", pack_inputs, resources)
    first = "--tf train --skip-neighbor-stat -o members/model_0/out.json members/model_0/input.json"
    freeze = "--tf freeze -o members/model_0/model.pb -c members/model_0"
    assert commands(info) == [f"{first} > members/model_0/train.log", f"{freeze} > members/model_0/freeze.log"]
    beside = info.prepend_text.partition("(\n")[2]
    assert beside.count("members/model_1/input.json > members/model_1/train.log 2>&1\n") == 1
    assert beside.endswith("members/model_1/freeze.log 2>&1\n) &")
    assert info.append_text.startswith("wait\n")
    written = [json.loads((folder / f"members/model_{index}/input.json").read_text()) for index in range(2)]
    assert [one["training"]["training_data"]["systems"] for one in written] == [["data/H12Zn12", "data/H12Zn12_2"]] * 2
    assert [one["training"]["disp_file"] for one in written] == [f"members/model_{i}/lcurve.out" for i in range(2)]
    assert written[0]["training"]["seed"] != written[1]["training"]["seed"]
    assert "export OMP_NUM_THREADS=3" in info.prepend_text


def test_a_training_that_goes_on_is_linked_to_the_checkpoint_of_each_member(
    submit: Factory, pack_inputs: dict[str, Any], localhost: Any
) -> None:
    from aiida import orm

    before = orm.RemoteData(remote_path="/scratch/before", computer=localhost).store()
    _, info = submit(
        "zif.deepmd.train_pack", {**pack_inputs, "restart": before}, {"num_machines": 1, "num_mpiprocs_per_machine": 2}
    )
    assert "--restart members/model_0/before -o members/model_0/out.json" in commands(info)[0]
    link = (localhost.uuid, "/scratch/before/members/model_1/model.ckpt.meta", "members/model_1/before.meta")
    assert link in info.remote_symlink_list
    assert "cp members/model_1/before.out members/model_1/lcurve.out" in info.prepend_text


def test_members_take_turns_where_there_are_more_of_them_than_processes(
    submit: Factory, pack_inputs: dict[str, Any]
) -> None:
    from aiida import orm

    pack_inputs["seeds"] |= {"model_2": orm.Int(5)}
    _, info = submit("zif.deepmd.train_pack", pack_inputs, {"num_machines": 1, "num_mpiprocs_per_machine": 2})
    first = [command.rpartition(" > ")[2] for command in commands(info)]
    assert first == [f"members/model_{index}/{name}.log" for index in (0, 2) for name in ("train", "freeze")]
    beside = info.prepend_text.partition("(\n")[2]
    assert beside.count("dp --tf train") == 1
    assert beside.count("members/model_1/train.log") == 1


def test_one_process_trains_its_members_one_after_the_other(submit: Factory, pack_inputs: dict[str, Any]) -> None:
    _, info = submit("zif.deepmd.train_pack", pack_inputs, {"num_machines": 1, "num_mpiprocs_per_machine": 1})
    assert [command.rpartition("/")[2] for command in commands(info)] == ["train.log", "freeze.log"] * 2
    assert "&" not in info.prepend_text


def test_a_pack_that_would_leave_a_core_idle_is_refused(submit: Factory, pack_inputs: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="2 members in a job of 3 processes"):
        submit("zif.deepmd.train_pack", pack_inputs, {"num_machines": 1, "num_mpiprocs_per_machine": 3})


def test_models_share_the_lanes_of_a_test(
    submit: Factory, small_blocks: dict[str, Any], generate_potential: Factory
) -> None:
    committee = {f"m{index}": generate_potential().store() for index in range(3)}
    folder, info = submit(
        "zif.deepmd.test",
        {"committee": committee, "blocks": small_blocks},
        {"num_machines": 1, "num_mpiprocs_per_machine": 2},
    )
    assert commands(info) == [
        f"--tf test -m models/{label}.pb -f systems.txt -n 0 -d details/{label} > test_{label}.log"
        for label in ("m0", "m2")
    ]
    background = "(\n/opt/bin/dp --tf test -m models/m1.pb -f systems.txt -n 0 -d details/m1 > test_m1.log 2>&1\n) &"
    assert background in info.prepend_text
    assert info.append_text.startswith("wait\n")
    assert (folder / "systems.txt").read_text() == "data/a\ndata/b\n"
    assert {(target, uuid) for uuid, _, target in info.local_copy_list} == {
        (f"models/{label}.pb", model.uuid) for label, model in committee.items()
    }


def test_one_lane_needs_no_background(
    submit: Factory, small_blocks: dict[str, Any], generate_potential: Factory
) -> None:
    committee = {f"m{index}": generate_potential().store() for index in range(2)}
    _, info = submit("zif.deepmd.test", {"committee": committee, "blocks": small_blocks}, {"num_machines": 1})
    assert len(info.codes_info) == 2
    assert "&" not in info.prepend_text
    assert ") &" not in info.append_text


def test_only_what_is_needed_comes_back(
    submit: Factory, small_blocks: dict[str, Any], generate_potential: Factory
) -> None:
    inputs = {"committee": {"m0": generate_potential().store()}, "blocks": small_blocks}
    _, info = submit("zif.deepmd.test", inputs, {"num_machines": 1})
    assert info.retrieve_list == ["test_m0.log", "clock"]
    assert info.retrieve_temporary_list == ["details/m0.e.out", "details/m0.f.out", "details/m0.v.out"]


def test_test_of_a_model_for_other_elements_is_refused(
    submit: Factory, generate_block: Factory, generate_potential: Factory
) -> None:
    inputs = {"committee": {"m0": generate_potential()}, "blocks": {"x": generate_block(symbols=["Zn", "C"] * 12)}}
    with pytest.raises(ValueError, match="contains C"):
        submit("zif.deepmd.test", inputs, {"num_machines": 1})
