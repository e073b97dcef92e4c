"""Outputs of DeePMD-kit that were tampered with, or half written: the job ends with an exit code, and can be stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from deepmd_toy import FIXTURES

Factory = Callable[..., Any]


@pytest.mark.parametrize("name", ["lcurve.out", "train.log", "freeze.log", "model.pb"])
def test_a_tampered_file_ends_in_an_exit_code(
    parse_training: Factory, tamper: Factory, fit_to_store: Factory, name: str
) -> None:
    results, node = parse_training("train_ok", {name: tamper((FIXTURES / "train_ok" / name).read_bytes())})
    fit_to_store({key: value for key, value in results.items() if key != "retrieved"}, node.exit_message)
    if name == "model.pb" and node.is_finished_ok:
        assert results["potential"].type_map == ["H", "Zn"]
