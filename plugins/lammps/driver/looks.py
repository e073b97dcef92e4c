"""Looks at the trajectory of one part: numbers of every look, and the frames that may go back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..harvest.chemistry import Substance
from ..harvest.choosing import spread
from ..harvest.harvesting import fault
from ..harvest.observables import AMU_PER_A3_IN_G_PER_CM3, GPA_PER_BAR
from ..harvest.pairs import surroundings
from ..harvest.reading import Following, read_frames

CELL = ("a", "b", "c", "alpha", "beta", "gamma")
COLUMNS = (
    "step", "temperature", "pressure", "potential_energy", "volume", "kinetic_energy", *CELL,
    "density", "coordination", "four_fold", "deviation", "mean_deviation", "fault",
)  # fmt: skip
"""What is kept of every look: K, GPa, eV, Å³, Å, °, g/cm³, eV/Å. ``fault`` is a place in :data:`FAULTS`."""
FAULTS = (
    "", "lost_atoms", "non_finite", "volume", "no_temperature", "temperature", "density", "cell_shape",
    "close_contact", "broken_linker", "lost_hydrogen", "new_bond",
)  # fmt: skip
"""What may be wrong with a frame; nothing comes first."""
BROKEN = ("close_contact", "broken_linker", "lost_hydrogen", "new_bond")
"""What is wrong with linkers."""
CONTACT = 0.6
"""Two atoms closer than this times the sum of their covalent radii cannot be."""
PLACE = {name: index for index, name in enumerate(COLUMNS)}


def part_name(index: int) -> str:
    """Stem of the files of a part."""
    return f"part_{index:04d}"


@dataclass(frozen=True)
class Looked:
    """What one part brought.

    :param table: of its looks, columns as :data:`COLUMNS`.
    :param frames: of a kind (``snapshots``, ``untrusted``) the ``rows`` of their looks, ``positions`` and ``cells``.
    """

    table: np.ndarray
    frames: dict[str, dict[str, np.ndarray]]

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it by name, for a file."""
        chosen = {f"{kind}_{name}": array for kind, some in self.frames.items() for name, array in some.items()}
        return {"table": self.table, **chosen}


def look_at(folder: Path, config: dict[str, Any], index: int) -> Looked:
    """Look at every frame of a part; the one that it begins with belongs to the part before."""
    name, first = part_name(index), config["parts"][index]["first"]
    dump = folder / f"{name}.dump"
    thermo = Following(folder / f"{name}.thermo", (1, 2, 3, 4, 5))
    deviations = Following(folder / f"{name}.devi", (4, 6))
    substance = substance_of(config)
    rows, offsets, last = [], [], first
    if dump.exists():
        with dump.open("rb") as handle:
            for step, offset, positions, cell, _ in read_frames(handle, config["n_atoms"], config["own_vectors"]):
                if step > last:
                    numbers = (*thermo.at(step), *deviations.at(step))
                    rows.append(row_of(step, positions, cell, numbers, config, substance))
                    offsets.append(offset)
                    last = step
    table = np.array(rows, dtype=float).reshape(-1, len(COLUMNS))
    places = {"snapshots": snapshots_of(table, config), "untrusted": untrusted_of(table, config)}
    return Looked(table, {kind: fetch(dump, table, offsets, some, config) for kind, some in places.items()})


def substance_of(config: dict[str, Any]) -> Substance:
    """What the atoms of the system must keep."""
    return Substance(config["topology"], {**config["settings"]["chemistry"], "contact": CONTACT}, config["radii"])


def row_of(
    step: int,
    positions: np.ndarray | None,
    cell: np.ndarray,
    numbers: tuple[float, ...],
    config: dict[str, Any],
    substance: Substance,
) -> tuple[float, ...]:
    """Return the numbers of one look.

    :param numbers: temperature, pressure in bar, potential energy, volume, kinetic energy, both deviations.
    """
    temperature, pressure, potential, volume, kinetic, deviation, mean = numbers
    wrong = fault(positions, cell, temperature, config["start_volume"], config["settings"]["halt"])
    if wrong is None and positions is not None:
        wrong = substance.fault(positions, cell)
    around = (np.nan, np.nan) if positions is None else coordination(positions, cell, config)
    density = config["atoms"]["mass"] * AMU_PER_A3_IN_G_PER_CM3 / abs(float(np.linalg.det(cell)))
    place = float(FAULTS.index(wrong or ""))
    thermo = (temperature, pressure * GPA_PER_BAR, potential, volume, kinetic)
    return (float(step), *thermo, *shape_of(cell), density, *around, deviation, mean, place)


def shape_of(cell: np.ndarray) -> tuple[float, ...]:
    """Lengths in Å and angles in degrees of a cell."""
    lengths = np.linalg.norm(cell, axis=1)
    cosines = [cell[i] @ cell[j] / (lengths[i] * lengths[j]) for i, j in ((1, 2), (0, 2), (0, 1))]
    return (*map(float, lengths), *(float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))) for cosine in cosines))


def coordination(positions: np.ndarray, cell: np.ndarray, config: dict[str, Any]) -> tuple[float, float]:
    """Mean number of nitrogens around a metal, and the share of metals with exactly four; NaN without a metal."""
    metals, nitrogens = (np.asarray(config["atoms"][name], dtype=int) for name in ("metals", "nitrogens"))
    if not len(metals) or not np.isfinite(positions).all():
        return np.nan, np.nan
    owners, _ = surroundings(positions, cell, metals, nitrogens, config["settings"]["coordination_cutoff"])
    number = np.bincount(owners, minlength=len(metals))
    return float(number.mean()), float((number == 4).mean())


def snapshots_of(table: np.ndarray, config: dict[str, Any]) -> np.ndarray:
    """Rows of the looks that were asked for."""
    return np.flatnonzero(np.isin(table[:, PLACE["step"]], config["snapshots"]))


def is_untrusted(table: np.ndarray, config: dict[str, Any]) -> np.ndarray:
    """Whether the committee disagrees more than is trusted, of every look."""
    trust = config["settings"]["trust"]
    if trust is None:
        return np.zeros(len(table), dtype=bool)
    return np.asarray(np.nan_to_num(table[:, PLACE["deviation"]], nan=0.0) > trust)


def untrusted_of(table: np.ndarray, config: dict[str, Any]) -> np.ndarray:
    """Rows that may go back: not trusted, physical, the worst first and spread over time, at most as many as asked."""
    usable = is_untrusted(table, config) & (table[:, PLACE["fault"]] == 0)
    rows = np.flatnonzero(usable)
    steps, deviations = table[rows, PLACE["step"]], table[rows, PLACE["deviation"]]
    return rows[spread(steps, deviations, config["settings"]["max_untrusted"], config["strides"]["deviation"])]


def fetch(
    dump: Path, table: np.ndarray, offsets: list[int], rows: np.ndarray, config: dict[str, Any]
) -> dict[str, np.ndarray]:
    """Read chosen frames again from where they start."""
    positions, cells = np.empty((len(rows), config["n_atoms"], 3)), np.empty((len(rows), 3, 3))
    for place, row in enumerate(rows):
        with dump.open("rb") as handle:
            handle.seek(offsets[row])
            _, _, found, cells[place], _ = next(read_frames(handle, config["n_atoms"], config["own_vectors"]))
            positions[place] = np.nan if found is None else found
    return {"rows": table[rows], "positions": positions, "cells": cells}
