"""A worker ends with its connection to the database, and no sooner than a new one could begin."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine

from aiida_zif.plugins import lost_database


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


def test_only_workers_of_the_daemon_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not lost_database.in_worker()
    monkeypatch.setattr("sys.argv", ["verdi", "-p", "zif", "daemon", "worker"])
    assert lost_database.in_worker()
