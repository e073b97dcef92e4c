"""What the watchdog does about what it sees; it is never started here."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aiida_zif.setup.daemon import watchdog
from aiida_zif.setup.daemon.processes import EARLIER_WATCHDOG, WATCHDOG, watchdog_of
from aiida_zif.setup.daemon.state import DaemonFiles, DaemonState


@pytest.fixture
def files(tmp_path: Path) -> DaemonFiles:
    daemon = tmp_path / "daemon"
    (daemon / "log").mkdir(parents=True)
    return DaemonFiles(tmp_path, daemon / "circus-zif.pid", daemon / "circus-zif.sockets", tmp_path / "broker")


def state(*problems: str, running: bool = True) -> DaemonState:
    return DaemonState("zif", 1 if running else None, None, (), None, 0, 0, None, problems)


Script = Callable[..., None]


@pytest.fixture
def script(files: DaemonFiles, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Let the looks of the watchdog find one state after the other, a broken one twice; at the end it is stopped."""

    def play(*states: DaemonState, pauses: list[float] | None = None) -> None:
        files.circus_pid.touch()
        rest = [seen for state in states for seen in [state] * (2 if state.problems or not state.running else 1)]

        def look(*_: object) -> DaemonState:
            found = rest.pop(0)
            if not rest:
                files.circus_pid.unlink()
            return found

        monkeypatch.setattr(watchdog, "look_at_daemon", look)
        monkeypatch.setattr("time.sleep", (pauses if pauses is not None else []).append)

    return play


def fixed(files: DaemonFiles) -> int:
    calls: list[str] = []
    watchdog.watch("zif", files, lambda: calls.append("fix") or "fixed")  # type: ignore[func-returns-value]
    return len(calls)


def test_what_a_lost_connection_paused_is_let_go_on_now_and_then(
    files: DaemonFiles, script: Script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script(state(), state(), state("broken"), state())
    hours = iter(range(100))
    monkeypatch.setattr("time.monotonic", lambda: 3600.0 * next(hours))
    answers = [None, "let go on 7", None]  # a broken daemon is not asked
    watchdog.watch("zif", files, lambda: "fixed", lambda: answers.pop(0))
    assert answers == []
    told = capsys.readouterr().out
    assert "let go on 7" in told
    assert "None" not in told


def test_a_sound_daemon_is_left_alone(files: DaemonFiles, script: Script) -> None:
    script(state(), state())
    assert fixed(files) == 0


def test_what_is_broken_is_mended_and_told(
    files: DaemonFiles, script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    script(state(), state("the broker has ended"), state())
    assert fixed(files) == 1
    assert capsys.readouterr().out.strip().endswith("the broker has ended: fixed")


def test_a_daemon_of_which_nothing_is_left_was_killed(
    files: DaemonFiles, script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    script(state(running=False), state())
    assert fixed(files) == 1
    assert "the whole daemon was killed" in capsys.readouterr().out


def test_a_daemon_that_is_just_being_stopped_is_left_alone(files: DaemonFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    files.circus_pid.touch()
    monkeypatch.setattr(watchdog, "look_at_daemon", lambda *_: state("the broker has ended"))
    monkeypatch.setattr(
        "time.sleep", lambda s: files.circus_pid.unlink(missing_ok=True) if s == watchdog.CONFIRM_AFTER else None
    )
    assert fixed(files) == 0


def test_a_daemon_that_was_stopped_ends_the_watchdog(files: DaemonFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(watchdog, "look_at_daemon", lambda *_: pytest.fail("it was stopped: nothing to look at"))
    assert fixed(files) == 0


def test_what_cannot_be_mended_is_tried_less_and_less_often(files: DaemonFiles, script: Script) -> None:
    pauses: list[float] = []
    script(*[state("the broker has ended")] * 9, state(), state(), pauses=pauses)
    assert fixed(files) == 9
    between = [pause for pause in pauses if pause != watchdog.CONFIRM_AFTER]
    assert between[1:7] == [30.0, 60.0, 120.0, 240.0, 480.0, 600.0]
    assert pauses[-1] == 15.0


def test_of_two_watchdogs_one_ends(files: DaemonFiles) -> None:
    first = watchdog.alone(files.watchdog_pid)
    assert first is not None
    assert watchdog.alone(files.watchdog_pid) is None
    assert files.watchdog_pid.read_text() == str(os.getpid())
    first.close()


@pytest.mark.parametrize(
    "content", ["", "no number", str(os.getpid()), "999999999"], ids=["nothing", "no number", "another", "gone"]
)
def test_an_id_that_is_no_watchdog_s_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "pid").write_text(content)
    assert watchdog_of(tmp_path / "pid") is None
    assert watchdog_of(tmp_path / "missing") is None


@pytest.mark.parametrize("module", [WATCHDOG, EARLIER_WATCHDOG])
def test_a_watchdog_of_this_version_and_of_the_one_before_is_known(tmp_path: Path, module: str) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()", "-m", module], stdin=subprocess.PIPE) as process:
        (tmp_path / "pid").write_text(str(process.pid))
        assert watchdog_of(tmp_path / "pid") == process.pid
        process.communicate(b"\n")
