"""A melt must not meet its own images, and its cell is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aiida_zif.workflows.study.force_field.known import KnownForceField

Factory = Callable[..., Any]


def wide(rcut: float) -> Callable[[Any], KnownForceField]:
    """A profile whose force field has this cut-off, Å."""
    return lambda section: KnownForceField({"a": "1", "b": "2"}, ("H", "Zn"), rcut, "two models")


def test_a_cell_that_is_too_small_for_a_melt_is_refused(wrong: Factory) -> None:
    systems = {"zinc": {"structure": "given", "supercell": [1, 1, 1]}}
    (problem,) = wrong(wide(6.0), systems=systems, melt_quench={"supercell": [1, 1, 1]})
    assert problem.field == "systems.zinc.supercell"
    assert problem.found == "a cell of zinc that is 11.00 Å thick (6 atoms)"
    assert "twice the cut-off of the force field, 12 Å" in problem.allowed
    assert "auto" in problem.fix


def test_auto_takes_the_smallest_cell_that_is_thick_enough(study: Factory) -> None:
    made = study(wide(6.0))
    assert made.cells()["zinc"].system.atoms > 6
    assert made.cells()["zinc"].system.thickness >= 12.0
    assert "because the file's cell is 11.00 Å thick" in made.cell_notes()[0]


def test_a_melt_may_have_a_larger_cell_than_the_crystal(study: Factory) -> None:
    made = study(melt_quench={"supercell": [2, 2, 2]})
    cells = made.cells()["zinc"]
    assert (cells.system.atoms, cells.melt_atoms) == (6, 48)
    assert any("2x2x2, 48 atoms" in note for note in made.cell_notes())


def test_a_melt_of_too_many_atoms_is_refused(wrong: Factory) -> None:
    (problem,) = wrong(melt_quench={"supercell": [20, 20, 20]})
    assert problem.field == "melt_quench.supercell"
    assert "48000 atoms" in problem.found


def test_a_crystal_of_too_many_atoms_is_refused(wrong: Factory) -> None:
    (problem,) = wrong(systems={"zinc": {"structure": "given", "supercell": [20, 20, 20]}})
    assert problem.field == "systems.zinc.supercell"


def test_a_thin_cell_of_states_is_only_warned_of(study: Factory) -> None:
    systems = {"zinc": {"structure": "given", "supercell": [1, 1, 1]}}
    made = study(wide(6.0), systems=systems, melt_quench=None, states={})
    assert "warning: the cell is 11.00 Å thick" in made.cell_notes()[0]


@pytest.mark.parametrize("find", [None])
def test_without_a_profile_no_cell_is_refused_for_its_thickness(study: Factory, find: None) -> None:
    assert study(find).cells()["zinc"].system.atoms == 6
