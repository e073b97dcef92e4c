"""How far the command line carries somebody who reads nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click
import pytest

from aiida_zif.cli.main import COMMANDS, cli

Invoke = Callable[..., Any]


def walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command, groups included."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from walk(inner, (*path, name))


ALL = list(walk(cli))


@pytest.mark.parametrize("path", ALL, ids=[" ".join(("aiida-zif", *path)) for path in ALL])
def test_every_help_says_what_the_command_does_and_shows_it_at_work(invoke: Invoke, path: tuple[str, ...]) -> None:
    result = invoke(*path, "--help")
    assert result.exit_code == 0
    lines = [line.strip() for line in result.stdout.splitlines() if line.strip()]
    assert lines[1].endswith((".", "?", ":")) or len(lines[1]) > 40
    assert f"Example: {' '.join(('aiida-zif', *path))}" in result.stdout


def test_the_first_help_lists_every_command(invoke: Invoke) -> None:
    text = invoke("--help").stdout
    assert all(f"  {name} " in text for name in COMMANDS)


def test_the_line_about_a_command_holds_for_the_command_itself(invoke: Invoke) -> None:
    for name, (_, line) in COMMANDS.items():
        assert line.endswith("."), name
        assert len(line) < 70, name


def test_a_misspelt_command_is_answered_with_the_nearest_one(invoke: Invoke) -> None:
    result = invoke("statsu")
    assert result.exit_code == 2
    assert "No such command 'statsu'. Did you mean 'status'?" in result.stderr


def test_an_unknown_command_is_answered_with_all_there_are(invoke: Invoke) -> None:
    result = invoke("xyzzy")
    assert result.exit_code == 2
    assert "Did you mean" not in result.stderr
    assert all(name in result.stderr for name in COMMANDS)


def test_an_unknown_option_is_wrong_usage(invoke: Invoke) -> None:
    assert invoke("check", "--jsn", "campaign.yaml").exit_code == 2


def test_the_version_is_that_of_the_package(invoke: Invoke) -> None:
    from importlib.metadata import version

    assert version("aiida-zif") in invoke("--version").stdout


def test_help_is_there_at_once() -> None:
    script = "import sys; from aiida_zif.cli.main import cli; cli(['--help'], standalone_mode=False); "
    heavy = "print([name for name in ('aiida', 'numpy', 'rich', 'pydantic') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script + heavy], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
