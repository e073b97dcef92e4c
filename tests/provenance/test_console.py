"""Where tables go."""

from __future__ import annotations

import pytest
from rich.table import Table

from aiida_zif.provenance.console import make_console


@pytest.mark.parametrize("variables", [{}, {"FORCE_COLOR": "1"}, {"COLUMNS": "40"}])
def test_nothing_is_cut_in_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    table = Table("first", "second")
    table.add_row("a" * 300, "b" * 300)
    make_console().print(table)
    out = capsys.readouterr().out
    assert "a" * 300 in out
    assert "b" * 300 in out
    assert "…" not in out
