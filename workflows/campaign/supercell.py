"""The cell of a system: that of the file, a given supercell, or the smallest that is thick enough (no AiiDA).

No code requires a minimum thickness: DeePMD-kit, LAMMPS, CP2K and the harvest count periodic images. A thin cell limits
the physics, see docs/campaign.md, so it is avoided by default, and there is a warning if it is requested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from aiida_zif.plugins.physics.lattice import MOST_TILTED, reduction, sublattices, tilts
from aiida_zif.workflows.structures.perturbation import smallest_height, smallest_heights

if TYPE_CHECKING:
    from ase import Atoms

AUTO = "auto"
MOST_REPEATS = 100
"""Along one cell vector."""

LARGEST_ENTRY = 10_000
"""Of a matrix, for a file whose vectors are far from the shortest ones."""

MOST_COPIES = 16
"""Up to so many copies every lattice is looked at; beyond, the repeats along the cell's own vectors are taken."""

DFT_ATOMS = 1000
"""From here on a label by density functional theory takes many node hours."""

ALLOWED = (
    f"auto, three repeats of 1 to {MOST_REPEATS} such as [1, 2, 1], or a matrix of whole numbers "
    f"(at most {LARGEST_ENTRY}) with a positive determinant, each row a new cell vector"
)
Repeats = tuple[int, int, int]
Matrix = tuple[Repeats, Repeats, Repeats]


def _supercell(value: Any) -> Any:
    """Return ``auto``, repeats or a matrix, in tuples."""
    if value == AUTO:
        return AUTO
    if _three_integers(value) and all(1 <= number <= MOST_REPEATS for number in value):
        return tuple(value)
    if isinstance(value, (list, tuple)) and len(value) == 3 and all(map(_three_integers, value)):
        matrix = np.array(value, dtype=object)
        small = max(abs(number) for number in matrix.ravel()) <= LARGEST_ENTRY
        if small and np.linalg.det(matrix.astype(float)) > 0.5:
            return tuple(tuple(row) for row in value)
    fix = "leave it out: auto takes the smallest that is at least twice as thick as the cut-off"
    raise PydanticCustomError("quantity", "no supercell", {"allowed": ALLOWED, "fix": fix})


def _three_integers(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) == 3 and all(type(number) is int for number in value)


_ENTRY = {"type": "integer", "minimum": -LARGEST_ENTRY, "maximum": LARGEST_ENTRY}
_REPEAT = {"type": "integer", "minimum": 1, "maximum": MOST_REPEATS}
_THREE = {"type": "array", "minItems": 3, "maxItems": 3}
SupercellKey = Annotated[
    Any,
    BeforeValidator(_supercell),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": AUTO},
                {**_THREE, "items": _REPEAT},
                {**_THREE, "items": {**_THREE, "items": _ENTRY}},
            ],
            "x-allowed": ALLOWED,
        }
    ),
]
"""The key ``supercell`` of a system: ``auto``, repeats, or a matrix."""


@dataclass(frozen=True)
class CellChoice:
    """Why a system has the cell that it has.

    :param matrix: turns the vectors of the file's cell into those of the system's.
    :param atoms: in the system's cell.
    :param before: smallest thickness of the file's lattice in Å, strained as the perturbed copies are.
    :param thickness: that of the system's lattice.
    :param tilt: largest tilt factor of the system's cell, as a share of the length that it tilts along.
    :param needed: twice the cut-off, Å.
    :param strain: of the perturbed copies.
    :param automatic: whether nobody asked for it.
    """

    matrix: Matrix
    atoms: int
    before: float
    thickness: float
    tilt: float
    needed: float
    strain: float
    automatic: bool

    @property
    def copies(self) -> int:
        """Copies of the file's cell."""
        return _copies(np.array(self.matrix))

    @property
    def repeats(self) -> Repeats | None:
        """Repeats along the file's vectors; None where the new vectors are others."""
        return repeats_of(self.matrix)

    @property
    def value(self) -> list[Any]:
        """What may be written for ``supercell`` to have this cell again."""
        return list(self.repeats) if self.repeats else [list(row) for row in self.matrix]

    def notes(self, dft: bool) -> list[str]:
        """Return notes on the cell as sentences; empty if it is that of the file and thick enough.

        :param dft: whether the level of theory is one whose labels become too expensive first.
        """
        strained = f" when strained by {100 * self.strain:g} %" if self.strain else ""
        rule = f"twice the cut-off (training.rcut) is {self.needed:g} Å"
        notes = []
        if self.automatic and self.matrix != IDENTITY:
            because = f"because the file's cell is {self.before:.2f} Å thick{strained} and {rule}"
            notes.append(f"supercell {self.in_words()}, {because}")
        elif self.thickness < self.needed:
            most = " and every thicker one has too many atoms" if self.automatic else ""
            notes.append(
                f"warning: the cell is {self.thickness:.2f} Å thick{strained}, {rule}{most}: the labels sample the "
                "Γ point of a thin cell, and there are no waves in its motion longer than that"
            )
        if self.tilt > MOST_TILTED:
            notes.append(
                f"the cell is tilted by {self.tilt:.2f} of its length; LAMMPS gets other vectors of the same lattice, "
                "and its frames are returned by these"
            )
        if dft and self.atoms > DFT_ATOMS:
            notes.append(f"warning: {self.atoms} atoms; above {DFT_ATOMS} a label by DFT takes many node hours")
        return notes

    def in_words(self) -> str:
        """Say what was taken, such as ``1x2x1, 544 atoms``."""
        if self.repeats:
            return f"{'x'.join(map(str, self.repeats))}, {self.atoms} atoms"
        rows = ", ".join(_in_letters(row) for row in self.matrix)
        return f"{self.value} ({self.copies} copies, vectors {rows}), {self.atoms} atoms"


