"""A harvest that was tampered with, or half written: the job ends with an exit code, and can be stored."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.jobs import retrieved_files as foreign

PACKED = Path(__file__).parents[2] / "fixtures" / "lammps" / "packed"
Factory = Callable[..., Any]


def harvest(**changes: Any) -> bytes:
    """Return the stored arrays with changes."""
    with np.load(PACKED / "harvest.npz") as stored:
        arrays = {**stored, **changes}
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=True, **arrays)
    return stream.getvalue()


@pytest.mark.parametrize("name", ["harvest_output.json", "harvest.npz"])
def test_a_tampered_file_ends_in_an_exit_code(
    parse_exploration: Factory, tamper: Factory, fit_to_store: Factory, name: str
) -> None:
    results, node = parse_exploration({name: tamper((PACKED / name).read_bytes())})
    fit_to_store({key: value for key, value in results.items() if key != "retrieved"}, node.exit_message)


@pytest.mark.parametrize(
    "change",
    [
        {"candidates_step": np.zeros(1000, dtype=int)},
        {"candidates_positions": np.array([object()], dtype=object)},
        {"candidates_run": np.array(["x"])},
        {"candidates_cells": np.full((1, 3, 3), np.nan)},
        {"candidates_positions": np.zeros((1, 7))},
    ],
    ids=["too-many", "objects", "texts", "too-few", "shape"],
)
def test_arrays_that_do_not_go_together_are_truncated_output(parse_exploration: Factory, change: Any) -> None:
    _, node = parse_exploration({"harvest.npz": harvest(**change), "clock": b"1.0\n2.0\n0m1s 0m1s\n0m1s 0m1s\n"})
    assert node.exit_status == 301


def test_arrays_that_unfold_without_end_are_not_unfolded(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", bytes(10**6))
    monkeypatch.setattr(foreign, "LARGEST_ARRAYS", 10**5)
    with pytest.raises(ValueError, match="GB of arrays"):
        foreign.load_arrays(stream.getvalue())


@pytest.mark.parametrize("text", ["[" * 100_000, "{}", "[]", "null", '{"runs": null, "preflight": 3}'])
def test_a_summary_of_another_shape_ends_in_an_exit_code(
    parse_exploration: Factory, fit_to_store: Factory, text: str
) -> None:
    results, node = parse_exploration({"harvest_output.json": text.encode()})
    assert node.exit_status
    fit_to_store({key: value for key, value in results.items() if key != "retrieved"}, node.exit_message)


def test_what_no_database_takes_is_replaced() -> None:
    found = foreign.read_json(b'{"a": [NaN, 1e999, "x\\u0000\\u001b[31m", {"\\u0007": "\\ud800"}]}')
    assert found == {"a": [None, None, "x??[31m", {"?": "?"}]}
    assert json.dumps(found, allow_nan=False)
