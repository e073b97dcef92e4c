"""What a training learns from must not tell in how many jobs it was labelled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from deepmd_toy import SYMBOLS, TYPE_MAP, toy_system

from aiida_zif.plugins.deepmd.data.dataset import System, read_system
from aiida_zif.plugins.deepmd.data.merging import by_composition, write_merged


def part(system: System, rows: list[int]) -> System:
    """Some frames of a system."""
    assert system.virials is not None
    arrays = (system.positions[rows], system.cells[rows], system.energies[rows], system.forces[rows])
    return System(system.symbols, *arrays, system.virials[rows])


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("cut", [[[0, 1, 2, 3, 4]], [[0, 1], [2, 3, 4]], [[3, 0], [4], [2, 1]]])
def test_the_same_frames_in_other_blocks_give_the_same_files(tmp_path: Path, cut: list[list[int]]) -> None:
    whole = toy_system(5, seed=1)
    write_merged(tmp_path / "whole", {"all": whole}, TYPE_MAP)
    write_merged(tmp_path / "cut", {f"part_{i}": part(whole, rows) for i, rows in enumerate(cut)}, TYPE_MAP)
    assert content(tmp_path / "cut") == content(tmp_path / "whole")


def test_every_frame_keeps_its_own_labels(tmp_path: Path) -> None:
    one, two = toy_system(3, seed=1), toy_system(2, seed=2)
    (name,) = write_merged(tmp_path, {"one": one, "two": two}, TYPE_MAP)
    assert name == "C8H8N4Zn4"
    found, given = read_system(tmp_path / name), [*zip(one.positions, one.forces, strict=True)]
    given += zip(two.positions, two.forces, strict=True)
    assert len(found.energies) == 5
    for positions, forces in given:
        (row,) = np.flatnonzero((found.positions == positions).all(axis=(1, 2)))
        assert np.array_equal(found.forces[row], forces)


def test_frames_that_cannot_be_one_system_stay_apart(tmp_path: Path) -> None:
    blocks = {
        "as_they_are": toy_system(2, seed=1),
        "other_order": toy_system(2, seed=2, symbols=SYMBOLS[::-1]),
        "no_virials": toy_system(2, seed=3, virials=False),
        "other_elements": toy_system(2, seed=4, symbols=["Zn", "N"] * 12),
        "empty": toy_system(0, seed=5),
    }
    assert write_merged(tmp_path, blocks, TYPE_MAP) == ["C8H8N4Zn4", "C8H8N4Zn4_2", "C8H8N4Zn4_3", "N12Zn12"]
    renamed = {f"{9 - place}_{label}": block for place, (label, block) in enumerate(blocks.items())}
    names = [sorted(map(len, by_composition(some))) for some in (blocks, renamed)]
    assert names[0] == names[1]
    assert [next(iter(group)).partition("_")[2] for group in by_composition(renamed).values()] == [
        next(iter(group)) for group in by_composition(blocks).values()
    ]
