"""What is asked of a PostgreSQL server and how its refusals are read; no server needed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aiida_zif.setup.postgresql.access import PostgresqlError, explain
from aiida_zif.setup.postgresql.passwords import Account, from_environment, from_file, split_entry
from aiida_zif.setup.postgresql.requirements import Facts, require_right
from aiida_zif.setup.postgresql.server import new_password
from aiida_zif.setup.postgresql.target import Target

ACCOUNT = Account("db.example.org", 5432, "zif", "ada", "SOME_PASSWORD")
TARGET = Target("db.example.org", 5432, "zif", "ada")
GOOD = Facts(version=150018, encoding="UTF8", superuser=False, may_create=True, tables=0, aiida=False)


def pgpass(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "pgpass"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_first_line_that_matches_is_taken(tmp_path: Path) -> None:
    text = "# db.example.org:*:*:*:comment\nelse:5432:zif:ada:no\n*:5432:*:ada:yes\n*:*:*:*:late\n"
    assert from_file(ACCOUNT, pgpass(tmp_path, text)) == "yes"


def test_a_password_may_hold_colons_and_backslashes() -> None:
    assert split_entry(r"h:1:d:r:a\:b\\c") == ["h", "1", "d", "r", r"a:b\c"]


def test_a_password_file_that_others_may_read_is_passed_over(tmp_path: Path) -> None:
    assert from_file(ACCOUNT, pgpass(tmp_path, "*:*:*:*:open\n", mode=0o640)) is None


def test_an_empty_variable_is_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_PASSWORD", "")
    assert from_environment(ACCOUNT) is None


def test_a_new_password_is_another_one_each_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
    monkeypatch.delenv("AIIDA_ZIF_PG_PASSWORD", raising=False)
    assert new_password(TARGET)[0] != new_password(TARGET)[0]


@pytest.mark.parametrize("name", ["", "Zif", 'a"b', "a b", "a;b", "1a", "a" * 64, "zif\n"])
def test_names_that_would_need_quotes_are_refused(name: str) -> None:
    with pytest.raises(PostgresqlError, match="allowed are"):
        replace(TARGET, role=name)


@pytest.mark.parametrize("host", ["/var/run/postgresql", "a b", "host=x", ""])
def test_hosts_that_aiida_cannot_reach_are_refused(host: str) -> None:
    with pytest.raises(PostgresqlError, match="TCP"):
        replace(TARGET, host=host)


def test_a_good_database_passes() -> None:
    require_right(GOOD, TARGET)
    require_right(replace(GOOD, tables=20, aiida=True), TARGET, may_hold_data=True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 90624}, "is PostgreSQL 9, needed is 12"),
        ({"encoding": "SQL_ASCII"}, "encoding SQL_ASCII, needed is UTF8"),
        ({"superuser": True}, "superuser"),
        ({"may_create": False}, "OWNER TO ada"),
        ({"tables": 3}, "3 tables that are not AiiDA's"),
        ({"tables": 20, "aiida": True}, "--repository"),
    ],
)
def test_what_aiida_cannot_use_is_refused_with_a_mend(change: dict[str, object], words: str) -> None:
    with pytest.raises(PostgresqlError, match=words) as refused:
        require_right(replace(GOOD, **change), TARGET)  # type: ignore[arg-type]
    assert "Fix: " in str(refused.value)


def test_a_refusal_that_nobody_foresaw_is_handed_on() -> None:
    assert explain("FATAL:  the moon is full\n\n", ACCOUNT).endswith("FATAL:  the moon is full")
