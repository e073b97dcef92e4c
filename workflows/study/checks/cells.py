"""The cells that a study computes in: that of a system, and that of its melt (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiida_zif.plugins.systems.faults import MOST_ATOMS
from aiida_zif.workflows.campaign.schema.campaign_file import Crystal
from aiida_zif.workflows.campaign.structures import as_stored
from aiida_zif.workflows.campaign.supercell import IDENTITY, CellChoice, build, choose_cell
from aiida_zif.workflows.properties.melt_quench.cost import cell_choice
from aiida_zif.workflows.study.schema.melt_quench import MeltQuench
from aiida_zif.workflows.user_input.problems import Problem
from aiida_zif.workflows.user_input.yaml_source import Source, YamlPath

if TYPE_CHECKING:
    from ase import Atoms

MOST_MELT_ATOMS = 20_000
"""In a melt, whose frames are stored whole."""


@dataclass(frozen=True)
class StudyCells:
    """The cells of one system.

    :param system: that of states and of everything else but the melt.
    :param melt: supercell of it that is melted; None where nothing is.
    """

    system: CellChoice
    melt: CellChoice | None = None

    @property
    def melt_atoms(self) -> int:
        """Atoms of the melt."""
        return (self.melt or self.system).atoms

    def melt_atoms_of(self, start: str) -> int:
        """Return the atoms of states that start from the crystal or from a glass."""
        return self.melt_atoms if start == "glass" else self.system.atoms

    def notes(self) -> list[str]:
        """Return notes on both cells as sentences."""
        rule = f"twice the cut-off of the force field is {self.system.needed:g} Å"
        notes = []
        if self.system.automatic and self.system.matrix != IDENTITY:
            because = f"because the file's cell is {self.system.before:.2f} Å thick and {rule}"
            notes.append(f"supercell {self.system.in_words()}, {because}")
        elif self.system.thickness < self.system.needed:
            thin = f"warning: the cell is {self.system.thickness:.2f} Å thick, {rule}"
            notes.append(f"{thin}: atoms move together with their images")
        if self.melt is not None and self.melt.matrix != IDENTITY:
            notes.append(f"melt_quench in a supercell of it: {self.melt.in_words()}")
        return notes


def choose_cells(
    atoms: Atoms, system: Crystal, melt: MeltQuench | None, cutoff: float, path: YamlPath, source: Source
) -> tuple[Atoms | None, StudyCells, list[Problem]]:
    """Return a system's atoms in its cell, both cells, and what is wrong with them.

    :param cutoff: of the force field, Å; 0 where it is not known.
    :param path: of the system in the file.
    """
    needed = 2.0 * cutoff
    own = choose_cell(system.supercell, atoms.cell[:], len(atoms), needed, 0.0, MOST_ATOMS)
    problems = []
    if own.atoms > MOST_ATOMS:
        fix = "take a smaller supercell"
        problems.append(source.problem((*path, "supercell"), f"{own.atoms} atoms", f"at most {MOST_ATOMS} atoms", fix))
        return None, StudyCells(own), problems
    built = as_stored(build(atoms, own.matrix))
    if melt is None:
        return built, StudyCells(own), []
    cell = cell_choice(melt.settings(str(path[-1]), "", 1), built.cell[:], len(built), cutoff)
    return built, StudyCells(own, cell), list(melt_cell_problems(cell, own, path, source))


def melt_cell_problems(cell: CellChoice, own: CellChoice, path: YamlPath, source: Source) -> Iterator[Problem]:
    """A melt has few enough atoms, and none of them meets its own images within the cut-off."""
    if cell.atoms > MOST_MELT_ATOMS:
        found, allowed = f"{cell.in_words()} of {path[-1]}", f"at most {MOST_MELT_ATOMS} atoms"
        yield source.problem(("melt_quench", "supercell"), found, allowed, "take fewer repeats")
    elif cell.thickness < cell.needed:
        field: YamlPath = ("melt_quench", "supercell") if own.automatic else (*path, "supercell")
        found = f"a cell of {path[-1]} that is {cell.thickness:.2f} Å thick ({cell.atoms} atoms)"
        allowed = f"twice the cut-off of the force field, {cell.needed:g} Å: a melt must not meet its own images"
        yield source.problem(field, found, allowed, "leave it out: auto takes the smallest cell that is thick enough")


def by_system(cells: Mapping[str, StudyCells]) -> Iterator[str]:
    """Yield the notes on all cells, each with its system."""
    for name, choice in cells.items():
        yield from (f"{name}: {note}" for note in choice.notes())