IDENTITY: Matrix = ((1, 0, 0), (0, 1, 0), (0, 0, 1))


def choose_cell(
    asked: str | Repeats | Matrix, cell: np.ndarray, n_atoms: int, needed: float, strain: float, most_atoms: int
) -> CellChoice:
    """Return the cell of a system.

    :param asked: the key ``supercell``, valid.
    :param cell: of the file, Å, shape (3, 3).
    :param n_atoms: in it.
    :param needed: smallest thickness in Å that ``auto`` is to reach, strained as the perturbed copies are.
    :param most_atoms: ``auto`` takes no more; the file's own cell if there is nothing smaller that is thick enough.
    """
    automatic = isinstance(asked, str)
    matrix = np.eye(3, dtype=int)
    if automatic:
        found = smallest_supercell(cell, needed, strain, most_atoms // max(n_atoms, 1))
        matrix = matrix if found is None else found
    else:
        matrix = np.diag(asked) if np.ndim(asked) == 1 else np.array(asked)
    rows: Any = tuple(tuple(int(number) for number in row) for row in matrix)
    before, after, tilt = thickness(cell, strain), thickness(matrix @ cell, strain), float(tilts(matrix @ cell).max())
    return CellChoice(rows, _copies(matrix) * n_atoms, before, after, tilt, needed, strain, automatic)


def smallest_supercell(cell: np.ndarray, needed: float, strain: float, most: int) -> np.ndarray | None:
    """Return the matrix of the supercell of fewest atoms that is thick enough, or None if it takes too many.

    Among supercells of as many atoms, repeats along the file's vectors come first, then the thickest.

    :param cell: Å, shape (3, 3).
    :param needed: Å.
    :param strain: of the perturbed copies.
    :param most: copies of the cell.
    """
    if thickness(cell, strain) >= needed:
        return np.eye(3, dtype=int)
    bases = (np.eye(3, dtype=int), reduction(cell))
    plain = min((_repeated(base, cell, needed, strain) for base in bases), key=_copies)
    # no cell with such heights is smaller than a cube
    first = max(2, int(np.ceil(needed**3 / abs(float(np.linalg.det(cell))) - 1e-9)))
    for copies in range(first, min(_copies(plain), most + 1, MOST_COPIES + 1)):
        found = list(sublattices(cell, copies, needed))
        heights = [round(smallest_height(matrix @ cell, strain), 6) for matrix in found]
        if found and max(heights) >= needed:
            return found[int(np.argmax(heights))]
    return plain if _copies(plain) <= most else None


def _repeated(base: np.ndarray, cell: np.ndarray, needed: float, strain: float) -> np.ndarray:
    """Repeats along the vectors of a cell of the lattice until each pair of faces is far enough apart."""
    repeats = np.ceil(needed / smallest_heights(base @ cell, strain) - 1e-9).astype(int).clip(1)
    return np.asarray(np.diag(repeats) @ base)


def _copies(matrix: np.ndarray) -> int:
    return round(float(np.linalg.det(matrix)))


def thickness(cell: np.ndarray, strain: float) -> float:
    """Return the smallest thickness of a lattice in Å: of its reduced cell, or of this one if it is thicker.

    :param cell: Å, shape (3, 3).
    :param strain: of the perturbed copies.
    """
    return max(smallest_height(cell, strain), smallest_height(reduction(cell) @ cell, strain))


def repeats_of(matrix: Matrix) -> Repeats | None:
    """Return the repeats along the old vectors; None where the new vectors are others."""
    diagonal = np.diag(matrix)
    return tuple(map(int, diagonal)) if np.array_equal(np.diag(diagonal), matrix) else None  # type: ignore[return-value]


def build(atoms: Atoms, matrix: Matrix) -> Atoms:
    """Return the atoms in another cell of their lattice: copy after copy, in the order of the file, none wrapped.

    The first copy lies where the file has it; every other one is shifted by a vector of the file's lattice.
    """
    if repeats := repeats_of(matrix):
        return atoms if matrix == IDENTITY else atoms.repeat(repeats)
    from ase.build.supercells import lattice_points_in_supercell

    vectors = np.array(matrix)
    points = np.rint(lattice_points_in_supercell(vectors) @ vectors)
    inside = points @ np.linalg.inv(vectors)
    at_home = np.abs(inside - np.rint(inside)).max(axis=1) < 1e-6
    shifts = np.concatenate([np.zeros((1, 3)), points[~at_home]]) @ atoms.cell[:]
    built = atoms.repeat((_copies(vectors), 1, 1))
    built.cell = vectors @ atoms.cell[:]
    built.positions = (shifts[:, None] + atoms.positions).reshape(-1, 3)
    return built


def _in_letters(row: Sequence[int]) -> str:
    """A new vector by the old ones: (1, 0, -2) is ``a-2c``."""
    parts = [f"{number:+d}{name}" for number, name in zip(row, "abc", strict=True) if number]
    text = "".join(part.replace("1", "", 1) if part[1:-1] == "1" else part for part in parts)
    return text.removeprefix("+")
