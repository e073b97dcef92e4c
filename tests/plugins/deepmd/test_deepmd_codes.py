"""DeePMD-kit for real: training, warm start and test of a tiny cell, compared with `dp` run by hand."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from deepmd_toy import TYPE_MAP

from aiida_zif.plugins.deepmd.inputs import training_input

Factory = Callable[..., Any]
DP = shutil.which("dp")


@pytest.mark.codes
@pytest.mark.skipif(DP is None, reason="no dp on the PATH")
def test_training_and_test_agree_with_dp_by_hand(localhost: Any, generate_block: Factory, tmp_path: Path) -> None:
    from aiida import orm
    from aiida.engine import run_get_node
    from aiida.plugins import CalculationFactory

    code = orm.InstalledCode(computer=localhost, filepath_executable=str(DP), label="real-dp").store()
    mixed = ["Zn", "N", "C", "H"] * 6
    dataset = {"one": generate_block(6, 1, mixed), "two": generate_block(3, 2, mixed[:18], virials=False)}
    parameters = training_input(TYPE_MAP, 5.0, 50, embedding=[4, 8], axis_neuron=2, fitting=[8, 8])
    inputs: dict[str, Any] = {"code": code, "dataset": dataset, "parameters": parameters}
    cold, first = run_get_node(CalculationFactory("zif.deepmd.train"), seed=1, **inputs)
    assert first.is_finished_ok, first.exit_message
    assert cold["output_parameters"]["steps"] == 50
    assert cold["learning_curve"].get_array("rmse_f_trn")[-1] < cold["learning_curve"].get_array("rmse_f_trn")[0]
    assert first.base.repository.list_object_names() == [".aiida", "_aiidasubmit.sh", "input.json"]

    warm, second = run_get_node(CalculationFactory("zif.deepmd.train"), seed=2, init_model=cold["potential"], **inputs)
    assert second.is_finished_ok, second.exit_message
    curves = [result["learning_curve"].get_array("rmse_trn") for result in (cold, warm)]
    assert curves[1][0] < curves[0][0], "a warm start begins where the cold one ended"

    committee = {"cold": cold["potential"], "warm": warm["potential"]}
    tested, node = run_get_node(
        CalculationFactory("zif.deepmd.test"),
        code=code,
        committee=committee,
        blocks=dataset,
        metadata={"options": {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 2}}},
    )
    assert node.is_finished_ok, node.exit_message
    assert tested["errors"].get_array("two__force_rmse").shape == (2, 3)
    assert (tested["errors"].get_array("one__max_force_deviation") > 0).all()
    numbers = tested["output_parameters"].get_dict()
    for label, printed in by_hand(cold["potential"], first, tmp_path).items():
        parsed = numbers[label]["models"]["cold"]
        assert parsed["force_rmse_eV_per_A"] == pytest.approx(printed["Force  RMSE"], rel=1e-5)
        assert parsed["energy_rmse_meV_per_atom"] == pytest.approx(1000 * printed["Energy RMSE/Natoms"], rel=1e-5)
        if label == "one":
            assert parsed["virial_rmse_meV_per_atom"] == pytest.approx(1000 * printed["Virial RMSE/Natoms"], rel=1e-5)


@pytest.mark.codes
@pytest.mark.skipif(DP is None, reason="no dp on the PATH")
def test_a_warm_start_on_a_new_composition_begins_with_its_energy(localhost: Any, generate_block: Factory) -> None:
    from aiida import orm
    from aiida.engine import run_get_node
    from aiida.plugins import CalculationFactory

    code = orm.InstalledCode(computer=localhost, filepath_executable=str(DP), label="dp-bias").store()
    known, new = generate_block(6, 1, ["Zn", "N", "C", "H"] * 6), generate_block(6, 2, ["H", "C"] * 10)
    parameters = training_input(TYPE_MAP, 5.0, 40, embedding=[4, 8], axis_neuron=2, fitting=[8, 8], sel=[30] * 4)
    inputs: dict[str, Any] = {"code": code, "parameters": parameters}
    cold, _ = run_get_node(CalculationFactory("zif.deepmd.train"), dataset={"known": known}, seed=1, **inputs)
    shifted = new.clone()
    shifted.set_array("energies", new.energies - 6.0 * len(new.symbols))
    dataset = {"new": shifted}
    warm, node = run_get_node(
        CalculationFactory("zif.deepmd.train"), dataset=dataset, seed=2, init_model=cold["potential"], **inputs
    )
    assert node.is_finished_ok, node.exit_message
    assert warm["learning_curve"].get_array("rmse_e_trn")[0] < 1.0, "6 eV/atom where the bias stays the old one"


@pytest.mark.codes
@pytest.mark.skipif(DP is None, reason="no dp on the PATH")
def test_a_training_that_is_ended_early_leaves_a_model(
    localhost: Any, generate_block: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aiida import orm
    from aiida.engine import run_get_node
    from aiida.plugins import CalculationFactory

    from aiida_zif.plugins.deepmd.training import early_stop

    for name, value in (("POLL_S", 1), ("LOW_RATE", 2), ("LEAST_GAIN", 0.9), ("CHECKS", 1)):
        monkeypatch.setattr(early_stop, name, value)  # flat from the first window on
    code = orm.InstalledCode(computer=localhost, filepath_executable=str(DP), label="dp-early").store()
    small: dict[str, Any] = {"embedding": [2, 4], "axis_neuron": 2, "fitting": [4, 4]}
    parameters = training_input(TYPE_MAP, 5.0, 40_000, learning_rate={"type": "exp"}, **small)
    result, node = run_get_node(
        CalculationFactory("zif.deepmd.train"),
        code=code,
        dataset={"one": generate_block(4, 1)},
        validation={"two": generate_block(2, 2)},
        parameters=parameters,
        seed=1,
    )
    assert node.is_finished_ok, node.exit_message
    numbers = result["output_parameters"].get_dict()
    assert numbers["stopped_early_at"] < numbers["steps_requested"] == 40_000
    assert "rmse_f_val" in result["learning_curve"].get_arraynames()
    assert result["potential"].type_map == TYPE_MAP


KILLED_AFTER_A_CHECKPOINT = """\
#!/bin/bash
case "$*" in *--restart*|*freeze*) exec {dp} "$@";; esac
{dp} "$@" &
until grep -q "saved checkpoint" train.log || ! kill -0 $!; do sleep 0.1; done
kill -9 $!
"""


@pytest.mark.codes
@pytest.mark.skipif(DP is None, reason="no dp on the PATH")
def test_a_killed_training_goes_on_from_its_checkpoint(localhost: Any, generate_block: Factory, tmp_path: Path) -> None:
    from aiida import orm
    from aiida.engine import run_get_node
    from aiida.plugins import CalculationFactory

    executable = tmp_path / "dp"
    executable.write_text(KILLED_AFTER_A_CHECKPOINT.format(dp=DP))
    executable.chmod(0o755)
    parameters = training_input(TYPE_MAP, 5.0, 800, embedding=[2, 4], axis_neuron=2, fitting=[4, 4])
    parameters["training"] |= {"disp_freq": 50, "save_freq": 50}
    inputs: dict[str, Any] = {
        "code": orm.InstalledCode(localhost, str(executable), label="dp-killed").store(),
        "dataset": {"one": generate_block(4, 1)},
        "parameters": parameters,
        "seed": 1,
    }
    cut, first = run_get_node(CalculationFactory("zif.deepmd.train"), **inputs)
    assert first.exit_status == 400, first.exit_message
    assert cut["output_parameters"]["checkpoint"] >= 50
    whole, second = run_get_node(CalculationFactory("zif.deepmd.train"), **inputs, restart=cut["remote_folder"])
    assert second.is_finished_ok, second.exit_message
    assert whole["learning_curve"].get_array("step").tolist() == list(range(0, 801, 50))
    log = second.outputs.retrieved.base.repository.get_object_content("train.log", "r")
    assert re.search(r"restart from model \S*before", log)
    assert whole["potential"].type_map == TYPE_MAP


def by_hand(potential: Any, training: Any, folder: Path) -> dict[str, dict[str, float]]:
    """Plain `dp test` of a frozen model on the data that its training left on the computer."""
    (folder / "model.pb").write_bytes(potential.base.repository.get_object_content("model.pb", mode="rb"))
    printed = {}
    for label, system in (("one", "C6H6N6Zn6"), ("two", "C4H4N5Zn5")):
        data = Path(training.get_remote_workdir()) / "data" / system
        command = [str(DP), "--tf", "test", "-m", "model.pb", "-s", str(data), "-n", "0"]
        log = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stderr
        pairs = re.findall(r"(\w+ +RMSE\S*)\s*: (\S+) eV", log)
        assert pairs, "dp test printed no errors"
        printed[label] = {name: float(value) for name, value in pairs}
        assert np.isfinite(list(printed[label].values())).all()
    return printed
