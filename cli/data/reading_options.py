"""Options of `import` that state how a file is read: names, units and signs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

_OPTIONS: tuple[tuple[str, str, str], ...] = (
    (
        "--energy-key",
        "NAME",
        "Entry with the energy, if it is not `energy` or if there are several, such as REF_energy.",
    ),
    ("--forces-key", "NAME", "Column with the forces, if it is not `forces` or if there are several."),
    ("--stress-key", "NAME", "Entry with the stress; `none` ignores it."),
    ("--virial-key", "NAME", "Entry with the virial; `none` ignores it."),
    ("--energy-unit", "UNIT", "Unit of the energy, if the file does not state it, such as hartree. [default: eV]"),
    ("--forces-unit", "UNIT", "Unit of the forces. [default: eV/Å]"),
    ("--stress-unit", "UNIT", "Unit of the stress, such as kbar. [default: eV/Å^3]"),
    ("--virial-unit", "UNIT", "Unit of the virial. [default: eV]"),
    ("--length-unit", "UNIT", "Unit of positions and cell, such as bohr. [default: Å]"),
    ("--stress-sign", "SIGN", "`ase` (positive under tension) or `vasp` (positive under compression). [default: ase]"),
)


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command, which gets their values as keywords."""
    for name, metavar, text in reversed(_OPTIONS):
        command = click.option(name, metavar=metavar, default=None, help=f"Extended XYZ: {text}")(command)
    return command
