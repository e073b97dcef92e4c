"""Outputs of CP2K that were tampered with, or half written: the job ends with an exit code, and can be stored."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cp2k_cases import AIMD, BATCH, FIXTURES


@pytest.mark.parametrize(
    ("case", "task", "name"),
    [
        ("batch", BATCH, "aiida.out"),
        ("batch", BATCH, "aiida-frc-1.xyz"),
        ("aimd", AIMD, "aiida.out"),
        ("aimd", AIMD, "aiida-pos-1.xyz"),
        ("npt", AIMD | {"steps": 6, "ensemble": "npt"}, "aiida-1.cell"),
    ],
)
def test_a_tampered_file_ends_in_an_exit_code(
    finished_job: Callable, parse: Callable, tamper: Callable, fit_to_store: Callable, case: str, task: dict, name: str
) -> None:
    content = tamper((FIXTURES / case / name).read_bytes()).decode("utf-8", errors="replace")
    outputs, exit_code = parse(finished_job(case, task, {name: content}))
    fit_to_store(outputs, exit_code.message)
