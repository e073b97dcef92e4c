"""Where tables go: a terminal is as wide as it is, a file or a pipe as wide as any line (no AiiDA)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PIPE_WIDTH = 10_000
"""Characters a line where there is no terminal that sets it: nothing is wrapped, nothing is cut."""


def make_console() -> Console:
    """Return a console for standard output.

    A file or a pipe, also one that takes colours, is as wide as any line, unless COLUMNS in the environment asks for a
    width.
    """
    from rich.console import Console

    console = Console(highlight=False)
    is_told = console.file.isatty() or os.environ.get("COLUMNS", "").isdigit()
    return console if is_told else Console(highlight=False, width=PIPE_WIDTH)


def new_table() -> Table:
    """Return an empty table in the style of those that say what a campaign found."""
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")
