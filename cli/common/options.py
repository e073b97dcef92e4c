"""Arguments and options that several verbs take."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
DIRECTORY = click.option(
    "--dir", "directory", type=click.Path(path_type=Path, file_okay=False), help="Folder for summary and report."
)
SEED = click.option(
    "--seed", type=click.IntRange(0, 2**31 - 2), default=None, help="Seed to use instead of that of the file."
)
