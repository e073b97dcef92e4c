"""One labelled frame that was read from a file, or the reason for its rejection (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


class FormatError(ValueError):
    """A file that cannot be imported; the message says what was found, what is allowed and how to fix it."""


@dataclass(frozen=True)
class LabelledFrame:
    """A frame with its labels as a file holds them.

    :param place: where it stands, ``FILE:INDEX``.
    :param symbols: chemical symbols, (n,).
    :param positions: Å, (n, 3).
    :param cell: lattice vectors as rows, Å, (3, 3).
    :param energy: eV.
    :param forces: eV/Å, (n, 3).
    :param virial: -dE/d(strain), eV, (3, 3), as symmetric as the file has it; None where it has none.
    :param taken: what the labels were read from and in which units, such as ``energy from REF_energy in hartree``.
    :param not_taken: names of what else the file holds of the frame.
    :param levels: what the file says of the level of theory of the frame, by the names of its entries.
    :param state: ``charge``, ``multiplicity`` and ``spin`` (multiplicity or unpaired electrons) of the cell as far as
        the file says them.
    """

    place: str
    symbols: tuple[str, ...]
    positions: np.ndarray
    cell: np.ndarray
    energy: float
    forces: np.ndarray
    virial: np.ndarray | None = None
    taken: tuple[str, ...] = ()
    not_taken: tuple[str, ...] = ()
    levels: Mapping[str, str] = field(default_factory=dict)
    state: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """A frame that does not come in, with a reason for counting and a detail for reading."""

    place: str
    reason: str
    detail: str
