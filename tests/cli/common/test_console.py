"""Where tables go."""

from __future__ import annotations

import pytest
from rich.table import Table

from aiida_zif.cli.common.console import make_console


@pytest.mark.parametrize("variables", [{}, {"FORCE_COLOR": "1"}, {"TERM": "dumb"}])
def test_nothing_is_cut_in_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    table = Table("first", "second")
    table.add_row("a" * 300, "b" * 300)
    make_console().print(table)
    out = capsys.readouterr().out
    assert "a" * 300 in out
    assert "b" * 300 in out
    assert "…" not in out


def test_a_width_that_the_environment_asks_for_is_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    table = Table("first", "second")
    table.add_row("word " * 30, "word " * 30)
    make_console().print(table)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 60
