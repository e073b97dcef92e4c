"""A virial that is not the derivative of the energy is found, whichever component is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from aiida_zif.plugins.lammps.driver.pressure import VIRIAL, compare
from aiida_zif.plugins.lammps.production.inputs import strained_cells

CELL = np.array([[15.0, 0.0, 0.0], [1.5, 14.0, 0.0], [-2.0, 3.0, 18.0]])
STRESS = np.array([[1.0, 0.3, -0.2], [0.3, 2.0, 0.5], [-0.2, 0.5, -1.5]])
"""GPa: pressure tensor of a solid whose energy is harmonic in the strain."""
GPA_PER_EV_A3 = 160.2176634


def lines(virial: dict[str, float] | None = None) -> list[str]:
    """What LAMMPS would write for such a solid, with a virial that may be wrong, GPa."""
    volume = abs(np.linalg.det(CELL))
    names = dict(zip(VIRIAL, [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)], strict=True))
    says = {name: STRESS[place] for name, place in names.items()} | (virial or {})
    words = " ".join(f"{1e4 * says[name]:.10g}" for name in VIRIAL)
    rows = []
    for name, size, cell in strained_cells(CELL):
        strain = np.linalg.solve(CELL, cell) - np.eye(3)
        strain = (strain + strain.T) / 2
        energy = volume / GPA_PER_EV_A3 * (-(STRESS * strain).sum() + 5.0 * (strain**2).sum())
        rows.append(f"{name} {size:.10g} {energy - 60000:.14g} {volume:.12g} {words}")
    return rows


def test_a_consistent_virial_passes_in_a_tilted_cell() -> None:
    found = compare(lines())
    assert found is not None
    assert found["passed"]
    for name, value in (("xx", 1.0), ("zz", -1.5), ("xy", 0.3), ("yz", 0.5), ("pressure", 0.5)):
        assert found["components"][name]["minus_dedv"] == pytest.approx(value, abs=1e-4), name


@pytest.mark.parametrize("name", VIRIAL)
@pytest.mark.parametrize("wrong", [0.0, float("nan"), "opposite"])
def test_a_component_that_is_wrong_fails(name: str, wrong: float | str) -> None:
    place = dict(zip(VIRIAL, [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)], strict=True))[name]
    found = compare(lines({name: -STRESS[place] if wrong == "opposite" else float(wrong)}))
    assert found is not None
    assert not found["passed"]


def test_a_comparison_that_is_not_whole_is_none() -> None:
    assert compare(lines()[:-1]) is None
    assert compare([]) is None
