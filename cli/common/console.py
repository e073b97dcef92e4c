"""Width of tables: that of the terminal; in a file or a pipe no line is wrapped or cut (no AiiDA)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PIPE_WIDTH = 10_000
"""Characters per line where there is no terminal: nothing is wrapped, nothing is cut."""


def make_console() -> Console:
    """Return a console for standard output.

    In a file or a pipe, also one that accepts colours, lines are neither wrapped nor cut, unless COLUMNS in the
    environment sets a width.
    """
    from rich.console import Console

    console = Console(highlight=False)
    has_width = console.file.isatty() or os.environ.get("COLUMNS", "").isdigit()
    return console if has_width else Console(highlight=False, width=PIPE_WIDTH)


def new_table() -> Table:
    """Return an empty table in the style of the tables of results."""
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")
