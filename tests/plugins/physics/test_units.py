"""Units as people write them, and what they are worth in eV and Å."""

from __future__ import annotations

import pytest

from aiida_zif.plugins.physics.units import factor, unit_of


def worth(quantity: str, text: str) -> float | None:
    unit = unit_of(quantity, text)
    return None if unit is None else factor(quantity, unit)


@pytest.mark.parametrize(
    ("quantity", "text", "value"),
    [
        ("energy", "eV", 1.0),
        ("energy", "EV", 1.0),
        ("energy", "meV", 1e-3),
        ("energy", "Hartree", 27.211386245988),
        ("energy", "a.u.", 27.211386245988),
        ("energy", "Ry", 13.605693122994),
        ("energy", "kcal/mol", 0.0433641042418009),
        ("energy", "kcal_mol", 0.0433641042418009),
        ("energy", "kJ mol^-1", 0.0103642696562622),
        ("forces", "eV/Angstrom", 1.0),
        ("forces", "eV A^-1", 1.0),
        ("forces", "eV·Å⁻¹", 1.0),
        ("forces", "ev_per_ang", 1.0),
        ("forces", "Ha/Bohr", 51.4220674763259),
        ("forces", "au", 51.4220674763259),
        ("forces", "Ry/bohr", 25.7110337381629),
        ("forces", "kcal/(mol*A)", 0.0433641042418009),
        ("forces", "kJ/mol/nm", 0.00103642696562622),
        ("stress", "eV/Å³", 1.0),
        ("stress", "eV/Ang**3", 1.0),
        ("stress", "eV*A^-3", 1.0),
        ("stress", "GPa", 0.00624150907446076),
        ("stress", "kB", 0.000624150907446076),
        ("stress", "bar", 6.24150907446076e-7),
        ("stress", "hartree/bohr^3", 183.631536449695),
        ("virial", "rydberg", 13.605693122994),
        ("length", "Bohr", 0.529177210903),
        ("length", "angstrom", 1.0),
        ("length", "nm", 10.0),
    ],
)  # fmt: skip
def test_a_unit_is_worth_what_codata_says(quantity: str, text: str, value: float) -> None:
    assert worth(quantity, text) == pytest.approx(value, rel=2e-14)


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        ("energy", "MeV"), ("energy", "mev"), ("energy", "eV/atom"), ("energy", "kcal"), ("energy", "metal"),
        ("forces", "eV"), ("forces", "eV/Å^3"), ("stress", "eV/Å"), ("stress", "mPa"), ("length", "m"),
        ("virial", "kbar"),
        ("energy", ""), ("forces", "hartree/"),
    ],
)  # fmt: skip
def test_what_is_no_unit_of_the_quantity_is_none(quantity: str, text: str) -> None:
    assert unit_of(quantity, text) is None


def test_units_of_a_campaign_file_are_the_same_ones() -> None:
    from aiida_zif.plugins.input_checks.quantities import FORCE, LENGTH

    assert FORCE.parse("1 hartree/bohr") == pytest.approx(worth("forces", "hartree/bohr"), rel=1e-15)
    assert LENGTH.parse("10 bohr") == pytest.approx(10 * worth("length", "bohr"), rel=1e-15)
