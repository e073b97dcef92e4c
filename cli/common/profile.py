"""What every command shares: the profile, ways to fail, ways to print."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

WRONG_INPUT = 2

PROFILE = click.option("-p", "--profile", default=None, help="AiiDA profile. [default: the default profile]")


def fail(message: str, exit_code: int = WRONG_INPUT) -> NoReturn:
    """Print an error with its fix on stderr, and exit.

    :param message: one or more lines.
    :param exit_code: 2 for wrong usage or input, 1 for a failure at run time.
    """
    click.echo(f"aiida-zif: {message}", err=True)
    sys.exit(exit_code)


def emit_json(content: Any) -> None:
    """Print JSON on stdout. NaN raises ``ValueError``: JSON has none."""
    click.echo(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))


def with_profile(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--profile` and `--debug` to a command, and load the profile before it runs."""

    @PROFILE
    @functools.wraps(command)
    def wrapper(*args: Any, profile: str | None, **kwargs: Any) -> Any:
        load(profile)
        return command(*args, **kwargs)

    return with_debug(wrapper)


def with_debug(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--debug` to a command; without it an unexpected failure is one line."""

    @click.option("--debug", is_flag=True, help="Show the traceback of an unexpected failure.")
    @functools.wraps(command)
    def wrapper(*args: Any, debug: bool, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except Exception as error:
            if debug:
                raise
            fail(f"{type(error).__name__}: {error} (`--debug` prints the traceback)", exit_code=1)

    return wrapper


def load(profile: str | None) -> None:
    """Load an AiiDA profile; end with a message if there is none."""
    from aiida_zif.setup.environment import select_aiida_folder
    from aiida_zif.setup.profile.embedded import load_own_profile

    select_aiida_folder()  # AiiDA reads where its folder is when it is imported
    from aiida.common.exceptions import ConfigurationError

    try:
        load_own_profile(profile)
    except ConfigurationError as error:
        fail(f"{error}\nMake a profile with `python -m aiida_zif.setup.profile`, or choose one with --profile.")


def load_if_there() -> bool:
    """Load the default AiiDA profile unless one is loaded; return whether there is one. Nothing is created."""
    if "aiida" not in sys.modules:
        from aiida_zif.setup.environment import AIIDA_FOLDER, select_aiida_folder

        folder = select_aiida_folder() or Path.home()
        if not (folder / AIIDA_FOLDER / "config.json").is_file():
            return False  # AiiDA would make the folder
    from aiida.common.exceptions import ConfigurationError
    from aiida.manage import get_manager

    from aiida_zif.setup.profile.embedded import load_own_profile

    try:
        return get_manager().get_profile() is not None or load_own_profile() is not None
    except ConfigurationError:
        return False


def load_run(identifier: str | None) -> Any:
    """Return the campaign or study with a PK or UUID, or the newest of both."""
    from aiida_zif.provenance.queries.studies import NOUNS, find_runs

    if identifier is None:
        runs = find_runs()
        if not runs:
            fail("there is no campaign or study in this profile yet. Start one with `aiida-zif run FILE`.")
        return runs[0]
    return load_of_type(identifier, NOUNS)


def load_campaign_node(identifier: str | None) -> Any:
    """Return the campaign with a PK or UUID, or the newest one."""
    from aiida_zif.provenance.queries.campaigns import ENTRY_POINT, find_campaigns

    if identifier is None:
        campaigns = find_campaigns()
        if not campaigns:
            fail("there is no campaign in this profile yet. Start one with `aiida-zif run CAMPAIGN`.")
        return campaigns[0]
    return load_of_type(identifier, {ENTRY_POINT: "campaign"})


def load_of_type(identifier: str, nouns: Mapping[str, str]) -> Any:
    """Return the process of a PK or UUID; end with a message if it is none of some types.

    :param nouns: process type → what it is called.
    """
    from aiida import orm
    from aiida.common.exceptions import MultipleObjectsError, NotExistent

    listed = "`aiida-zif status --all` lists what there is."
    try:
        node = orm.load_node(identifier)
    except (NotExistent, MultipleObjectsError, ValueError) as error:
        fail(f"{identifier}: {error}. {listed}")
    if not isinstance(node, orm.ProcessNode) or node.process_type not in nouns:
        kind = node.process_label if isinstance(node, orm.ProcessNode) else type(node).__name__
        fail(f"{identifier} is a {kind}, not a {' or '.join(nouns.values())}. {listed}")
    return node


AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
