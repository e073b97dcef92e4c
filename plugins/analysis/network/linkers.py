"""Linkers: molecules of non-metals with an azole ring, found by their bonds in one frame, followed in many (no AiiDA).

Bonds between non-metals do not depend on where the atoms stand in the list or which image of them is given. Two heavy
atoms are bonded below :data:`BOND` times the sum of their covalent radii; over the imidazolates that ship, bonds end
at 1.04 and what is no bond begins at 1.34. A hydrogen has one bond, to what is nearest, up to :data:`HYDROGEN_BOND`
times that sum, since in hot frames it goes far. Bonds to a metal are left out: they are what a melt exchanges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aiida_zif.plugins.analysis.structure.neighbours import neighbour_pairs
from aiida_zif.plugins.physics.elements import NON_METALS, radii_of
from aiida_zif.plugins.physics.images import nearest_images

BOND = 1.25
STRETCHED = (1.3, 1.35, 1.4)
"""In hot frames a ring may be open at :data:`BOND`. Heavy atoms of what is bound to a metal and is no linker may be
bonded up to these multiples, tried in turn. Two atoms of a ring with one between them are seldom below 1.4."""

HYDROGEN_BOND = 1.5
LONGEST_BOND = 3.0
"""Å; no bond of a linker is that long, however it is stretched."""

TOUCHING = 2.6
"""Å; a molecule with an atom other than hydrogen this close to a metal is bound to it."""

RING = 5
"""Atoms of an azole ring."""


class NotALinker(ValueError):
    """What is bound to a metal has no azole ring, or what is searched has no linker at all."""


@dataclass(frozen=True)
class Linkers:
    """The linkers of one substance: which atoms they are made of, in whatever frame.

    :param symbols: of all atoms of the frame, shape (n,).
    :param metals: indices of the metal atoms.
    :param atoms: indices of the atoms of each linker.
    :param species: composition of each linker in Hill's order, such as ``C3H3N2``; isomers are one species.
    :param rings: the atoms of its azole ring, one after the other around it, shape (L, 5).
    :param nitrogens: nitrogen atoms of these rings, shape (k,).
    :param owners: linker of each of these nitrogen atoms, shape (k,).
    :param bonds: all bonds between non-metals, the smaller index first, sorted, shape (m, 2).
    :param others: composition of the molecules that are no linker (solvent, guests) → how many.
    """

    symbols: tuple[str, ...]
    metals: np.ndarray
    atoms: tuple[np.ndarray, ...]
    species: tuple[str, ...]
    rings: np.ndarray
    nitrogens: np.ndarray
    owners: np.ndarray
    bonds: np.ndarray
    others: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.atoms)

    def ring_nitrogens(self) -> np.ndarray:
        """Return which atoms of ``rings`` are nitrogen, shape (L, 5); they come in the order of ``nitrogens``."""
        return np.asarray(np.array(self.symbols)[self.rings] == "N")

    def of_atom(self) -> np.ndarray:
        """Return the linker of each atom, -1 for atoms of none, shape (n,)."""
        owner = np.full(len(self.symbols), -1)
        for number, atoms in enumerate(self.atoms):
            owner[atoms] = number
        return owner

    def members(self) -> dict[str, np.ndarray]:
        """Return for each species the numbers of its linkers."""
        names = np.array(self.species)
        return {str(name): np.flatnonzero(names == name) for name in np.unique(names)}


@dataclass(frozen=True)
class Planes:
    """Where the azole rings of the linkers are and how they lie, frame by frame.

    :param centres: mean position of the five atoms of a ring, made whole across the boundary, Å, shape (N, L, 3). It
        lies beside the first atom of the ring as the frame gives it, and is not moved into the cell.
    :param normals: unit normals of the planes of least squares, shape (N, L, 3). A normal and its opposite are the
        same.
    :param flatness: root mean square distance of the five atoms from the plane, Å, shape (N, L).
    """

    centres: np.ndarray
    normals: np.ndarray
    flatness: np.ndarray


def find_linkers(symbols: Sequence[str], positions: np.ndarray, cell: np.ndarray) -> Linkers:
    """Find the linkers of a frame; for a trajectory, in the crystal or its first frame.

    A linker is a molecule with one ring of five atoms, at least two of them nitrogen: imidazolates, also fused
    (benzimidazolate, purinate) or with groups, pyrazolates, triazolates, tetrazolates.

    :param symbols: of all atoms, shape (n,).
    :param positions: Å, shape (n, 3).
    :param cell: lattice vectors as rows, Å, shape (3, 3).
    :raises NotALinker: there is no metal or no linker, a molecule that is none is bound to a metal, or a molecule has
        no end, as in a polymer.
    """
    symbols, positions, cell = tuple(symbols), np.asarray(positions, float), np.asarray(cell, float)
    is_metal = np.array([symbol not in NON_METALS for symbol in symbols])
    metals = np.flatnonzero(is_metal)
    if not len(metals) or len(metals) == len(symbols):
        raise NotALinker(f"symbols: found {formula(symbols)}; a framework has metal atoms and linkers")
    loose: frozenset[int] = frozenset()
    for limit in (BOND, *STRETCHED):
        bonds, shifts = covalent_bonds(symbols, positions, cell, loose, limit)
        molecules = _molecules(np.flatnonzero(~is_metal), bonds)
        neighbours = _neighbours(bonds)
        azoles = [_azole_ring(symbols, atoms, neighbours) for atoms in molecules]
        found = [(atoms, ring) for atoms, ring in zip(molecules, azoles, strict=True) if ring]
        rest = [atoms for atoms, ring in zip(molecules, azoles, strict=True) if not ring]
        touching = _on_metal(symbols, positions, cell, metals, rest)
        if not touching:
            break
        loose = frozenset(int(atom) for *_, atoms in touching for atom in atoms)
    _refuse_endless(symbols, molecules, bonds, shifts)
    _refuse_others(symbols, touching, bool(found))
    rings = np.array([ring for _, ring in found])
    owners, places = np.nonzero(np.array(symbols)[rings] == "N")
    return Linkers(
        symbols=symbols,
        metals=metals,
        atoms=tuple(atoms for atoms, _ in found),
        species=tuple(formula(symbols[atom] for atom in atoms) for atoms, _ in found),
        rings=rings,
        nitrogens=rings[owners, places],
        owners=owners,
        bonds=np.unique(np.sort(bonds, axis=1), axis=0),
        others=dict(Counter(formula(symbols[atom] for atom in atoms) for atoms in rest)),
    )


def planes(linkers: Linkers, positions: np.ndarray, cells: np.ndarray) -> Planes:
    """Return centre and plane of each azole ring in each frame.

    The plane passes through the centre; its normal is the right singular vector of the smallest singular value.

    :param positions: Å, shape (N, n, 3), wrapped or not.
    :param cells: lattice vectors as rows, Å, shape (N, 3, 3).
    """
    whole = whole_rings(linkers, positions, cells)
    centres = whole.mean(axis=2)
    _, spread, axes = np.linalg.svd(whole - centres[:, :, None])
    return Planes(centres, axes[..., 2, :], spread[..., 2] / RING**0.5)


def whole_rings(linkers: Linkers, positions: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Return the atoms of each azole ring, made whole by its bonds, one after the other from its first atom.

    :param positions: Å, shape (N, n, 3), wrapped or not.
    :param cells: lattice vectors as rows, Å, shape (N, 3, 3).
    :returns: Å, shape (N, L, 5, 3).
    """
    corners = np.asarray(positions, float)[:, linkers.rings]
    bonds = nearest_images(np.diff(corners, axis=2), np.asarray(cells, float), LONGEST_BOND)
    steps = np.concatenate([np.zeros_like(corners[:, :, :1]), np.cumsum(bonds, axis=2)], axis=2)
    return np.asarray(corners[:, :, :1] + steps)


