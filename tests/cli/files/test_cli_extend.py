"""`extend`: what is refused before anything is stored, and what it would do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.cli.files import extend as command
from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.workflows.active_learning.extension.sources import untrusted_of

Invoke = Callable[..., Any]


@pytest.fixture(autouse=True)
def in_the_profile_of_the_tests(aiida_profile: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command loads no other profile."""
    monkeypatch.setattr("aiida_zif.cli.common.profile.load", lambda profile=None: None)


def untrusted(seed: int) -> FramesData:
    """Frames of a study."""
    positions = np.random.default_rng(seed).random((2, 2, 3))
    arrays = {"max_force_deviation": np.array([0.5, 0.9])}
    return FramesData(["Zn", "H"], positions, np.tile(10 * np.eye(3), (2, 1, 1)), system="zinc", per_frame=arrays)


def study(*frames: tuple[str, FramesData]) -> orm.WorkChainNode:
    """A process that handed some frames over under their names."""
    node = orm.WorkChainNode().store()
    for label, data in frames:
        data.store().base.links.add_incoming(node, LinkType.RETURN, label)
    return node


def test_a_study_has_the_untrusted_frames_of_all_its_sections() -> None:
    first, second = untrusted(1), untrusted(2)
    node = study(("melt_quench__a__untrusted", first), ("states__a__untrusted", second), ("glass__x", untrusted(3)))
    assert [frames.uuid for frames in untrusted_of(node)] == [first.uuid, second.uuid]


def test_a_study_that_goes_on_has_those_of_its_finished_parts() -> None:
    frames, parent = untrusted(4), orm.WorkChainNode().store()
    child = orm.WorkChainNode()
    child.base.links.add_incoming(parent, LinkType.CALL_WORK, "melt_quench_a")
    child.store()
    frames.store().base.links.add_incoming(child, LinkType.RETURN, "untrusted")
    assert [found.uuid for found in untrusted_of(parent)] == [frames.uuid]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--submit", "--foreground"), "exclude each other"),
        (("--json",), "--json: found without --check or --submit"),
        (("--from", "999999999"), "--from 999999999: "),
        (("--frames", "999999999"), "--frames 999999999: "),
        (("--cycles", "1", "--code", "cp2k"), "--code cp2k: allowed: NAME=LABEL@COMPUTER"),
        (("--cycles", "1", "--code", "gpaw=x@y"), "--code gpaw=x@y: "),
        (("--cycles", "1", "--code", "dp=nothing@nowhere"), "--code dp=nothing@nowhere: "),
    ],
)
def test_what_makes_no_sense_is_refused(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.setattr("aiida_zif.cli.files.extension.load_campaign_node", lambda identifier: None)
    result = invoke("extend", "1", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_study_without_untrusted_frames_is_refused_with_the_way_on(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aiida_zif.cli.files.extension.load_campaign_node", lambda identifier: None)
    result = invoke("extend", "1", "--from", str(study().pk))
    assert result.exit_code == 2
    assert "found no untrusted frames" in result.stderr
    assert "--cycles N" in result.stderr


def test_a_node_that_is_no_campaign_is_refused(invoke: Invoke) -> None:
    result = invoke("extend", str(untrusted(5).store().pk), "--cycles", "1")
    assert result.exit_code == 2
    assert "not a campaign" in result.stderr


def test_check_prints_what_would_run_and_stores_nothing(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = {"name": "zinc.2", "frames": []}

    class Known:
        """A continuation that only says what it is."""

        def __init__(self, *given: Any) -> None:
            self.given = given

        def look_up(self) -> None:
            """Nothing to look up."""

        def plan(self) -> dict[str, Any]:
            """What would run."""
            return plan

        def notes(self) -> list[str]:
            """In words."""
            return ["Campaign zinc.2 continues zinc <1>."]

    monkeypatch.setattr(command, "ExtensionWork", Known)
    assert json.loads(invoke("extend", "1", "--cycles", "1", "--check", "--json").stdout) == plan
    assert "continues zinc" in invoke("extend", "1", "--cycles", "1", "--check").stdout
