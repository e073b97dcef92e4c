"""Readers of learning curves and logs, on real outputs and on pieces of them."""

from __future__ import annotations

import numpy as np
import pytest
from deepmd_toy import FIXTURES

from aiida_zif.plugins.deepmd import outputs

CURVE = (FIXTURES / "train_ok" / "lcurve.out").read_text()


def log_of(case: str) -> str:
    """The log of a stored training."""
    return (FIXTURES / case / "train.log").read_text()


def test_learning_curve_has_columns_by_name() -> None:
    curve = outputs.read_learning_curve(CURVE)
    assert list(curve) == ["step", "rmse_trn", "rmse_e_trn", "rmse_f_trn", "rmse_v_trn", "lr"]
    assert curve["step"].tolist() == list(range(41))
    assert curve["lr"][0] == pytest.approx(0.01)


def test_line_that_was_cut_short_is_left_out() -> None:
    last_line = CURVE.splitlines()[-1]
    cut = CURVE[: CURVE.index(last_line) + len(last_line) - 3]
    assert outputs.read_learning_curve(cut)["step"][-1] == 39


def test_curve_without_header_is_no_curve() -> None:
    with pytest.raises(ValueError, match="no header"):
        outputs.read_learning_curve("")


def test_missing_virials_are_no_failure() -> None:
    """One of the two blocks has none, so that their column is nan wherever it was drawn."""
    curve = outputs.read_learning_curve(CURVE)
    assert np.isnan(curve["rmse_v_trn"]).any()
    assert outputs.first_bad_step(curve) is None


def test_nan_in_the_curve_is_found_where_it_begins() -> None:
    curve = outputs.read_learning_curve(CURVE)
    curve["rmse_f_trn"][7:] = np.nan
    assert outputs.first_bad_step(curve) == 7


def test_nan_that_only_the_log_tells_is_found() -> None:
    assert outputs.first_bad_step({}, log_of("train_nan")) == 2


def test_final_errors_hold_no_nan() -> None:
    curve = outputs.read_learning_curve(CURVE)
    curve["rmse_v_trn"][-1] = np.nan
    assert set(outputs.final_errors(curve)) == {"rmse_trn", "rmse_e_trn", "rmse_f_trn"}


def test_log_tells_version_time_and_end() -> None:
    log = outputs.read_training_log(log_of("train_ok"))
    assert log.finished
    assert log.deepmd_version == "3.2.0"
    assert log.wall_s is not None
    assert 0.1 < log.wall_s < 60


def test_log_cut_short_is_not_finished() -> None:
    text = log_of("train_ok")
    assert not outputs.read_training_log(text[: len(text) // 2]).finished


@pytest.mark.parametrize(
    ("case", "name", "words"),
    [
        ("train_bad_start", "model_unreadable", "DecodeError"),
        ("train_type_map", "type_map_mismatch", "Elements ['Zn'] are not present"),
        ("train_parameters", "parameters_refused", "undefined key `neurons`"),
        ("train_sel", "sel_too_small", "is not enough"),
    ],
)
def test_complaint_is_named_and_quoted(case: str, name: str, words: str) -> None:
    complaint = outputs.diagnose(log_of(case))
    assert complaint is not None
    assert complaint[0] == name
    assert words in complaint[1]


def test_good_run_has_no_complaint() -> None:
    assert outputs.diagnose(log_of("train_ok")) is None
    assert outputs.last_error(log_of("train_ok")) == ""
