"""`run --reuse/--no-reuse`: whether labels are computed anew, which is not what a campaign is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aiida_zif.cli.files import run as commands

Invoke = Callable[..., Any]
File = Callable[..., Path]

pytestmark = pytest.mark.usefixtures("aiida_profile")


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The campaigns that a command begins, with the node that it goes on with."""
    campaigns: list[Any] = []

    def hand_over(campaign: Any, node: Any) -> Any:
        campaigns.append((campaign, node))
        return SimpleNamespace(pk=1)

    monkeypatch.setattr(commands, "hand_over", hand_over)
    return campaigns


@pytest.mark.parametrize(
    ("line", "option", "reuse"),
    [("", [], True), ("", ["--no-reuse"], False), ("labelling: {reuse: false}\n", [], False),
     ("labelling: {reuse: false}\n", ["--reuse"], True), ("", ["--fresh"], True)],
)  # fmt: skip
def test_the_option_wins_over_the_file(
    invoke: Invoke, campaign_file: File, begun: list[Any], line: str, option: list[str], reuse: bool
) -> None:
    assert invoke("run", campaign_file(new=line), "--submit", *option).exit_code == 0
    ((work, _),) = begun
    assert work.campaign.labelling.reuse is reuse


def test_imported_frames_that_are_not_there_are_named_before_anything_starts(
    invoke: Invoke, campaign_file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aiida import orm

    monkeypatch.setattr(orm, "load_code", lambda label: None)
    monkeypatch.setattr("aiida_zif.workflows.campaign.checks.machine_cores.cores_without_queue", lambda code: None)
    path = campaign_file("aimd: [{temperature: 300 K, timestep: 0.5 fs, steps: 32, stride: 5}]", "imported: [nowhere]")
    result = invoke("run", path, "--submit")
    assert result.exit_code == 2
    assert "seed_data.imported[0]" in result.stderr
    assert "'nowhere'" in result.stderr
