"""Whoever follows a campaign goes on following it when the database was away."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy.exc import OperationalError, PendingRollbackError

from aiida_zif.cli.campaign import watching

LOST = OperationalError("SELECT 1", {}, Exception("server closed the connection unexpectedly"))


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
