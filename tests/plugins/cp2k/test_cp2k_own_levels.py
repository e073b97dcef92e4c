"""Levels of the user's own: what a level file may say."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest
import yaml

from aiida_zif.plugins.cp2k.levels import FOLDER, Level, LevelError, load_level
from aiida_zif.plugins.cp2k.task import read_task
from aiida_zif.plugins.cp2k.writing.inputs import cp2k_input

BLYP: dict[str, Any] = yaml.safe_load("""
description: Another functional.
label: BLYP+D3
energy:
  BASIS_SET_FILE_NAME: BASIS_MOLOPT
  POTENTIAL_FILE_NAME: GTH_POTENTIALS
  QS: {METHOD: GPW, EPS_DEFAULT: 1.0e-12}
  MGRID: {CUTOFF: 500}
  SCF: {EPS_SCF: 1.0e-6}
  XC: {XC_FUNCTIONAL: {_: BLYP}}
solver:
  GLOBAL: {PREFERRED_DIAG_LIBRARY: SCALAPACK}
  FORCE_EVAL: {DFT: {SCF: {OT: {MINIMIZER: CG}}}}
batch: {QS: {EXTRAPOLATION: USE_PREV_WF}}
basis: DZVP-MOLOPT-SR-GTH
potential: GTH-BLYP
valence: {H: 1, Zn: 12}
""")


def changed(path: str, value: Any) -> dict[str, Any]:
    """The level above with one value set, or taken away if it is None."""
    content: dict[str, Any] = copy.deepcopy(BLYP)
    *sections, last = path.split("/")
    below = content
    for name in sections:
        below = below.setdefault(name, {})
    below[last] = value
    if value is None:
        del below[last]
    return content


def test_a_level_of_ones_own_is_a_level_like_any_other() -> None:
    level = load_level("my-blyp", {"MGRID/CUTOFF": 600}, BLYP)
    assert Level.from_dict(json.loads(json.dumps(level.as_dict()))) == level
    content = cp2k_input(level, read_task({"mode": "batch"}), ["Zn", "H", "H"], np.eye(3) * 9)
    assert content["FORCE_EVAL"]["DFT"]["XC"] == {"XC_FUNCTIONAL": {"_": "BLYP"}}
    assert content["FORCE_EVAL"]["DFT"]["MGRID"]["CUTOFF"] == 600


def test_the_name_is_not_part_of_the_hash() -> None:
    shipped = yaml.safe_load((FOLDER / "pbe-d3.yaml").read_text())
    assert load_level("renamed", definition=shipped).hash == load_level("pbe-d3").hash


def test_the_line_names_basis_set_and_potential_that_the_label_does_not() -> None:
    shipped = yaml.safe_load((FOLDER / "pbe-d3.yaml").read_text())
    other = load_level("copied", definition=shipped | {"basis": "DZVP-GTH-PBE"})
    assert other.line == f"{load_level('pbe-d3').line}; basis DZVP-GTH-PBE"
    assert load_level("pbe-d3", {"basis": "DZVP-GTH-PBE"}).line == other.line


def test_a_definition_is_not_changed_by_its_level() -> None:
    before = copy.deepcopy(BLYP)
    load_level("my-blyp", {"MGRID/CUTOFF": 600}, BLYP).settings["energy"]["MGRID"]["CUTOFF"] = 1
    assert before == BLYP


@pytest.mark.parametrize("name", ["pbe-d3", "a b", "", "../x"])
def test_a_name_that_ships_or_is_none_is_refused(name: str) -> None:
    with pytest.raises(LevelError, match="rename your level"):
        load_level(name, definition=BLYP)


@pytest.mark.parametrize(
    ("path", "value", "field", "words"),
    [
        ("label", None, "label", "found nothing"),
        ("energie", {}, "energie", "did you mean 'energy'"),
        ("energy", "PBE", "energy", "allowed: a section"),
        ("description", 3, "description", "allowed: text"),
        ("basis", None, "basis", "nothing, with QS/METHOD GPW"),
        ("energy/SCF", None, "energy.SCF.EPS_SCF", "1.0e-6 or tighter"),
        ("energy/MGRID/CUTOF", 300, "energy.MGRID.CUTOF", "did you mean 'CUTOFF'"),
        ("energy/MULTIPLICITY", 3, "energy.MULTIPLICITY", "under systems.NAME"),
        ("energy/QS/METHOD", "GPV", "energy.QS.METHOD", "did you mean 'GPW'"),
        ("batch/MGRID", {"CUTOFF": 300}, "batch.MGRID.CUTOFF", "move it to the block energy"),
        ("solver/FORCE_EVAL/DFT/QS", {"EPS_DEFAULT": 1e-9}, "solver.FORCE_EVAL.DFT.QS.EPS_DEFAULT", "block energy"),
        ("solver/MOTION", {"MD": {"STEPS": 3}}, "solver.MOTION", "GLOBAL and FORCE_EVAL/DFT"),
        ("solver/GLOBAL", {"PRINT_LEVEL": "SILENT"}, "solver.GLOBAL.PRINT_LEVEL", "what is printed is read"),
        ("solver/GLOBAL", {"PROJECT": "x"}, "solver.GLOBAL.PROJECT_NAME", "found by their names"),
        ("solver/FORCE_EVAL/PRINT", {"STRESS_TENSOR": {"_": "OFF"}}, "solver.FORCE_EVAL", "GLOBAL and FORCE_EVAL/DFT"),
        ("batch/SCF", {"EPS_SCF_HISTORY": 1e-3}, "batch.SCF.EPS_SCF_HISTORY", "move it to the block energy"),
        ("aimd/QS", {"EXTRAPOLATION": "FROZEN"}, "aimd.QS.EXTRAPOLATION", "move it to the block energy"),
        ("open_shell/SCF", {"LEVEL_SHIFT": 0.1}, "open_shell.SCF.LEVEL_SHIFT", "move it to the block energy"),
        ("batch/qs", {"EXTRAPOLATION": "PS"}, "batch.qs", "QS and qs, which are the same"),
        ("batch/SCF", {"PRINT": {"PROGRAM_RUN_INFO": {"_": "OFF"}}}, "batch.SCF.PRINT.PROGRAM_RUN_INFO._", "read"),
        ("energy/lsd", True, "energy.UKS", "under systems.NAME"),
        ("energy/SCF/EPS_SCF_HISTORY", 1e-3, "energy.SCF.EPS_SCF_HISTORY", "SCF/EPS_SCF decides"),
        ("energy/SCF/EPS_SCF", -1e-6, "energy.SCF.EPS_SCF", "a positive number"),
        ("energy/XC/XC_FUNCTIONAL/_", "PBE", "potential", "PBE with GTH-BLYP, which was made for BLYP"),
        ("energy/XC", {}, "energy.XC.XC_FUNCTIONAL", "no functional"),
        ("allow", "everything", "allow", "a list of functional_and_potential"),
        ("solver/GLOBAL", {"RUN_TIPE": "MD"}, "solver.GLOBAL.RUN_TIPE", "did you mean 'RUN_TYPE'"),
        ("valence", {"Zn": 12, "Xx": 1}, "valence.Xx", "chemical elements"),
        ("valence", {"Zn": 12.5}, "valence.Zn", "a positive whole number"),
        ("valence", {False: 5}, "valence.False", "put it in quotes"),
    ],
)
def test_a_wrong_definition_is_refused_with_its_field(path: str, value: Any, field: str, words: str) -> None:
    with pytest.raises(LevelError) as caught:
        load_level("mine", definition=changed(path, value))
    assert f"level_of_theory.definition.{field}: " in str(caught.value)
    assert words in str(caught.value)


def test_a_level_file_may_allow_what_does_not_fit_and_its_line_says_so() -> None:
    content = changed("energy/XC/XC_FUNCTIONAL/_", "PBE") | {"allow": ["functional_and_potential"]}
    assert "functional and potential do not fit, as was allowed" in load_level("mine", definition=content).line
    assert "do not fit" not in load_level("mine", definition=BLYP | {"allow": ["functional_and_potential"]}).line


def test_other_settings_of_the_whole_run_count_in_the_hash_and_stand_in_the_line() -> None:
    level = load_level("mine", definition=changed("solver/GLOBAL/EXTENDED_FFT_LENGTHS", True))
    assert level.hash != load_level("mine", definition=BLYP).hash
    assert "solver/GLOBAL/EXTENDED_FFT_LENGTHS True" in level.line
    same = load_level("mine", definition=changed("solver/GLOBAL/SAVE_MEM", True))
    assert same.hash == load_level("mine", definition=BLYP).hash


def test_a_level_file_is_the_same_in_small_letters_and_by_other_names() -> None:
    content = copy.deepcopy(BLYP)
    content["energy"] = {
        "basis_set_file_name": "BASIS_MOLOPT",
        "potential_file_name": "GTH_POTENTIALS",
        "qs": {"method": "gpw", "eps_default": 1e-12},
        "mgrid": {"cutoff": 500},
        "scf": {"eps_scf": 1e-6},
        "xc": {"xc_functional": {"_": "blyp"}},
    }
    assert load_level("mine", definition=content).hash == load_level("mine", definition=BLYP).hash


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"EPS_SCF": 1e-4}, "known to change the cost alone"),
        ({"EPS_SCF_HISTORY": 1e-4}, "known to change the cost alone"),
        ({"OUTER_SCF": {"EPS_SCF": 1e-4}}, "SCF/EPS_SCF decides"),
        ({"IGNORE_CONVERGENCE_FAILURE": True}, "a frame that does not converge is never a label"),
        ({"CHOLESKY": "OFF"}, "known to change the cost alone"),
    ],
)
@pytest.mark.parametrize("physics", [False, True])
def test_every_rung_ends_by_the_threshold_of_the_level(settings: dict[str, Any], words: str, physics: bool) -> None:
    rung = {"name": "loose", "settings": {"FORCE_EVAL": {"DFT": {"SCF": settings}}}, "changes_physics": physics}
    with pytest.raises(LevelError, match=words):
        load_level("mine", definition=BLYP | {"recovery": [rung]})


def test_what_counts_in_the_hash_has_the_last_word_in_an_input() -> None:
    content = changed("energy/SCF/CHOLESKY", "OFF")
    content["batch"] = {"SCF": {"CHOLESKY": "RESTORE"}}
    level = load_level("mine", definition=content)
    rung = {"FORCE_EVAL": {"DFT": {"SCF": {"CHOLESKY": "REDUCE", "MAX_SCF": 99}}}}
    scf = cp2k_input(level, read_task({"mode": "batch"}), ["H", "H"], np.eye(3) * 5, rung=rung)["FORCE_EVAL"]["DFT"][
        "SCF"
    ]
    assert (scf["CHOLESKY"], scf["MAX_SCF"]) == ("OFF", 99)
    smeared = {"FORCE_EVAL": {"DFT": {"SCF": {"SMEAR": {"_": "ON"}, "ADDED_MOS": 20}}}}
    scf = cp2k_input(level, read_task({"mode": "batch"}), ["H", "H"], np.eye(3) * 5, rung=smeared)["FORCE_EVAL"]["DFT"][
        "SCF"
    ]
    assert scf["ADDED_MOS"] == 20
