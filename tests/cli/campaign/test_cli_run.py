"""`run`, `watch` and `resume`: what is begun, what is gone on with, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aiida_zif.cli.campaign import work
from aiida_zif.cli.campaign.reading import read_campaign
from aiida_zif.cli.files import run as commands
from aiida_zif.cli.files import watching

Invoke = Callable[..., Any]
File = Callable[..., Path]

pytestmark = pytest.mark.usefixtures("aiida_profile")


@pytest.fixture
def no_daemon(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Take the daemon's place; returns what was asked of it."""
    calls: list[str] = []

    def ensure_daemon(n_workers: int = 2) -> str:
        calls.append("start")
        return "The daemon works."

    monkeypatch.setattr("aiida_zif.setup.daemon.daemon.ensure_daemon", ensure_daemon)
    monkeypatch.setattr("aiida.engine.submit", lambda builder: pytest.fail("a campaign was submitted"))
    monkeypatch.setattr("aiida.engine.run_get_node", lambda builder: pytest.fail("a campaign was run"))
    return calls


@pytest.fixture
def earlier() -> Callable[..., Any]:
    """Factory of campaigns that are in the profile already, of a file's settings but for those given."""

    def store(path: Path, exit_status: int | None = None, **settings: Any) -> Any:
        from aiida import orm
        from aiida.common.links import LinkType
        from plumpy import ProcessState

        from aiida_zif.provenance.queries.campaigns import ENTRY_POINT
        from aiida_zif.workflows.campaign.loading import load_campaign

        campaign = load_campaign(path)
        node = orm.WorkChainNode(process_type=ENTRY_POINT, label=campaign.name)
        stored = {**campaign.settings().as_dict(), **settings}
        given = orm.Dict({key: value for key, value in stored.items() if value is not None}).store()
        node.base.links.add_incoming(given, LinkType.INPUT_WORK, "settings")
        for name, atoms in campaign.structures().items():
            structure = orm.StructureData(ase=atoms).store()
            node.base.links.add_incoming(structure, LinkType.INPUT_WORK, f"systems__{name}")
        node.set_process_state(ProcessState.WAITING if exit_status is None else ProcessState.FINISHED)
        if exit_status is not None:
            node.set_exit_status(exit_status)
        return node.store()

    return store


@pytest.mark.parametrize("how", [(), ("--submit",), ("--foreground",)], ids=["watched", "submitted", "foreground"])
def test_a_missing_code_is_named_in_one_line_before_anything_starts(
    invoke: Invoke, campaign_file: File, no_daemon: list[str], count_nodes: Callable[[], int], how: tuple[str, ...]
) -> None:
    before = count_nodes()
    result = invoke("run", campaign_file(), *how)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "cp2k@localhost" in line
    assert "verdi code" in line
    assert count_nodes() == before
    assert no_daemon == []


def test_submitting_and_staying_in_the_foreground_exclude_each_other(
    invoke: Invoke, campaign_file: File, no_daemon: list[str]
) -> None:
    result = invoke("run", campaign_file(), "--submit", "--foreground")
    assert result.exit_code == 2
    assert "exclude each other" in result.stderr


def test_a_seed_on_the_command_line_wins_over_that_of_the_file(campaign_file: File) -> None:
    campaign = read_campaign(campaign_file(), 99)
    assert campaign.settings().seed == 99
    assert len(campaign.structures()["zinc"]) == 6


@pytest.mark.parametrize("seed", ["-1", "2147483647", "four"])
def test_an_impossible_seed_is_wrong_usage(invoke: Invoke, campaign_file: File, seed: str) -> None:
    assert invoke("run", campaign_file(), "--seed", seed).exit_code == 2


def test_a_campaign_that_runs_is_gone_on_with(
    invoke: Invoke, campaign_file: File, no_daemon: list[str], earlier: Callable[..., Any]
) -> None:
    path = campaign_file()
    node = earlier(path)
    result = invoke("run", path, "--submit")
    assert result.exit_code == 0
    assert no_daemon == ["start"]
    assert f"<{node.pk}>, started" in result.stdout
    assert f"aiida-zif watch {node.pk}" in result.stdout


