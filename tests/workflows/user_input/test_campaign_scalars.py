"""What YAML 1.1 reads otherwise than people write it is read as meant, or refused with the reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aiida_zif.workflows.campaign.loading import Problem, load_campaign
from aiida_zif.workflows.user_input.yaml_source import read_source

BASE = "name: test\nprotocol: demo\nsystems:\n  zif4: {structure: zif-4}\n"
Refuse = Callable[..., list[Problem]]


def read(folder: Path, text: str) -> Any:
    """Return what is read of a value."""
    file = folder / "a.yaml"
    file.write_text(f"training: {{a: {text}}}\n")
    return read_source(file).data["training"]["a"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001), ("1E5", 1e5), ("-2.5e3", -2500.0), (".5e1", 5.0), ("1_0e2", 1000.0), ("'1e-3'", "1e-3"),
        ("12:00:00", "12:00:00"), ("1:30", "1:30"), ("1:30.5", "1:30.5"), ("1_000", 1000), ("0x1F", 31), ("0", 0),
        ("0.5", 0.5), ("yes", True), ("No", False), ("N", "N"), ("'0777'", "0777"), ("1e5 K", "1e5 K"), ("-0.0", 0.0),
    ],
)  # fmt: skip
def test_a_value_is_read_as_it_is_meant(tmp_path: Path, text: str, value: object) -> None:
    found = read(tmp_path, text)
    assert (found, type(found)) == (value, type(value))


def test_a_threshold_of_cp2k_may_be_written_with_an_exponent(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(BASE + "level_of_theory: {name: pbe-d3, overrides: {SCF: {EPS_SCF: 1e-7}}}\n")
    assert load_campaign(file).level_of_theory.overrides["SCF"]["EPS_SCF"] == 1e-7


@pytest.mark.parametrize(
    ("value", "found", "fix"),
    [
        ("010", "010, which YAML reads as the octal number 8", "write 10, or"),
        ("0777", "the octal number 511", "write 777, or"),
        ("-007", "the octal number -7", "write -7, or"),
        ("2026-01-01", "which YAML reads as a date", "put it in quotes"),
        ("1e3", "1000.0", "write 1000: a whole number"),
        ("12:00", "'12:00'", "write a whole number"),
    ],
)
def test_a_number_that_yaml_would_change_is_refused_with_what_it_becomes(
    refused: Refuse, value: str, found: str, fix: str
) -> None:
    (problem,) = refused(BASE + f"limits: {{labels: {value}}}\n")
    assert (problem.line, problem.field) == (5, "limits.labels")
    assert found in problem.found
    assert fix in problem.fix


def test_a_blank_that_is_none_is_named(refused: Refuse) -> None:
    (problem,) = refused(BASE + "limits:\n  cycles: 1\n  \u00a0labels: 50\n")
    assert problem.line == 7
    assert "U+00A0" in problem.found


@pytest.mark.parametrize("character", ["\u2028", "\u0085"])
def test_a_line_break_that_is_not_shown_is_refused(refused: Refuse, character: str) -> None:
    (problem,) = refused(BASE + f"# note{character}seed: 5\n")
    assert problem.line == 5
    assert f"U+{ord(character):04X}" in problem.found


def test_what_an_anchor_holds_is_merged_and_may_be_overridden(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("training: &common {models: 4, rcut: 5 Å}\nmine: {<<: *common, models: 6}\n")
    assert read_source(file).data["mine"] == {"models": 6, "rcut": "5 Å"}
