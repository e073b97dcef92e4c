"""Stored jobs of CP2K: two small molecules in a skewed cell that hold all elements of a ZIF."""

from __future__ import annotations

from pathlib import Path

import numpy as np

FIXTURES = Path(__file__).parents[1] / "fixtures" / "cp2k"

BATCH = {"mode": "batch"}
AIMD = {"mode": "aimd", "temperature": 300, "steps": 7, "stride": 2, "seed": 5}


def read_start(folder: Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Symbols, positions and cells of the frames a stored job was given."""
    file = folder / "frames.xyz"
    lines = (file if file.is_file() else folder / "start.xyz").read_text().splitlines()
    count = int(lines[0])
    atoms = [line.split() for start in range(0, len(lines), count + 2) for line in lines[start + 2 : start + 2 + count]]
    positions = np.array([[float(word) for word in atom[1:]] for atom in atoms]).reshape(-1, count, 3)
    return [atom[0] for atom in atoms[:count]], positions, _cells(folder)


def _cells(folder: Path) -> np.ndarray:
    if (folder / "frames.cell").is_file():
        return np.loadtxt(folder / "frames.cell", ndmin=2)[:, 2:11].reshape(-1, 3, 3)
    vectors = [line.split() for line in (folder / "aiida.inp").read_text().splitlines()]
    by_letter = {words[0]: words[1:] for words in vectors if len(words) == 4 and words[0] in "ABC"}
    return np.array([[[float(word) for word in by_letter[letter]] for letter in "ABC"]])
