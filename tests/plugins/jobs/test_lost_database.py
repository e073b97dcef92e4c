"""A worker ends with its connection to the database, and no sooner than a new one could begin."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import create_engine

from aiida_zif.plugins.jobs import lost_database


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """With which status the worker has ended."""
    found: list[int] = []
    monkeypatch.setattr(lost_database.os, "_exit", found.append)
    return found


def error(is_disconnect: bool) -> SimpleNamespace:
    return SimpleNamespace(is_disconnect=is_disconnect, engine=create_engine("sqlite://"))


def test_a_query_that_is_refused_ends_no_worker(ends: list[int]) -> None:
    lost_database.end_if_lost(error(is_disconnect=False))
    assert ends == []


def test_a_lost_connection_ends_the_worker_once_the_database_answers(
    ends: list[int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replies, waits = [False, False, True], list[float]()
    monkeypatch.setattr(lost_database, "answers", lambda engine: replies.pop(0))
    monkeypatch.setattr(lost_database.time, "sleep", waits.append)
    lost_database.end_if_lost(error(is_disconnect=True))
    assert ends == [1]
    assert waits == [lost_database.ASK_EVERY] * 2
    assert "this worker ends" in capsys.readouterr().out


def test_whether_a_database_answers_is_asked_with_a_connection_of_its_own() -> None:
    assert lost_database.answers(create_engine("sqlite://"))
    assert not lost_database.answers(create_engine("sqlite:////no/such/folder/x.db"))


LISTENS = """
import sys
sys.argv = sys.argv[1:]
import aiida_zif.plugins
from aiida_zif.plugins.jobs.lost_database import end_if_lost
from sqlalchemy import event
from sqlalchemy.engine import Engine
print(event.contains(Engine, "handle_error", end_if_lost))
"""


@pytest.mark.parametrize(
    ("mark", "words", "listens"),
    [
        ("zif@/folder", ["-p", "zif", "daemon", "worker"], "True"),
        (None, ["-p", "zif", "daemon", "worker"], "False"),
        ("zif@/elsewhere", ["-p", "zif", "daemon", "worker"], "False"),
        ("zif@/folder", ["-p", "other", "daemon", "worker"], "False"),
        ("zif@/folder", ["-p", "zif", "process", "list"], "False"),
        ("zif@/folder", ["daemon", "worker"], "False"),
    ],
    ids=["our own", "of verdi", "of another folder", "of another profile", "no worker", "no profile"],
)
def test_only_a_worker_of_our_own_daemon_ends_with_its_database(
    mark: str | None, words: list[str], listens: str
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != lost_database.MARK}
    environment |= {"AIIDA_PATH": "/folder"} | ({} if mark is None else {lost_database.MARK: mark})
    command = [sys.executable, "-c", LISTENS, "verdi", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == listens


def test_our_daemon_carries_the_mark_of_its_profile() -> None:
    from aiida_zif.setup.daemon.client import OwnDaemonClient

    client: Any = OwnDaemonClient.__new__(OwnDaemonClient)
    client._config, client._profile = SimpleNamespace(dirpath="/folder"), SimpleNamespace(name="zif")
    assert client.get_env()[lost_database.MARK] == "zif@/folder"
