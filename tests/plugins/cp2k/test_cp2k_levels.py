"""Levels of theory: hash, overrides, refusals, and agreement with CP2K's data files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from aiida_zif.plugins.cp2k.levels import Level, available_levels, load_level

DATA = Path("/usr/share/cp2k")


def test_the_shipped_levels() -> None:
    assert available_levels() == ["gfn1-xtb", "pbe-d3", "pbe-d3-fast"]


def test_every_level_has_a_hash_of_its_own() -> None:
    assert len({load_level(name).hash for name in available_levels()}) == 3


@pytest.mark.parametrize("name", ["gfn1-xtb", "pbe-d3", "pbe-d3-fast"])
def test_a_level_survives_being_stored(name: str) -> None:
    level = load_level(name)
    assert Level.from_dict(json.loads(json.dumps(level.as_dict()))) == level


def test_an_override_changes_hash_and_line() -> None:
    level = load_level("pbe-d3", {"MGRID/CUTOFF": 800})
    assert level.hash != load_level("pbe-d3").hash
    assert "CUTOFF 800" in level.line


def test_an_override_by_the_same_number_changes_nothing() -> None:
    assert load_level("pbe-d3", {"MGRID/CUTOFF": 600.0}).hash == load_level("pbe-d3").hash


def test_settings_that_change_only_the_cost_leave_the_hash_alone() -> None:
    level = load_level("gfn1-xtb")
    content = level.as_dict()
    content["settings"]["solver"]["FORCE_EVAL"]["DFT"]["SCF"]["MAX_SCF"] = 99
    assert Level.from_dict(content).hash == level.hash


def test_settings_changed_by_hand_are_refused() -> None:
    content = load_level("pbe-d3").as_dict()
    content["settings"]["energy"]["MGRID"]["CUTOFF"] = 300
    with pytest.raises(ValueError, match="does not belong to its settings"):
        Level.from_dict(content)


@pytest.mark.parametrize(
    ("name", "overrides", "words"),
    [
        ("pbe", {}, "choose one of gfn1-xtb, pbe-d3, pbe-d3-fast"),
        ("pbe-d3", {"MGRID/CUTOF": 300}, "it has .*MGRID/CUTOFF"),
        ("pbe-d3", {"MGRID": {}}, "no setting 'MGRID'"),
        ("pbe-d3", {"SCF/EPS_SCF": "1e-7"}, "positive number; YAML reads"),
        ("pbe-d3", {"MGRID/CUTOFF": -5}, "must be a positive number"),
        ("gfn1-xtb", {"QS/METHOD": 3}, "must be a value like 'XTB'"),
    ],
)
def test_a_wrong_level_or_override_is_answered_with_what_is_allowed(name: str, overrides: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        load_level(name, overrides)


def test_an_element_outside_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no parameters for Co, Fe; it knows H, Li"):
        load_level("gfn1-xtb").check_elements(["H", "Fe", "Co"])


def test_an_odd_number_of_electrons_is_refused() -> None:
    with pytest.raises(ValueError, match="19 valence electrons, an odd number"):
        load_level("pbe-d3").check_elements(["Zn", "H", "H", "N"])


@pytest.mark.skipif(not DATA.is_dir(), reason="CP2K's data files are not installed")
@pytest.mark.parametrize("name", ["pbe-d3", "pbe-d3-fast"])
def test_valences_are_the_defaults_of_the_named_families(name: str) -> None:
    settings = load_level(name).settings
    files = {"basis": "BASIS_MOLOPT", "potential": "GTH_POTENTIALS"}
    for key, file in files.items():
        content = (DATA / file).read_text()
        for symbol, electrons in settings["valence"].items():
            family = re.escape(settings[key])
            line = rf"^\s*{symbol}\s.*(?=.*{family}-q{electrons}\b).*{family}(?!-)"
            assert re.search(line, content, re.MULTILINE), f"{symbol} {settings[key]}-q{electrons} in {file}"


@pytest.mark.skipif(not DATA.is_dir(), reason="CP2K's data files are not installed")
def test_every_element_of_the_tight_binding_level_has_parameters() -> None:
    parameters = (DATA / "xTB_parameters").read_text()
    for symbol in load_level("gfn1-xtb").elements:
        assert re.search(rf"^\s+{symbol}\s+[\d.]", parameters, re.MULTILINE), symbol
