"""The smallest framework, diamond with two metals a cell, and its table of structure without a database."""

from __future__ import annotations

from typing import Any

import numpy as np

from aiida_zif.workflows.properties.structure.curves import Curves
from aiida_zif.workflows.properties.structure.observables import network, pairs, rings
from aiida_zif.workflows.properties.structure.observables.trajectory import Trajectory
from aiida_zif.workflows.properties.structure.report import StructureReport
from aiida_zif.workflows.properties.structure.settings import StructureSettings
from aiida_zif.workflows.properties.structure.summary import Replica, summarise

AXIS = 5.9
"""Å, from metal to metal."""
NITROGENS = 2.2
"""Å, between the two N of a ring, which lie on that axis."""

TURNS = (60, 50, 170, 0)
"""Degrees of each linker about its axis, so that no two linkers touch."""

Frame = tuple[list[str], np.ndarray, np.ndarray]


def diamond() -> Frame:
    """Two Zn and four imidazolates, 34 atoms in a cell 7.9 Å thin; N lie on the lines between Zn."""
    cell = AXIS / 3**0.5 * 4 / 2 * (np.ones((3, 3)) - np.eye(3))
    first = np.zeros(3)
    ends = [cell.sum(axis=0) / 4 - shift for shift in (np.zeros(3), *cell)]
    symbols, positions = ["Zn", "Zn"], [first, ends[0]]
    for number, end in enumerate(ends):
        along = end / np.linalg.norm(end)
        side = np.cross(along, np.eye(3)[number % 3])
        side /= np.linalg.norm(side)
        turn = np.radians(TURNS[number])
        side = np.cos(turn) * side + np.sin(turn) * np.cross(along, side)
        middle = end / 2
        for element, x, y in (
            ("N", -NITROGENS / 2, 0.0), ("C", 0.0, 0.75), ("N", NITROGENS / 2, 0.0), ("C", 0.68, -1.25),
            ("C", -0.68, -1.25), ("H", 0.0, 1.83), ("H", 1.35, -2.10), ("H", -1.35, -2.10),
        ):  # fmt: skip
            symbols.append(element)
            positions.append(middle + x * along + y * side)
    return symbols, np.array(positions), cell


def repeated(frame: Frame, matrix: np.ndarray) -> Frame:
    """The same crystal in a larger, skewed cell."""
    symbols, positions, cell = frame
    larger = matrix @ cell
    reach = range(-6, 7)
    cells = np.array([(i, j, k) for i in reach for j in reach for k in reach])
    inside = cells @ np.linalg.inv(matrix)
    cells = cells[((inside > -1e-9) & (inside < 1 - 1e-9)).all(axis=1)]
    assert len(cells) == round(abs(np.linalg.det(matrix)))
    return symbols * len(cells), (positions + (cells @ cell)[:, None]).reshape(-1, 3), larger


def table(*replicas: Frame, **chosen: Any) -> tuple[StructureReport, Curves]:
    """Measure replicas of one frame each."""
    settings = StructureSettings.model_validate(
        {"observables": ["pairs", "angles", "scattering", "linkers", "rings", "orientation"], **chosen}
    )
    measured = {}
    for number, (symbols, positions, cell) in enumerate(replicas):
        frames = Trajectory(symbols, positions[None], cell[None])
        samples = [network.measure_network(frames, settings)]
        if "rings" in settings.observables:
            samples.append(rings.search_rings(frames, settings))
        counted = pairs.count_distances(frames, settings) if "pairs" in settings.observables else None
        measured[str(number)] = Replica(symbols, cell[None], samples, counted)
    return summarise(measured, settings)
