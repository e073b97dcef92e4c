"""First frames: from structures as they are, perturbed, and from where a run was interrupted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida import orm

from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.workflows.structures import first_frames

Factory = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("aiida_profile")


def body(name: str) -> Callable[..., Any]:
    """Return the function inside a calcfunction; what AiiDA adds to it is not what is tested here."""
    function: Callable[..., Any] = getattr(first_frames, name).__wrapped__
    return function


# -- from structures -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def structure(aiida_profile: object, atoms: Any) -> orm.StructureData:
    """The framework as a node."""
    return orm.StructureData(ase=atoms)


def perturb(structure: orm.StructureData, frames: int = 5, seed: int = 1, displacement: float = 0.1) -> FramesData:
    """Return strained and rattled copies."""
    recipe = {"frames": frames, "displacement": displacement, "strain": 0.02}
    start = orm.Dict({"system": "zinc", "perturbed": recipe, "seed": seed})
    made: FramesData = body("frames_from_structure")(structure, start)
    return made


def test_a_labelling_may_start_from_the_structure_as_it_is(structure: orm.StructureData, atoms: Any) -> None:
    made = body("frames_from_structure")(structure, orm.Dict({"system": "zinc", "perturbed": None}))
    assert (made.n_frames, made.system, made.symbols) == (1, "zinc", atoms.get_chemical_symbols())
    np.testing.assert_allclose(made.positions[0], atoms.positions)
    np.testing.assert_allclose(made.cells[0], atoms.cell[:])


def test_perturbed_copies_differ_from_each_other_and_from_the_structure(structure: orm.StructureData) -> None:
    original = body("frames_from_structure")(structure, orm.Dict({"system": "zinc", "perturbed": None}))
    made = perturb(structure)
    assert made.n_frames == 5
    assert len({*made.frame_ids(), *original.frame_ids()}) == 6


def test_perturbed_copies_are_strained_no_further_than_asked(structure: orm.StructureData, atoms: Any) -> None:
    strain = perturb(structure, frames=50).cells @ np.linalg.inv(atoms.cell[:]) - np.eye(3)
    assert 0.01 < np.abs(strain).max() <= 0.02
    np.testing.assert_allclose(strain, strain.transpose(0, 2, 1), atol=1e-12)


def test_atoms_of_perturbed_copies_are_displaced_as_far_as_asked(structure: orm.StructureData, atoms: Any) -> None:
    made = perturb(structure, frames=200)
    fractional = atoms.positions @ np.linalg.inv(atoms.cell[:])
    assert (made.positions - fractional @ made.cells).std() == pytest.approx(0.1, rel=0.05)


def test_perturbed_copies_follow_from_their_seed(structure: orm.StructureData) -> None:
    assert perturb(structure, seed=1).frame_ids() == perturb(structure, seed=1).frame_ids()
    assert not set(perturb(structure, seed=1).frame_ids()) & set(perturb(structure, seed=2).frame_ids())


# -- interrupted runs ------------------------------------------------------------------------------------------


def test_the_last_frame_of_a_block_is_unlabelled(block: Factory) -> None:
    last = body("last_frame")(block(3))
    assert type(last) is FramesData
    assert set(last.get_arraynames()) == {"cells", "positions"}
    assert last.frame_ids() == block(3).frame_ids()[-1:]
