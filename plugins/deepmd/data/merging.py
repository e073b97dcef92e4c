"""Merge blocks of frames into one system per composition, independent of the jobs that labelled them (no AiiDA).

A batch of labels comes back in as many blocks as its jobs made of it, which depends on how long a frame took. What is
drawn by chance among labelled frames, the batches of a training above all, must not: the same seed gives the same
result only if the frames stand in the same order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from aiida_zif.plugins.data.frame_id import frame_ids
from aiida_zif.plugins.deepmd.data.dataset import Labelled, System, write_system

Block = TypeVar("Block", bound=Labelled)


def by_composition(blocks: Mapping[str, Block]) -> dict[str, dict[str, Block]]:
    """Return the blocks that go together by a name for each system, such as ``C96H96N64Zn16``.

    They have the same atoms in the same order, and either all have virials or none. Blocks without frames are left out.
    """
    groups: dict[tuple[tuple[str, ...], bool], dict[str, Block]] = {}
    for label, block in sorted(blocks.items()):
        if len(block.energies):
            groups.setdefault((tuple(block.symbols), block.virials is not None), {})[label] = block
    names: dict[str, dict[str, Block]] = {}
    for (symbols, _), group in sorted(groups.items()):
        names[_unused(formula(symbols), names)] = group
    return names


def merge(blocks: Sequence[Labelled]) -> System:
    """Return the frames of several blocks with the same atoms as one system, block after block."""
    virials = [block.virials for block in blocks]
    return System(
        symbols=blocks[0].symbols,
        positions=np.concatenate([block.positions for block in blocks]),
        cells=np.concatenate([block.cells for block in blocks]),
        energies=np.concatenate([block.energies for block in blocks]),
        forces=np.concatenate([block.forces for block in blocks]),
        virials=np.concatenate([v for v in virials if v is not None]) if virials[0] is not None else None,
    )


def in_one_order(system: System) -> System:
    """Return the frames in the order of their identifiers, which says nothing of where they came from."""
    rows = np.argsort(frame_ids(system.symbols, system.positions, system.cells), kind="stable")
    return System(
        symbols=system.symbols,
        positions=system.positions[rows],
        cells=system.cells[rows],
        energies=system.energies[rows],
        forces=system.forces[rows],
        virials=None if system.virials is None else system.virials[rows],
    )


def write_merged(folder: Path, blocks: Mapping[str, Labelled], type_map: Sequence[str]) -> list[str]:
    """Write the frames of all blocks below ``folder``, one system a composition, in an order of their own.

    :returns: names of the systems written, sorted.
    """
    groups = by_composition(blocks)
    for name, group in groups.items():
        write_system(folder / name, in_one_order(merge(list(group.values()))), type_map)
    return sorted(groups)


def formula(symbols: Sequence[str]) -> str:
    """Return the elements in alphabetical order with their numbers, such as ``C96H96N64Zn16``."""
    counts = {symbol: symbols.count(symbol) for symbol in sorted(set(symbols))}
    return "".join(f"{symbol}{count if count > 1 else ''}" for symbol, count in counts.items())


def _unused(name: str, taken: Mapping[str, object]) -> str:
    """Return the name, with a number where it is taken (other order of atoms, or no virials)."""
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate
