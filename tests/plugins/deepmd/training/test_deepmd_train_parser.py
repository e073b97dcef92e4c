"""The parser of a training: what it keeps, and the exit code of everything that goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from deepmd_toy import FIXTURES

Factory = Callable[..., Any]
CURVE = (FIXTURES / "train_ok" / "lcurve.out").read_bytes()
LOG = (FIXTURES / "train_ok" / "train.log").read_bytes()
MODEL = (FIXTURES / "train_ok" / "model.pb").read_bytes()


def test_good_training_gives_model_curve_and_numbers(parse_training: Factory) -> None:
    results, node = parse_training("train_ok")
    assert node.is_finished_ok, node.exit_message
    assert results["potential"].type_map == ["H", "Zn"]
    assert results["potential"].rcut == 5.0
    assert results["potential"].deepmd_version == "3.2.0"
    assert results["potential"].base.repository.get_object_content("model.pb", mode="rb") == MODEL
    assert results["learning_curve"].get_array("step")[-1] == 40
    numbers = results["output_parameters"].get_dict()
    assert numbers["steps"] == numbers["steps_requested"] == 40
    assert numbers["n_train_frames"] == 5
    assert numbers["sel"] == [20, 20]
    assert set(numbers["seeds"]) == {"descriptor", "fitting_net", "training"}
    assert numbers["final"]["rmse_f_trn"] == pytest.approx(results["learning_curve"].get_array("rmse_f_trn")[-1])
    assert numbers["wall_s"] > 0


@pytest.mark.parametrize(
    ("case", "status", "words"),
    [
        ("train_nan", 410, "from step 2 on"),
        ("train_bad_start", 302, "DecodeError"),
        ("train_type_map", 304, "Elements ['Zn'] are not present"),
        ("train_parameters", 303, "undefined key `neurons`"),
        ("train_sel", 305, "is not enough"),
    ],
)
def test_failure_has_an_exit_code_of_its_own(parse_training: Factory, case: str, status: int, words: str) -> None:
    results, node = parse_training(case)
    assert node.exit_status == status
    assert words in node.exit_message
    assert "potential" not in results


def test_training_cut_short_keeps_its_curve(parse_training: Factory) -> None:
    cut = CURVE[: CURVE.index(b"\n     21 ") + 20]
    results, node = parse_training("train_ok", {"lcurve.out": cut, "train.log": LOG[: len(LOG) // 2], "model.pb": None})
    assert node.exit_status == 400
    assert "step 20 of 40" in node.exit_message
    assert results["learning_curve"].get_array("step")[-1] == 20


def test_nothing_written_is_no_output(parse_training: Factory) -> None:
    nothing = dict.fromkeys(["lcurve.out", "train.log", "freeze.log", "model.pb"])
    _, node = parse_training("train_ok", nothing)
    assert node.exit_status == 300


def test_unknown_crash_is_quoted(parse_training: Factory) -> None:
    log = b"Traceback (most recent call last):\nRuntimeError: the disk is on fire\n"
    _, node = parse_training("train_ok", {"lcurve.out": None, "train.log": log, "model.pb": None})
    assert node.exit_status == 300
    assert "the disk is on fire" in node.exit_message


def test_out_of_memory_can_be_retried(parse_training: Factory) -> None:
    log = b"ResourceExhaustedError: OOM when allocating tensor with shape[272,1000]\n"
    _, node = parse_training("train_ok", {"train.log": log, "model.pb": None})
    assert node.exit_status == 411


@pytest.mark.parametrize("content", [None, b"", MODEL[:-300]])
def test_missing_or_broken_frozen_model_is_no_model(parse_training: Factory, content: bytes | None) -> None:
    results, node = parse_training("train_ok", {"model.pb": content})
    assert node.exit_status == 301
    assert "potential" not in results
    assert "learning_curve" in results


def test_frozen_model_with_elements_in_another_order_is_refused(parse_training: Factory) -> None:
    swapped = MODEL.replace(b"H Zn", b"Zn H")
    assert swapped != MODEL
    results, node = parse_training("train_ok", {"model.pb": swapped})
    assert node.exit_status == 304
    assert "potential" not in results


def test_walltime_of_the_scheduler_is_kept_and_the_curve_salvaged(parse_training: Factory) -> None:
    results, node = parse_training(
        "train_ok", {"train.log": LOG[: len(LOG) // 2], "model.pb": None}, scheduler_exit=120
    )
    assert node.exit_status == 120
    assert "learning_curve" in results


def test_nan_is_more_telling_than_the_scheduler(parse_training: Factory) -> None:
    _, node = parse_training("train_nan", scheduler_exit=120)
    assert node.exit_status == 410


def test_parser_never_raises(parse_training: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiida_zif.plugins.deepmd.outputs.read_training_log", lambda text: 1 / 0)
    _, node = parse_training("train_ok")
    assert node.exit_status == 310
    assert "ZeroDivisionError" in node.exit_message
