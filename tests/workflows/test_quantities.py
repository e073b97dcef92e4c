"""Quantities carry units, and say so when they do not."""

import pytest

from aiida_zif.workflows.quantities import (
    FORCE,
    INTERVAL,
    LENGTH,
    MD_TIME,
    PRESSURE,
    TEMPERATURE,
    TIMESTEP,
    WALLTIME,
    Dimension,
    QuantityError,
)


@pytest.mark.parametrize(
    ("dimension", "text", "value"),
    [
        (TEMPERATURE, "300 K", 300.0),
        (TEMPERATURE, "300K", 300.0),
        (TEMPERATURE, "-10 °C", 263.15),
        (PRESSURE, "1 GPa", 1.0),
        (PRESSURE, "10 kbar", 1.0),
        (PRESSURE, "-0.5 GPa", -0.5),
        (PRESSURE, "1 bar", 1e-4),
        (PRESSURE, "1 atm", 1.01325e-4),
        (TIMESTEP, "0.5 fs", 0.5),
        (TIMESTEP, ".25 fs", 0.25),
        (MD_TIME, "1 ps", 1000.0),
        (INTERVAL, "0 fs", 0.0),
        (WALLTIME, "1 h", 3600.0),
        (WALLTIME, "30 min", 1800.0),
        (WALLTIME, "1.5 d", 129600.0),
        (LENGTH, "6 Å", 6.0),
        (LENGTH, "6 \u212b", 6.0),
        (LENGTH, "6 A\u030a", 6.0),
        (LENGTH, "6 A", 6.0),
        (LENGTH, "6 angstrom", 6.0),
        (LENGTH, "0.6 nm", 6.0),
        (LENGTH, "10 bohr", 5.29177210903),
        (FORCE, "0.1 eV/Å", 0.1),
        (FORCE, "100 meV/Å", 0.1),
        (FORCE, "0.1 eV/A", 0.1),
        (FORCE, "0.1 eV / Angstrom", 0.1),
        (FORCE, "1e-1 eV/Å", 0.1),
    ],
)
def test_units_are_converted(dimension: Dimension, text: str, value: float) -> None:
    assert dimension.parse(text) == pytest.approx(value)


def test_a_hartree_per_bohr_is_51_electronvolts_per_angstrom() -> None:
    assert FORCE.parse("1 hartree/bohr") == pytest.approx(51.4220674763)  # CODATA 2018


@pytest.mark.parametrize("value", [300, 300.0, "300"])
def test_a_bare_number_is_refused_with_the_unit_that_is_wanted(value: object) -> None:
    with pytest.raises(QuantityError) as caught:
        TEMPERATURE.parse(value)
    assert f"'{value} K'" in caught.value.mend


@pytest.mark.parametrize("text", ["300 GPa", "300 Kelvin", "300 K K", "300 mK"])
def test_a_wrong_unit_is_refused(text: str) -> None:
    with pytest.raises(QuantityError, match="found the unit"):
        TEMPERATURE.parse(text)


def test_a_misspelt_unit_gets_a_proposal() -> None:
    with pytest.raises(QuantityError, match="did you mean '1 GPa'"):
        PRESSURE.parse("1 gpa")


@pytest.mark.parametrize("text", ["0 K", "-1 K", "5001 K", "-300 °C", "1e999 K"])
def test_an_impossible_temperature_is_refused(text: str) -> None:
    with pytest.raises(QuantityError, match="impossible temperature"):
        TEMPERATURE.parse(text)


@pytest.mark.parametrize("value", [None, True, [], {}, "", "K", "nan K", "inf K", "three hundred K", "٣٠٠ K", "1" * 99])
def test_what_is_no_quantity_is_refused(value: object) -> None:
    with pytest.raises(QuantityError):
        TEMPERATURE.parse(value)
