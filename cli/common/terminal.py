"""Keep what others wrote from acting on the terminal that shows it.

Names of files, nodes of somebody else's archive and messages of codes are shown in many places. A control character in
them could set the title of the window, fill the clipboard or type for the user; one that turns the direction of
writing could show another name than the file has. Colours and the clearing of a line, which this package uses, pass.
"""

from __future__ import annotations

import re
import sys
from typing import Any, TextIO

_HARMFUL = re.compile(r"\x1b(?!\[[0-9;]*[mK])|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Guarded:
    """A stream of text in which harmful characters become question marks."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text."""
        return self._stream.write(_HARMFUL.sub("?", text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def guard_terminal() -> None:
    """Send all output of this process through a guard."""
    sys.stdout, sys.stderr = Guarded(sys.stdout), Guarded(sys.stderr)
