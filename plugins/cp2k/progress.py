"""Progress of a running or finished labelling job (no AiiDA)."""

from __future__ import annotations

import re
from pathlib import Path

from aiida_zif.plugins.cp2k.writing.inputs import PROJECT

_DONE = re.compile(rb"^ MD(?:_INI\| MD initialization|\| Step number)", re.MULTILINE)
_STEPS = re.compile(r"^\s*STEPS\s+(\d+)", re.MULTILINE)


def labelled_so_far(folder: Path) -> tuple[int, int | None]:
    """Return how many frames or MD steps are finished, and of how many (None when the input is not there).

    :param folder: folder of the job. The start of a dynamics run counts as one of its frames.
    """
    output, given = folder / f"{PROJECT}.out", folder / f"{PROJECT}.inp"
    done = len(_DONE.findall(output.read_bytes())) if output.is_file() else 0
    if not given.is_file():
        return done, None
    text = given.read_text()
    match = _STEPS.search(text)
    if match is None:
        return done, None
    return done, int(match[1]) + (0 if "REFTRAJ" in text else 1)
