"""What the logs of LAMMPS say, in the words of LAMMPS (no AiiDA)."""

from __future__ import annotations

import re

from aiida_zif.plugins.jobs.retrieved_files import readable

UNKNOWN_ELEMENT = r"element \S+ not found in the model"
NO_PLUMED = r"fix style 'plumed'"
UNREADABLE = r"DeePMD-kit (C API )?Error|TensorFlow Error"
BANNER = re.compile(rb"^LAMMPS \((.+)\)\s*$", re.MULTILINE)
"""The first line of a log, with the version."""


def lammps_version(log: bytes) -> str | None:
    """The version that a log begins with, such as ``29 Aug 2024 - Update 1``."""
    banner = BANNER.search(log[:1000])
    return readable(banner[1]) if banner else None