def test_a_campaign_that_is_finished_is_not_begun_again(
    invoke: Invoke, campaign_file: File, no_daemon: list[str], earlier: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = campaign_file()
    node = earlier(path, exit_status=0)
    monkeypatch.setattr(commands, "conclude", lambda node, directory: None)
    result = invoke("run", path)
    assert result.exit_code == 0
    assert f"<{node.pk}> is finished already; --fresh starts a new one." in result.stdout
    assert no_daemon == []


def test_a_running_campaign_of_the_same_name_and_other_settings_is_not_doubled(
    invoke: Invoke, campaign_file: File, no_daemon: list[str], earlier: Callable[..., Any]
) -> None:
    path = campaign_file()
    node = earlier(path, seed=4)
    result = invoke("run", path)
    assert result.exit_code == 2
    assert f"<{node.pk}> is running with other settings" in result.stderr
    assert "--fresh" in result.stderr


@pytest.mark.parametrize("how", ["failed", "fresh"])
def test_a_new_campaign_begins_after_a_failed_one_and_if_asked_for(
    invoke: Invoke, campaign_file: File, earlier: Callable[..., Any], how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = campaign_file()
    earlier(path, exit_status=302 if how == "failed" else 0)
    monkeypatch.setattr(commands, "hand_over", lambda campaign, node: SimpleNamespace(pk=node))
    result = invoke("run", path, "--submit", *(["--fresh"] if how == "fresh" else []))
    assert "aiida-zif watch None" in result.stdout


def test_resume_brings_the_daemon_back_and_names_what_goes_on(
    invoke: Invoke, campaign_file: File, no_daemon: list[str], earlier: Callable[..., Any]
) -> None:
    node = earlier(campaign_file())
    result = invoke("resume")
    assert result.exit_code == 0
    assert no_daemon == ["start"]
    assert f"aiida-zif watch {node.pk}" in result.stdout


def test_a_campaign_that_was_killed_is_told_so(
    invoke: Invoke, campaign_file: File, earlier: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from plumpy import ProcessState

    node = earlier(campaign_file())
    node.set_process_state(ProcessState.KILLED)
    node.set_process_status("Killed through `verdi process kill`")
    monkeypatch.setattr("aiida_zif.cli.results.status_table.print_status", lambda view: None)
    result = invoke("watch", str(node.pk))
    assert result.exit_code == 1
    assert f"campaign <{node.pk}> ended with killed: Killed through" in result.stderr


def test_only_a_campaign_can_be_watched(invoke: Invoke) -> None:
    from aiida import orm

    node = orm.Int(1).store()
    result = invoke("watch", str(node.pk))
    assert result.exit_code == 2
    assert f"{node.pk} is a Int, not a campaign or study" in result.stderr


def test_a_campaign_that_does_not_exist_cannot_be_watched(invoke: Invoke) -> None:
    result = invoke("watch", "987654321")
    assert result.exit_code == 2
    assert "aiida-zif status --all" in result.stderr


def test_an_unexpected_failure_is_one_line_and_a_traceback_only_if_asked_for(
    invoke: Invoke, campaign_file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(campaign: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(work, "known_campaign", broken)
    result = invoke("run", campaign_file())
    assert result.exit_code == 1
    assert result.stderr.splitlines() == ["aiida-zif: RuntimeError: the disk is full (`--debug` prints the traceback)"]
    assert isinstance(invoke("run", campaign_file(), "--debug").exception, RuntimeError)


def test_ctrl_c_leaves_the_campaign_running_and_says_how_to_follow_it_again(
    invoke: Invoke, campaign_file: File, earlier: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watching, "progress_line", lambda node: "[0:05] cycle 1/2: exploring")
    monkeypatch.setattr(watching, "verdict_line", lambda node: "")
    monkeypatch.setattr(watching.time, "sleep", interrupt)
    node = earlier(campaign_file())
    result = invoke("watch", str(node.pk))
    assert result.exit_code == 130
    assert "[0:05] cycle 1/2: exploring" in result.stdout
    assert f"aiida-zif watch {node.pk}" in result.stdout
    assert not node.is_terminated


def test_what_converging_waits_for_is_told_once_a_verdict(
    invoke: Invoke, campaign_file: File, earlier: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    verdicts = ["", "cycle 1 judged; not converged: A", "cycle 1 judged; not converged: A"]
    verdicts += ["cycle 2 judged; not converged: B"]

    def look_again(seconds: float) -> None:
        if not verdicts:
            raise KeyboardInterrupt

    monkeypatch.setattr(watching, "PLAIN_S", 0.0)
    monkeypatch.setattr(watching, "progress_line", lambda node: "[0:05] exploring")
    monkeypatch.setattr(watching, "verdict_line", lambda node: verdicts.pop(0))
    monkeypatch.setattr(watching.time, "sleep", look_again)
    lines = invoke("watch", str(earlier(campaign_file()).pk)).stdout.splitlines()
    assert [line[-1] for line in lines if "not converged" in line] == ["A", "B"]
    assert lines.count("[0:05] exploring") == 4


@pytest.mark.parametrize("command", ["run", "converge"])
def test_a_wrong_file_is_told_before_a_profile_is_looked_for(invoke: Invoke, campaign_file: File, command: str) -> None:
    result = invoke(command, campaign_file("cycles: 2", "cycles: two"), "--profile", "there-is-none")
    assert result.exit_code == 2
    assert "limits.cycles" in result.stderr
    assert "there-is-none" not in result.stderr


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("labelling: {gates: {max_force: 20 eV/Å}}\n", "labelling.gates.max_force: 50.0 then, 20.0 now"),
        ("labelling: {gates: {stress: false}}\n", "labelling.gates.stress: true then, false now"),
        ("type_map: [Zn, H]\n", 'type_map: ["H", "Zn"] then, ["Zn", "H"] now'),
    ],
)
@pytest.mark.parametrize("exit_status", [None, 0], ids=["running", "finished"])
def test_a_key_that_can_change_the_outcome_makes_another_campaign_and_is_named(
    invoke: Invoke, campaign_file: File, earlier: Callable[..., Any], written: str, names: str, exit_status: int | None
) -> None:
    earlier(campaign_file(), exit_status)
    result = invoke("run", campaign_file(new=written), "--submit")
    said = result.stdout if exit_status == 0 else result.stderr
    assert names in said
    assert "finished already" not in result.stdout


@pytest.mark.parametrize(
    "written", ["labelling: {reuse: false}\n", "labelling: {batch_time: 5 min}\n", "resources: {test: {lanes: 1}}\n"]
)
def test_a_key_that_changes_cost_only_goes_on_with_the_campaign(
    invoke: Invoke, campaign_file: File, earlier: Callable[..., Any], no_daemon: list[str], written: str
) -> None:
    node = earlier(campaign_file())
    result = invoke("run", campaign_file(new=written), "--submit")
    assert f"<{node.pk}>, started" in result.stdout, result.output


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "finished already"),
        ("labelling: {gates: {max_stress: 50 GPa}}\n", "finished already"),
        ("labelling: {gates: {max_stress: 40 GPa}}\n", "labelling.gates.max_stress: nothing then, 40.0 now"),
    ],
    ids=["not said", "said as it is by default", "another value"],
)
def test_a_campaign_of_a_version_without_a_key_is_the_same_as_long_as_the_key_has_its_default(
    invoke: Invoke, campaign_file: File, earlier: Callable[..., Any], written: str, said: str
) -> None:
    from aiida_zif.workflows.campaign.loading import load_campaign

    then = load_campaign(campaign_file()).settings().as_dict()
    del then["labelling"]["gates"]["max_stress"], then["exploration"]["equilibration"]
    del then["seed_data"]["imported_gates"], then["systems"]["zinc"]["supercell"]
    earlier(campaign_file(), 0, **then | {"schema": None})
    result = invoke("run", campaign_file(new=written), "--submit")
    assert said in result.stdout
    if "already" in said:
        note = "did not have labelling.gates.max_stress, exploration.equilibration; it ran without"
        assert note in result.stderr


def test_words_about_a_structure_and_the_place_of_its_file_make_no_other_campaign(
    invoke: Invoke, campaign_file: File, earlier: Callable[..., Any]
) -> None:
    path = campaign_file()
    earlier(path, 0)
    path.with_name("moved.extxyz").write_text(path.with_name("zinc.extxyz").read_text())
    campaign_file("{structure: zinc.extxyz}", "{structure: moved.extxyz, licence: CC-BY-4.0}")
    assert "finished already" in invoke("run", path, "--submit").stdout
