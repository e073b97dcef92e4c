"""Values with their errors as text."""

from __future__ import annotations

import math

import pytest

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.provenance.values import basis_in_words, committee_in_words, difference_in_words, value_in_words


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (1.3871, 0.0103, "1.387 ± 0.010"),
        (863.2, 12.4, "863 ± 12"),
        (1234.0, 137.0, "1230 ± 140"),
        (-0.108, 0.0096, "-0.1080 ± 0.0096"),
        (0.5, 0.0996, "0.50 ± 0.10"),
        (3.98, 0.0, "3.98 ± 0"),
        (3.98123, None, "3.981"),
        (3.98123, math.nan, "3.981"),
        (-0.0004, 0.1, "0.00 ± 0.10"),
        (51234.0, None, "51234"),
    ],
)
def test_a_value_has_the_decimals_of_its_error(value: float, error: float | None, words: str) -> None:
    assert value_in_words(Measured(value=value, error=error)) == words


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_what_was_not_measured_is_a_dash(value: float | None) -> None:
    assert value_in_words(Measured(value=value, unit="K", error=1.0)) == "–"
    assert value_in_words(None) == "–"
    assert basis_in_words(Measured(value=value)) == ""


def test_the_unit_stands_behind_the_error_and_can_be_left_to_the_head_of_a_column() -> None:
    density = Measured(value=1.387, error=0.01, unit="g/cm³")
    assert value_in_words(density) == "1.387 ± 0.010 g/cm³"
    assert value_in_words(density, unit=False) == "1.387 ± 0.010"


def test_every_error_says_what_it_stands_on() -> None:
    assert basis_in_words(Measured(value=1.0, error=0.1, error_from="replicas", n=3)) == "3 replicas"
    assert basis_in_words(Measured(value=1.0, error=0.1, error_from="blocks", n=1)) == "1 block"
    assert basis_in_words(Measured(value=1.0, error=0.1, error_from="bootstrap", n=9)) == "bootstrap, 9 samples"
    assert basis_in_words(Measured(value=1.0, error=0.1, error_from="source")) == "as the source states"
    assert basis_in_words(Measured(value=1.0)) == "no error"


def test_the_spread_of_the_models_is_said_apart_from_the_error() -> None:
    assert committee_in_words(Measured(value=1.0, error=0.1, committee=0.023)) == "models ± 0.023"
    assert committee_in_words(Measured(value=1.0, error=0.1)) == ""


def test_a_difference_has_its_sign_and_both_errors() -> None:
    ours, theirs = Measured(value=1.387, error=0.03), Measured(value=1.262, error=0.04)
    assert difference_in_words(ours, theirs) == "+0.125 ± 0.050"
    assert difference_in_words(theirs, ours) == "-0.125 ± 0.050"
    assert difference_in_words(ours, Measured(value=1.0)) == "+0.387"
    assert difference_in_words(ours, Measured()) == "–"
