"""Scattering lengths and form factors, isotopes, and means over a composition."""

from __future__ import annotations

import numpy as np
import pytest

from aiida_zif.plugins.analysis.structure.scattering_lengths import DEUTERATED, scattering_lengths

FORMULA = {"C": 6, "H": 6, "N": 4, "Zn": 1}
Q = np.array([0.0, 1.0, 5.0, 20.0])


def test_hydrogen_scatters_neutrons_with_the_opposite_sign() -> None:
    lengths = scattering_lengths(FORMULA, "neutron")
    assert lengths.of("H", Q) == pytest.approx(np.full(4, -3.739), abs=0.005)
    assert lengths.weight("C", "H", Q)[0] < 0 < lengths.weight("C", "N", Q)[0]


def test_deuterium_does_not() -> None:
    lengths = scattering_lengths(FORMULA, "neutron", DEUTERATED)
    assert lengths.of("H", 0.0) == pytest.approx(6.671, abs=0.01)
    assert lengths.weight("C", "H", Q)[0] > 0


@pytest.mark.parametrize(("element", "length"), [("C", 6.646), ("N", 9.36), ("Zn", 5.68)])
def test_natural_elements_have_the_tabulated_lengths(element: str, length: float) -> None:
    assert scattering_lengths(FORMULA, "neutron").of(element, 0.0) == pytest.approx(length, abs=0.005)


@pytest.mark.parametrize(("element", "electrons"), [("H", 1), ("C", 6), ("N", 7), ("Zn", 30)])
def test_form_factors_begin_at_the_number_of_electrons_and_fall(element: str, electrons: int) -> None:
    factors = scattering_lengths(FORMULA, "x-ray").of(element, Q)
    assert factors[0] == pytest.approx(electrons, rel=2e-3)
    assert (np.diff(factors) < 0).all()
    assert factors[-1] >= 0


def test_xrays_do_not_see_isotopes() -> None:
    plain, heavy = (scattering_lengths(FORMULA, "x-ray", isotopes) for isotopes in (None, DEUTERATED))
    assert (plain.of("H", Q) == heavy.of("H", Q)).all()


@pytest.mark.parametrize("radiation", ["neutron", "x-ray"])
def test_weights_sum_to_the_square_of_the_mean(radiation: str) -> None:
    lengths = scattering_lengths(FORMULA, radiation)  # type: ignore[arg-type]
    total = sum(lengths.weight(a, b, Q) for a in FORMULA for b in FORMULA if a <= b)
    assert total == pytest.approx(lengths.mean(Q) ** 2)
    assert (lengths.mean(Q) ** 2 < lengths.mean_square(Q)).all()


def test_a_list_of_atoms_and_a_formula_are_the_same() -> None:
    atoms = [element for element, number in FORMULA.items() for _ in range(number)]
    assert scattering_lengths(atoms, "neutron") == scattering_lengths(FORMULA, "neutron")


@pytest.mark.parametrize(
    ("symbols", "radiation", "isotopes", "word"),
    [
        (FORMULA, "electron", None, "allowed are neutron, x-ray"),
        ({"Zz": 1}, "neutron", None, "found 'Zz'"),
        (FORMULA, "neutron", {"O": 18}, "the atoms are C, H, N, Zn"),
        (FORMULA, "neutron", {"H": 9}, "no such isotope"),
    ],
)
def test_what_is_not_tabulated_is_refused(symbols: object, radiation: str, isotopes: object, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        scattering_lengths(symbols, radiation, isotopes)  # type: ignore[arg-type]


def test_a_form_factor_beyond_its_table_is_refused() -> None:
    with pytest.raises(ValueError, match=r"tabulated up to 75\.4"):
        scattering_lengths(FORMULA, "x-ray").of("Zn", [10.0, 80.0])
