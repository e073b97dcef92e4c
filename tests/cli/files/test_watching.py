"""Whoever follows a campaign goes on following it when the database was away."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError, PendingRollbackError

from aiida_zif.cli.files import watching

LOST = OperationalError("SELECT 1", {}, Exception("server closed the connection unexpectedly"))

BUSY = "Other processes use 1.7 of 2 cores: jobs of this computer take longer."


class Campaign:
    """A node that cannot be read at first, and then has ended."""

    pk, backend_entity = 7, SimpleNamespace(bare_model="row")
    answers = [LOST, PendingRollbackError("Can't reconnect until invalid transaction is rolled back"), True]

    @property
    def is_terminated(self) -> bool:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_database_that_was_away_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rolled_back, taken_back = list[int](), list[str]()
    session = SimpleNamespace(rollback=lambda: rolled_back.append(1), add=taken_back.append)
    storage = SimpleNamespace(get_session=lambda: session)
    manager = SimpleNamespace(get_profile_storage=lambda: storage)
    monkeypatch.setattr("aiida.manage.get_manager", lambda: manager)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    watching.follow(Campaign())
    assert rolled_back == [1, 1]
    assert taken_back == ["row", "row"]


@pytest.mark.parametrize(("folders", "said"), [({Path("/scratch")}, BUSY), (set[Path](), "")])
def test_busy_cores_matter_to_jobs_of_this_machine_only(
    folders: set[Path], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aiida_zif.setup.computers.localhost.folders_of_running_jobs", lambda: folders)
    others: Any = SimpleNamespace(in_words=lambda folders: BUSY)
    assert watching.busy_line(others) == said


def test_busy_cores_are_reported_once_in_a_while(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    campaign, clock = Campaign(), iter([100.0 * look for look in range(99)])
    campaign.answers = [*[False] * 5, True]
    monkeypatch.setattr(watching, "time", SimpleNamespace(monotonic=lambda: next(clock), sleep=lambda seconds: None))
    for name, words in (("progress_line", "on its way"), ("verdict_line", ""), ("busy_line", BUSY)):
        monkeypatch.setattr(watching, name, lambda given, words=words: words)
    monkeypatch.setattr("aiida_zif.setup.daemon.daemon.ensure_daemon", lambda: None)
    watching.follow(campaign)
    lines = capsys.readouterr().out.splitlines()
    assert lines.count("on its way") == 5
    assert lines.count(BUSY) >= 1
    assert lines.count(BUSY) < 5