def covalent_bonds(
    symbols: Sequence[str],
    positions: np.ndarray,
    cell: np.ndarray,
    loose: Collection[int] = (),
    limit: float = BOND,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the bonds between non-metals of a frame, each from both of its atoms.

    :param symbols: of all atoms, shape (n,).
    :param positions: Å, shape (n, 3).
    :param cell: lattice vectors as rows, Å, shape (3, 3).
    :param loose: atoms that have bonds to each other up to ``limit`` times the sum of radii, no hydrogen.
    :param limit: for them.
    :returns: the two atoms, shape (m, 2), and the cell of the second one, seen from the first, shape (m, 3).
    """
    names, radii = np.array(symbols), radii_of(symbols)
    hydrogens = np.flatnonzero(names == "H")
    heavy = np.array([index for index, symbol in enumerate(symbols) if symbol in NON_METALS and symbol != "H"], int)
    largest = float(radii[heavy].max(initial=0.0))
    between = neighbour_pairs(positions, cell, 2 * max(BOND, limit) * largest, heavy, heavy)
    both_loose = np.isin(between.first, list(loose)) & np.isin(between.second, list(loose))
    allowed = np.where(both_loose, limit, BOND)
    short = between.distance < allowed * (radii[between.first] + radii[between.second])
    farthest = HYDROGEN_BOND * (largest + float(radii[hydrogens].max(initial=0.0)))
    around = neighbour_pairs(positions, cell, farthest, hydrogens, np.concatenate([heavy, hydrogens]))
    relative = around.distance / (radii[around.first] + radii[around.second])
    order = np.lexsort((relative, around.first))
    nearest = order[np.unique(around.first[order], return_index=True)[1]]
    nearest = nearest[relative[nearest] < HYDROGEN_BOND]
    ends = np.stack([around.first, around.second], axis=1)[nearest]
    heavy_ends = np.stack([between.first, between.second], axis=1)[short]
    shifts = around.shift[nearest]
    return np.concatenate([heavy_ends, ends, ends[:, ::-1]]), np.concatenate([between.shift[short], shifts, -shifts])


def formula(symbols: Iterator[str] | Sequence[str]) -> str:
    """Return a composition in Hill's order: carbon, hydrogen, then the alphabet."""
    counts = Counter(symbols)
    first = [element for element in ("C", "H") if "C" in counts and element in counts]
    order = first + sorted(element for element in counts if element not in first)
    return "".join(f"{element}{counts[element] if counts[element] > 1 else ''}" for element in order)


def _molecules(atoms: np.ndarray, bonds: np.ndarray) -> list[np.ndarray]:
    """Groups of bonded atoms, each sorted, in the order of their first atoms."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    size = int(atoms.max()) + 1
    graph = coo_matrix((np.ones(len(bonds)), tuple(bonds.T)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1][atoms]
    order = np.argsort(labels, kind="stable")
    groups = np.split(atoms[order], np.flatnonzero(np.diff(labels[order])) + 1)
    return sorted(groups, key=lambda group: int(group[0]))


def _neighbours(bonds: np.ndarray) -> dict[int, set[int]]:
    around: dict[int, set[int]] = {}
    for one, other in bonds.tolist():
        around.setdefault(one, set()).add(other)
    return around


def _azole_ring(symbols: Sequence[str], atoms: np.ndarray, around: Mapping[int, set[int]]) -> tuple[int, ...] | None:
    """Return the ring of five atoms with at least two nitrogen atoms, in its order; None if there is none.

    :raises NotALinker: there is more than one.
    """
    for chords in (False, True):
        rings = {
            frozenset(ring): ring
            for start in atoms.tolist()
            if symbols[start] == "N"
            for ring in _rings_through(start, around, chords)
            if sum(symbols[atom] == "N" for atom in ring) >= 2
        }
        if rings:
            break
    if len(rings) > 1:
        what = formula(symbols[atom] for atom in atoms)
        raise NotALinker(
            f"linker: {what} with atom {int(atoms[0])} has {len(rings)} azole rings; "
            "a linker has one; if atoms of two linkers have come too close, find the linkers in the crystal"
        )
    return next(iter(rings.values()), None)


def _rings_through(start: int, around: Mapping[int, set[int]], chords: bool) -> Iterator[tuple[int, ...]]:
    """All rings of five atoms through an atom, with or without those that a bond cuts short.

    In a hot frame two atoms of a ring may come as close as if they were bonded across it.
    """
    cut = {atom: set[int]() for atom in around} if chords else around
    for one in around.get(start, ()):
        for two in around[one] - {start} - cut[start]:
            for three in around[two] - {start, one} - cut[one] - cut[start]:
                for four in (around[three] & around[start]) - {one, two} - cut[one] - cut[two]:
                    yield (start, one, two, three, four)


def _refuse_endless(
    symbols: Sequence[str], molecules: Sequence[np.ndarray], bonds: np.ndarray, shifts: np.ndarray
) -> None:
    """Refuse molecules that reach their own image by bonds.

    In a molecule with an end, each atom has one cell: that of the atom before it and the shift of the bond.
    """
    around: dict[int, list[tuple[int, tuple[int, ...]]]] = {}
    for (one, other), shift in zip(bonds.tolist(), shifts.tolist(), strict=True):
        around.setdefault(one, []).append((other, tuple(shift)))
    cells: dict[int, tuple[int, ...]] = {}
    for atoms in molecules:
        queue = [int(atoms[0])]
        cells[queue[0]] = (0, 0, 0)
        for atom in queue:
            for other, shift in around.get(atom, ()):
                there = tuple(a + b for a, b in zip(cells[atom], shift, strict=True))
                if other not in cells:
                    queue.append(other)
                if cells.setdefault(other, there) != there:
                    what = formula(symbols[index] for index in atoms)
                    raise NotALinker(
                        f"linker: {what} with atom {queue[0]} is bonded to its own periodic image; "
                        "atoms are too close, or the cell is wrong"
                    )


def _on_metal(
    symbols: Sequence[str], positions: np.ndarray, cell: np.ndarray, metals: np.ndarray, rest: Sequence[np.ndarray]
) -> list[tuple[int, int, float, np.ndarray]]:
    """Molecules that touch a metal: metal, atom, distance in Å and atoms of each."""
    molecule = {int(atom): number for number, atoms in enumerate(rest) for atom in atoms}
    heavy = np.array([atom for atom in molecule if symbols[atom] != "H"], dtype=int)
    if not len(heavy):
        return []
    near = neighbour_pairs(positions, cell, TOUCHING, metals, heavy)
    found: dict[int, tuple[int, int, float, np.ndarray]] = {}
    for metal, atom, distance in zip(near.first.tolist(), near.second.tolist(), near.distance.tolist(), strict=True):
        found.setdefault(molecule[atom], (metal, atom, distance, rest[molecule[atom]]))
    return list(found.values())


def _refuse_others(
    symbols: Sequence[str], touching: Sequence[tuple[int, int, float, np.ndarray]], has_linkers: bool
) -> None:
    """Refuse a frame without linkers, and molecules on a metal that are none."""
    if not has_linkers:
        raise NotALinker(
            f"frame: no linker in {formula(symbols)}; a linker has one ring of five atoms, two or more of them "
            "nitrogen; check the cell and the positions (Å)"
        )
    for metal, atom, distance, atoms in touching:
        what = formula(symbols[index] for index in atoms)
        raise NotALinker(
            f"linker: {what} with atom {atom} is bound to {symbols[metal]} {metal} ({distance:.2f} Å) "
            "and has no ring of five atoms with two or more nitrogen atoms; if a linker broke in this frame, find the "
            "linkers in the crystal and use the check of whole linkers; other ligands are not analysed"
        )
