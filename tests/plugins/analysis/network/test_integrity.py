"""Linkers that break, lose a hydrogen or react are noticed, and those that only move are not."""

from __future__ import annotations

import numpy as np
import pytest
from zif_frames import Frame, said_otherwise, shaken, shipped

from aiida_zif.plugins.analysis.network.integrity import describe, linker_integrity
from aiida_zif.plugins.analysis.network.linkers import Linkers, find_linkers, planes


def crystal() -> tuple[Frame, Linkers, np.ndarray]:
    frame = shipped("zif-4")
    linkers = find_linkers(*frame.arrays())
    return frame, linkers, planes(linkers, frame.positions[None], frame.cell[None]).normals[0]


def atom_of(frame: Frame, linkers: Linkers, linker: int, symbol: str) -> int:
    return next(atom for atom in linkers.atoms[linker].tolist() if frame.symbols[atom] == symbol)


@pytest.mark.parametrize("seed", range(3))
def test_shaken_crystals_keep_their_linkers(seed: int) -> None:
    frame = said_otherwise(shaken(shipped("zif-4"), seed, 0.05), seed)
    linkers = find_linkers(*said_otherwise(shipped("zif-4"), seed).arrays())
    found = linker_integrity(linkers, frame.positions[None], frame.cell[None])
    assert found.whole.all()
    assert found.kinds == {}
    assert describe(found, linkers) == "all 32 linkers are whole in the last frame"


def test_a_linker_that_moves_away_is_whole() -> None:
    frame, linkers, _ = crystal()
    moved = frame.positions.copy()
    moved[linkers.atoms[3]] += [1.5, 0.0, 0.0]
    found = linker_integrity(linkers, np.stack([frame.positions, moved]), np.stack([frame.cell] * 2), new_bond=0.5)
    assert found.whole.all()


def test_an_opened_ring_is_noticed_from_its_frame_on() -> None:
    frame, linkers, normals = crystal()
    opened = frame.positions.copy()
    opened[linkers.rings[7, 1]] += 1.9 * normals[7]
    frames = np.stack([frame.positions, opened, frame.positions, opened, opened])
    found = linker_integrity(linkers, frames, np.stack([frame.cell] * 5))
    assert not found.whole[[1, 3, 4], 7].any()
    assert found.whole[[0, 2]].all()
    assert found.broken()[7] == 3
    assert set(found.lost[:, 0]) == {1, 3, 4}
    assert describe(found, linkers).startswith(
        f"{len(found.broken())} of 32 linkers are broken in the last frame (C3H3N2)"
    )


def test_a_lost_hydrogen_is_named() -> None:
    frame, linkers, normals = crystal()
    lost = frame.positions.copy()
    lost[atom_of(frame, linkers, 2, "H")] += 1.6 * normals[2]
    found = linker_integrity(linkers, lost[None], frame.cell[None])
    assert found.kinds["C-H"] == 1
    assert not found.whole[0, 2]


def test_a_new_bond_between_linkers_is_noticed_at_both() -> None:
    frame, linkers, _ = crystal()
    one, other = atom_of(frame, linkers, 0, "H"), atom_of(frame, linkers, 1, "N")
    moved = frame.positions.copy()
    moved[linkers.atoms[0]] += moved[other] + [0.0, 0.0, 1.0] - moved[one]
    found = linker_integrity(linkers, moved[None], frame.cell[None])
    assert found.kinds["+H-N"] >= 1
    assert not found.whole[0, [0, 1]].any()
    assert len(found.lost) == 0


def test_shares_are_given_by_species() -> None:
    frame, linkers, normals = crystal()
    opened = frame.positions.copy()
    opened[linkers.rings[7, 1]] += 1.9 * normals[7]
    found = linker_integrity(linkers, opened[None], frame.cell[None], new_bond=0.5)
    assert found.share() == pytest.approx([31 / 32])
    assert found.share_by_species()["C3H3N2"] == pytest.approx([31 / 32])
