"""The command line inside this process, and a campaign file that is right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

STRUCTURE = """6
Lattice="11 0 0 0 11 0 0 0 11" Properties=species:S:1:pos:R:3 pbc="T T T"
Zn 2.0 2 2
Zn 7.0 7 7
H  3.6 2 2
H  0.4 2 2
H  8.6 7 7
H  5.4 7 7
"""
CAMPAIGN = """name: NAME
protocol: demo
seed: 3
systems:
  zinc: {structure: zinc.extxyz}
seed_data:
  aimd: [{temperature: 300 K, timestep: 0.5 fs, steps: 32, stride: 5}]
  perturbed: {frames: 8, displacement: 0.08 Å, strain: 0.02}
held_out: {aimd: [{temperature: 500 K, timestep: 0.5 fs, steps: 40, stride: 5}]}
training: {models: 4, steps: 500, rcut: 5 Å}
exploration: {temperatures: [300 K, 600 K], pressures: [0 GPa, 0.5 GPa]}
selection: {per_cycle: 8, control: 4}
limits: {cycles: 2, labels: 100}
"""


@pytest.fixture(autouse=True)
def no_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The profile has no code yet, whatever other tests have left in it, so that it has none that is missing either."""
    monkeypatch.setattr("aiida_zif.workflows.campaign.checks.codes.known_codes", lambda name=None: [])


@pytest.fixture(autouse=True)
def no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks for a width: workers of pytest-xdist carry the one of the terminal in COLUMNS."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def invoke() -> Callable[..., Any]:
    """Run a command line; the result has `exit_code`, `stdout`, `stderr` and `exception`."""
    from click.testing import CliRunner

    from aiida_zif.cli.main import cli

    def run(*arguments: str | Path) -> Any:
        return CliRunner().invoke(cli, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def campaign_file(tmp_path: Path) -> Callable[..., Path]:
    """Factory of campaign files; lines may be replaced. The name is one that no other test uses."""

    def write(old: str = "", new: str = "") -> Path:
        (tmp_path / "zinc.extxyz").write_text(STRUCTURE)
        text = CAMPAIGN.replace("NAME", tmp_path.name)
        assert old in text
        path = tmp_path / "campaign.yaml"
        path.write_text(text.replace(old, new) if old else text + new)
        return path

    return write


@pytest.fixture
def count_nodes(aiida_profile: object) -> Callable[[], int]:
    """Number of nodes in the profile."""
    from aiida import orm

    return lambda: orm.QueryBuilder().append(orm.Node).count()
