"""Quantities carry units, and say so when they do not."""

import math
import re

import pytest

from aiida_zif.plugins.input_checks.quantities import (
    ATOMIC_ENERGY,
    FORCE,
    INTERVAL,
    LENGTH,
    MD_TIME,
    PRESSURE,
    STRESS,
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
    assert f"'{value} K'" in caught.value.fix


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


@pytest.mark.parametrize(
    ("dimension", "text", "value"),
    [
        (PRESSURE, "760 Torr", 1.01325e-4),
        (PRESSURE, "760 mmHg", 760 * 1.33322387415e-7),
        (PRESSURE, "1 Mbar", 100.0),
        (PRESSURE, "1 mbar", 1e-7),
        (PRESSURE, "1013.25 hPa", 1.01325e-4),
        (PRESSURE, "0.01 eV/A^3", 1.602176634),
        (TEMPERATURE, "1 kK", 1000.0),
        (TEMPERATURE, "300\u00a0K", 300.0),
        (FORCE, "20 kcal/mol/Å", 20 * 4184 / 6.02214076e23 / 1.602176634e-19),
        (FORCE, "1 kJ/mol/nm", 100 / 6.02214076e23 / 1.602176634e-19),
        (FORCE, "0.1 Ry/bohr", 2.571103373816),
        (ATOMIC_ENERGY, "1 kJ/mol", 1000 / 6.02214076e23 / 1.602176634e-19),
        (WALLTIME, "12:00:00", 43200.0),
        (WALLTIME, "1-12:00:00", 129600.0),
    ],
)
def test_units_of_other_programs_are_converted_exactly(dimension: Dimension, text: str, value: float) -> None:
    assert dimension.parse(text) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("dimension", "text", "fix"),
    [
        (PRESSURE, "1 mPa", "write '1e-12 GPa', if you do not mean MPa"),
        (PRESSURE, "1 mpa", "write the unit with its capital letters: mPa or MPa"),
        (PRESSURE, "14.7 psi", "write '0.0001013529322 GPa'"),
        (PRESSURE, "1e9 N/m^2", "write '1e9 Pa'"),
        (TEMPERATURE, "300 mK", "write '0.3 K', if you do not mean MK"),
        (TEMPERATURE, "25 C", "write '298.15 K'"),
        (TEMPERATURE, "77 degF", "write '298.15 K'"),
        (TEMPERATURE, "0.1 eV", "eV is a unit of energy; give the temperature in one of those allowed"),
        (TEMPERATURE, "1_000 K", "write the number without anything between its digits"),
        (TIMESTEP, "0,5 fs", "write a point in place of the comma, and nothing between thousands"),
        (FORCE, "0.1 Eh/a0", "write '0.1 hartree/bohr'"),
        (FORCE, "1 kJ/(mol nm)", "write '1 kJ/mol/nm'"),
        (FORCE, "100 meV Å⁻¹", "write '100 meV/Å'"),
        (FORCE, "1 nN", "write '0.6241509074 eV/Å'"),
        (WALLTIME, "90 minutes", "write '90 min'"),
        (WALLTIME, "1 week", "write '604800 s'"),
        (WALLTIME, "1:30", "write hours:minutes:seconds, such as '0:30:00'"),
        (MD_TIME, "12:00:00", "write one number with its unit"),
        (INTERVAL, "1 s", "that is 1e+15 fs; take a value from 0 fs up to 1e+06 fs"),
    ],
)
def test_a_suggestion_is_the_value_that_was_written_or_none(dimension: Dimension, text: str, fix: str) -> None:
    with pytest.raises(QuantityError) as caught:
        dimension.parse(text)
    assert caught.value.fix == fix


@pytest.mark.parametrize("text", ["0.3 Å", "1.9 Å", "50 Å"])
def test_a_cut_off_that_sees_no_neighbour_or_thousands_is_refused(text: str) -> None:
    with pytest.raises(QuantityError, match="impossible length"):
        LENGTH.parse(text)


UNITS = {
    TEMPERATURE: "K k kelvin kilokelvin mK MK C degC F eV °C",
    PRESSURE: "gpa Gpa mpa mPa PA Kbar MBar TORR ATM psi N/m^2 dyn/cm^2 eV/Ang**3 Ha/bohr^3 katm gigapascal K",
    STRESS: "gpa kpa Pa PA Kbar MBar TORR ATM psi N/m^2 eV/Ang**3 Ha/bohr^3 kilobar GPa/s",
    TIMESTEP: "FS Fs PS ns as µs s femtoseconds THz",
    WALLTIME: "sec Hours D week ms M m h30m",
    LENGTH: "ANG Angstroms NM M m µm a0 Bohr au fm",
    FORCE: "ev/A EV/A mev/A ry/bohr Eh/a0 Ha/Å kcal/(mol*Å) kJ/mol/nm nN dyn J/m eV",
    ATOMIC_ENERGY: "eV eV/at EV/atom Ha/atom KJ/mol kJ/mol/atom MeV/atom J/mol",
}


@pytest.mark.parametrize("dimension", UNITS, ids=lambda dimension: dimension.name)
@pytest.mark.parametrize("number", ["1e-3", "0.3", "7.5", "300", "2e5"])
def test_every_suggestion_is_accepted_when_it_is_pasted(dimension: Dimension, number: str) -> None:
    for unit in UNITS[dimension].split():
        for suggestion in re.findall("'([^']*)'", _fix(dimension, f"{number} {unit}")):
            assert math.isfinite(dimension.parse(suggestion)), (unit, suggestion)


def _fix(dimension: Dimension, text: str) -> str:
    try:
        assert math.isfinite(dimension.parse(text))
    except QuantityError as error:
        return "" if "such as" in error.fix else error.fix
    return ""


def test_a_suggestion_beyond_the_range_is_not_made() -> None:
    with pytest.raises(QuantityError) as caught:
        PRESSURE.parse("300 gpa")
    assert caught.value.fix == "GPa? that is 300 GPa; take a value from -10 GPa up to 100 GPa"


@pytest.mark.parametrize(("text", "value"), [("2 eV/Å³", 2 * 160.2176634), ("1 Mbar", 100.0), ("1e9 Pa", 1.0)])
def test_stresses_take_the_units_of_pressures(text: str, value: float) -> None:
    assert STRESS.parse(text) == pytest.approx(value, rel=1e-12)
