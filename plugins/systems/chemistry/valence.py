"""Check of valences of H, C, N, O and halogens, and of the coordination of metals (no AiiDA).

What no substance has is a fault: a carbon with six neighbours, a bent carbon of two without hydrogen, an oxygen alone.
What is unusual but possible, as in melts, is an oddity. Charges are not assumed, elements with many valences (B, Si, P,
S and metals) are left alone, and whatever binds a metal may lack a hydrogen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aiida_zif.plugins.systems.chemistry.bonds import BondGraph, Neighbour
from aiida_zif.plugins.systems.faults import named

if TYPE_CHECKING:
    from ase import Atoms

HALOGENS = frozenset(("F", "Cl", "Br", "I"))
ELECTRONEGATIVE = HALOGENS | {"N", "O"}
IONIC = frozenset(("Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba"))
"""Metals that any number of donors may surround."""

TETRAHEDRAL = frozenset(("Zn", "Cd", "Co"))
DIVALENT = frozenset(("Zn", "Cd", "Hg", "Co", "Ni", "Cu", "Mg", "Ca", "Be"))
"""Metals on which a lone oxygen is a water or a hydroxide without its hydrogen."""

VALENCE_ELECTRONS = {"H": 1, "B": 3, "C": 4, "N": 5, "O": 6, "S": 6, "F": 7, "Cl": 7, "Br": 7, "I": 7}

LINEAR = 150.0
"""Degrees; an angle above it is that of an sp carbon."""

PYRAMID = 338.0
"""Degrees; the three angles of an atom add up to 360 in a plane and to 328.5 in a tetrahedron."""

NITRILE = 1.20
"""Å; no other bond between carbon and nitrogen is that short."""

TRIPLE = 1.30
"""Å; a carbon or nitrogen with one neighbour this close has a triple or cumulated double bond."""

SINGLE = 1.44
"""Å; bonds of an sp² carbon are shorter on average, even where heat bends it into a pyramid."""

MISSING = "place the missing hydrogens (a crystal viewer or Open Babel adds them)"
EXTRA = "remove what is there twice: keep one orientation of a disordered group"

IN_A_PYRAMID = ("C with three neighbours in a pyramid, a hydrogen missing", False, MISSING)
BENT_BY_HEAT = (
    "C with three long bonds in a pyramid",
    True,
    "check that this is a hot frame and no hydrogen is missing",
)

BENT = 0.05
"""Share of the carbons of which more than that in a pyramid of long bonds are not bent by heat: at 2000 K 1 % are."""

BARE = 0.25
"""Largest share of the atoms of a metal that may have one donor or none; 2 % of the Zn of a melt at 2000 K have."""

HYDROXYL = 1.38
"""Å; a C-O bond longer than that of carboxylates and phenolates."""


@dataclass(frozen=True)
class Oddity:
    """One kind of thing that is wrong or unusual.

    :param what: such as ``carbon without its hydrogen``.
    :param atoms: names of the atoms; none where it is about the whole cell.
    :param possible: whether a substance may have it.
    :param fix: what to do.
    """

    what: str
    atoms: list[str]
    possible: bool
    fix: str

    def __str__(self) -> str:
        if not self.atoms:
            return self.what
        return f"{len(self.atoms)} × {self.what} ({named(self.atoms)})"


Finding = tuple[str, bool, str]
"""What, whether it is possible, what to do."""


def oddities(atoms: Atoms) -> list[Oddity]:
    """Return what is impossible or unusual about the bonds of a structure, what is impossible first.

    :param atoms: a periodic structure without overlaps; an array ``labels`` names its atoms, if it is there.
    """
    if len(set(atoms.numbers)) == 1:
        return []  # an element may have any structure
    graph = BondGraph(atoms)
    labels = atoms.arrays.get("labels")
    names = [f"{symbol}{index + 1}" for index, symbol in enumerate(graph.symbols)]
    if labels is not None:
        names = [str(label) for label in labels]
    found: dict[Finding, list[str]] = {}
    for index, name in enumerate(names):
        for finding in _findings(graph, index):
            found.setdefault(finding, []).append(name)
    if len(found.get(BENT_BY_HEAT, [])) > BENT * graph.symbols.count("C"):
        found.setdefault(IN_A_PYRAMID, []).extend(found.pop(BENT_BY_HEAT))
    listed = [Oddity(what, members, possible, fix) for (what, possible, fix), members in found.items()]
    listed += [*_metals(graph, names), *(() if listed else _charges(graph))]
    return sorted(listed, key=lambda oddity: oddity.possible)


def _findings(graph: BondGraph, index: int) -> Iterator[Finding]:
    symbol = graph.symbols[index]
    if symbol == "H":
        yield from _hydrogen(graph, index)
    elif symbol in ("C", "N", "O"):
        yield from {"C": _carbon, "N": _nitrogen, "O": _oxygen}[symbol](graph, index)
    elif symbol in HALOGENS:
        yield from _halogen(graph, index)


def _hydrogen(graph: BondGraph, index: int) -> Iterator[Finding]:
    bonds = graph.bonds[index]
    if not bonds:
        near = [other for other in graph.stretched[index] if graph.symbols[other.index] != "H"]
        if near:
            yield "H with a long bond", True, "check that this is a hot frame"
        elif not graph.near_metal(index):
            yield "H without a bond", False, "correct its coordinates, or delete it"
    elif len(tight := graph.tight(index)) > 1:
        shared = all(graph.symbols[other.index] in ELECTRONEGATIVE | {"B"} for other in tight)
        yield f"H with {len(tight)} bonds", shared, EXTRA


def _carbon(graph: BondGraph, index: int) -> Iterator[Finding]:
    bonds = graph.bonds[index]
    elements = Counter(graph.symbols[other.index] for other in bonds)
    if elements["B"] or graph.coordination[index] or graph.near_metal(index):
        return
    if len(graph.tight(index)) > 4:
        yield f"C with {len(bonds)} neighbours{_hydrogens(elements)}", False, EXTRA
    elif not bonds:
        yield "C without a bond", False, "add its hydrogens and neighbours, or delete it"
    elif len(bonds) == 1 and bonds[0].distance > TRIPLE:
        yield "C with one neighbour, its hydrogens missing", False, MISSING
    elif (
        len(bonds) == 2
        and _angles(bonds)[0] < LINEAR
        and not (_nitrile(graph, index) or graph.stretched_hydrogen(index))
    ):
        yield "C with two neighbours at an angle, its hydrogen missing", False, MISSING
    elif len(bonds) == 3 and sum(_angles(bonds)) < PYRAMID and not graph.stretched_hydrogen(index):
        heavy = [bond.distance for bond in bonds if graph.symbols[bond.index] != "H"]
        if len(heavy) == 1 or float(np.mean(heavy)) > SINGLE:
            yield BENT_BY_HEAT if len(heavy) > 1 else IN_A_PYRAMID


def _nitrile(graph: BondGraph, index: int) -> bool:
    """Whether a carbon has a triple bond to nitrogen; X-rays see some of them bent."""
    return any(graph.symbols[bond.index] == "N" and bond.distance < NITRILE for bond in graph.bonds[index])


def _nitrogen(graph: BondGraph, index: int) -> Iterator[Finding]:
    bonds, metals = graph.bonds[index], graph.coordination[index]
    elements = Counter(graph.symbols[other.index] for other in bonds)
    if elements["B"]:
        return
    if len(graph.tight(index)) > 4:
        yield f"N with {len(bonds)} neighbours{_hydrogens(elements)}", False, EXTRA
    elif len(bonds) == 4:
        yield "N with four neighbours, an ammonium", True, "state the charge if it is one"
    elif len(bonds) == 3 and metals and elements["H"] and sum(_angles(bonds)) > 350:
        yield "flat N with a hydrogen and a metal", True, "check whether this hydrogen is there"
    elif not bonds:
        yield "N without a bond, its hydrogens missing", bool(len(metals) > 1), MISSING
    elif len(bonds) == 1 and bonds[0].distance > TRIPLE and elements["C"]:
        yield "N with one neighbour, its hydrogens missing", bool(metals), MISSING


def _oxygen(graph: BondGraph, index: int) -> Iterator[Finding]:
    bonds, metals = graph.bonds[index], graph.coordination[index]
    elements = Counter(graph.symbols[other.index] for other in bonds)
    if len(bonds) > 2:
        yield f"O with {len(bonds)} neighbours{_hydrogens(elements)}", len(bonds) == 3, EXTRA
    elif not bonds and not metals:
        yield "O without a bond", False, "add the hydrogens of the water, or delete it"
    elif len(bonds) == 1 and elements["H"] and not metals:
        yield "O with one hydrogen alone", True, "add the other hydrogen of the water, or state the charge of the cell"
    elif not bonds and len(metals) == 1 and graph.has_linkers:
        divalent = graph.symbols[metals[0].index] in DIVALENT
        yield "O on one metal, without hydrogen", not divalent, "add the hydrogens of the water or hydroxide"
    elif _is_alcohol(graph, index) and not metals:
        yield "O of an alcohol without its hydrogen", False, MISSING


def _is_alcohol(graph: BondGraph, index: int) -> bool:
    """Whether an oxygen without hydrogen has a single bond to carbon."""
    bonds = graph.bonds[index]
    to_carbon = len(bonds) == 1 and graph.symbols[bonds[0].index] == "C"
    return to_carbon and bonds[0].distance > HYDROXYL and not graph.stretched_hydrogen(index)


def _halogen(graph: BondGraph, index: int) -> Iterator[Finding]:
    symbol, bonds = graph.symbols[index], graph.bonds[index]
    if len(bonds) > 1 and any(graph.symbols[other.index] == "C" for other in bonds):
        yield f"{symbol} with {len(bonds)} neighbours", False, EXTRA
    elif not bonds and not graph.coordination[index]:
        yield f"{symbol} without a bond, an ion", True, "state the charge of the cell if it is one"


def _metals(graph: BondGraph, names: list[str]) -> Iterator[Oddity]:
    """What is wrong or unusual about the donors of each metal."""
    if not graph.has_linkers:
        return  # metals, oxides, hydrides and the like have surroundings of many kinds
    for symbol in sorted({graph.symbols[index] for index in np.flatnonzero(graph.metal)} - IONIC):
        members = [i for i, other in enumerate(graph.symbols) if other == symbol]
        donors = {i: graph.donors(i).total() for i in members}
        bare = [names[i] for i, count in donors.items() if count <= 1 and not graph.near_metal(i)]
        if len(bare) > BARE * len(donors):
            fix = "check symmetry and setting, cell and coordinates: what is around it is not where it should be"
            yield Oddity(f"{symbol} with one donor or none", bare, False, fix)
            continue
        carbene = [names[i] for i in members if set(graph.donors(i)) == {"C"}] if symbol in TETRAHEDRAL else []
        if carbene:
            yield Oddity(f"{symbol} bound by carbon alone", carbene, True, "check that C and N are not exchanged")
        usual = range(4, 7) if symbol in TETRAHEDRAL else {Counter(donors.values()).most_common(1)[0][0]}
        for count in sorted(set(donors.values()) - set(usual)):
            unusual = [names[i] for i, number in donors.items() if number == count]
            yield Oddity(f"{symbol} with {count} donors", unusual, True, "check that this is meant, as in a melt")


def _charges(graph: BondGraph) -> Iterator[Oddity]:
    """Whether divalent metals and closed-shell anions make a neutral cell, where all linkers are such anions.

    A molecule with an odd number of electrons, such as C3H3N2, is an anion of charge 1- in a crystal.
    """
    metals = [graph.symbols[index] for index in np.flatnonzero(graph.metal)]
    linkers, all_molecules = graph.molecules(True), graph.molecules(True) + graph.molecules(False)
    electrons = {molecule: _electrons(molecule) for molecule in all_molecules}
    if None in electrons.values() or set(metals) - DIVALENT or any((electrons[one] or 0) % 2 == 0 for one in linkers):
        return
    anions = sum(count for one, count in all_molecules.items() if (electrons[one] or 0) % 2)
    if anions != 2 * len(metals):
        what = (
            f"{len(metals)} divalent metals and {anions} anions of 1- (an odd number of electrons), not a neutral cell"
        )
        yield Oddity(what, [], True, "check that no metal, linker or hydrogen is missing, or state the charge")


def _electrons(molecule: tuple[tuple[str, int], ...]) -> int | None:
    """Valence electrons of a neutral molecule, None if an element is not known."""
    if any(symbol not in VALENCE_ELECTRONS for symbol, _ in molecule):
        return None
    return sum(VALENCE_ELECTRONS[symbol] * count for symbol, count in molecule)


def _angles(bonds: list[Neighbour]) -> list[float]:
    """All angles between bonds in degrees."""
    units = [bond.vector / bond.distance for bond in bonds]
    pairs = [(one, other) for place, one in enumerate(units) for other in units[place + 1 :]]
    return [float(np.degrees(np.arccos(np.clip(one @ other, -1, 1)))) for one, other in pairs]


def _hydrogens(elements: Counter[str]) -> str:
    return f", {elements['H']} of them H" if elements["H"] else ""
