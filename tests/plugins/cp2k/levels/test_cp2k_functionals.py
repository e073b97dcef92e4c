"""Which functional a section XC stands for, and what was made for it."""

from __future__ import annotations

from typing import Any

import pytest

from aiida_zif.plugins.cp2k.levels.functionals import family_of, functional_in_words, functional_of

PBE0 = {"XC_FUNCTIONAL": {"PBE": {"SCALE_X": 0.75, "SCALE_C": 1.0}}, "HF": {"FRACTION": 0.25}}
HSE06 = {"XC_FUNCTIONAL": {"PBE": {"SCALE_X": 1.0}, "XWPBE": {"SCALE_X": -0.25, "SCALE_X0": 1.0}}}


@pytest.mark.parametrize(
    ("xc", "name"),
    [
        ({"XC_FUNCTIONAL": {"_": "PBE"}}, "PBE"),
        ({"XC_FUNCTIONAL": {"_": "NO_SHORTCUT", "PBE": {}}}, "PBE"),
        ({"XC_FUNCTIONAL": {"_": "PBE", "PBE": {}}}, "PBE"),
        ({"XC_FUNCTIONAL": {"PBE": {"PARAMETRIZATION": "PBESOL"}}}, "PBESOL"),
        ({"XC_FUNCTIONAL": {"_": "PBE", "PBE": {"PARAMETRIZATION": "PBESOL"}}}, "PBESOL"),
        ({"XC_FUNCTIONAL": {"PBE": {"_": "T"}, "LYP": {"_": "F"}}}, "PBE"),
        ({"XC_FUNCTIONAL": {"_": "PADE"}}, "LDA"),
        ({"XC_FUNCTIONAL": {"BECKE88": {}, "LYP": {}}}, "BLYP"),
        ({"XC_FUNCTIONAL": {"HCTH": {"PARAMETER_SET": "407"}}}, "HCTH407"),
        ({"XC_FUNCTIONAL": {"MGGA_X_R2SCAN": {}, "MGGA_C_R2SCAN": {}}}, "R2SCAN"),
        ({"XC_FUNCTIONAL": {"GGA_X_PBE_R": {}, "GGA_C_PBE": {}}}, "REVPBE"),
        ({"XC_FUNCTIONAL": {"GGA_X_PBE": {"SCALE": 1.0}, "GGA_C_PBE": {}}}, "PBE"),
        (PBE0, "PBE0"),
        (HSE06 | {"HF": {"FRACTION": 0.25}}, "HSE06"),
        ({"XC_FUNCTIONAL": {"_": "NONE"}, "HF": {"FRACTION": 1.0}}, "HF"),
        ({"XC_FUNCTIONAL": {"_": "NONE"}}, "NONE"),
    ],
)
def test_a_functional_is_known_by_all_its_spellings(xc: dict[str, Any], name: str) -> None:
    assert functional_of(xc) == name


@pytest.mark.parametrize(
    "xc",
    [
        {"XC_FUNCTIONAL": {"_": "PBE", "MGGA_X_R2SCAN": {}}},
        {"XC_FUNCTIONAL": {"PBE": {"SCALE_X": 0.75}}},
        {"XC_FUNCTIONAL": {"_": "PBE"}, "HF": {"FRACTION": 0.25}},
        {"XC_FUNCTIONAL": {"_": "PBE"}, "HF": {}},
        PBE0 | {"HF": {"FRACTION": 0.5}},
        {"XC_FUNCTIONAL": {"GGA_X_PBE": {}, "GGA_C_LYP": {}}},
        {"XC_FUNCTIONAL": {"MGGA_X_R2SCAN": {"_K1": 0.2}, "MGGA_C_R2SCAN": {}}},
    ],
)
def test_a_mixture_is_none_of_the_functionals_that_it_is_made_of(xc: dict[str, Any]) -> None:
    assert functional_of(xc) is None


def test_a_functional_is_named_with_what_it_is_made_of() -> None:
    assert functional_in_words({"XC_FUNCTIONAL": {"_": "BLYP"}}) == "BLYP"
    assert functional_in_words({"XC_FUNCTIONAL": {"BECKE88": {}, "LYP": {}}}) == "BLYP (BECKE88 + LYP)"
    assert functional_in_words({"XC_FUNCTIONAL": {"_": "PBE"}, "HF": {"FRACTION": 0.1}}) == "PBE + HF"


@pytest.mark.parametrize(
    ("name", "made_for"),
    [
        ("GTH-PBE", "PBE"),
        ("GTH-GGA", "PBE"),
        ("GTH-NLCC-PBE", "PBE"),
        ("GTH-HYB", "PBE0"),
        ("GTH-PADE", "LDA"),
        ("GTH-LDA", "LDA"),
        ("GTH-PBESol", "PBESOL"),
        ("DZVP-MOLOPT-SR-GTH", None),
        ("DZVP-MOLOPT-SCAN-GTH", "SCAN"),
        ("TZVP-MOLOPT-MGGA-GTH", "SCAN"),
        ("DZVP-GTH-BLYP", "BLYP"),
        ("ALL", None),
        ("", None),
    ],
)
def test_a_family_says_what_it_was_made_for(name: str, made_for: str | None) -> None:
    assert family_of(name) == made_for
