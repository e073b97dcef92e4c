"""Levels of theory: hash, overrides, refusals, and agreement with CP2K's data files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from aiida_zif.plugins.cp2k.levels import Level, LevelError, available_levels, load_level
from aiida_zif.plugins.cp2k.levels.level import USUAL_VALENCE, is_itself
from aiida_zif.plugins.cp2k.task import read_task
from aiida_zif.plugins.cp2k.writing.inputs import cp2k_input
from aiida_zif.plugins.data.theory import method_of

DATA = Path("/usr/share/cp2k")


def test_the_shipped_levels() -> None:
    assert available_levels() == ["gfn1-xtb", "pbe-d3", "pbe-d3-fast", "r2scan-d3"]


def test_every_level_has_a_hash_of_its_own() -> None:
    assert len({load_level(name).hash for name in available_levels()}) == len(available_levels())


@pytest.mark.parametrize("name", available_levels())
def test_every_level_covers_the_elements_of_functionalised_frameworks(name: str) -> None:
    assert {"H", "C", "N", "O", "F", "S", "Cl", "Br", "I", "Zn", "Co", "Cd"} <= set(load_level(name).elements)


@pytest.mark.parametrize("name", available_levels())
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
    "overrides",
    [
        {"MGRID": {"CUTOFF": 800}, "SCF/EPS_SCF": 1e-7},
        {"mgrid/cutoff": 800, "scf": {"eps_scf": 1e-7}},
        {"MGRID/CUTOFF": 800.0, "SCF": {"EPS_SCF": 1e-7, "MAX_SCF": 50}},
    ],
)
def test_overrides_are_the_same_nested_or_by_path_in_any_case(overrides: dict) -> None:
    assert load_level("pbe-d3", overrides).hash == load_level("pbe-d3", {"MGRID/CUTOFF": 800, "SCF/EPS_SCF": 1e-7}).hash


def test_overrides_are_merged_key_by_key() -> None:
    energy = load_level("pbe-d3", {"MGRID": {"CUTOFF": 800}}).settings["energy"]
    assert energy["MGRID"] == {"CUTOFF": 800, "REL_CUTOFF": 60, "NGRIDS": 4}


def test_an_override_of_the_way_to_the_wave_function_changes_the_input_but_not_the_hash() -> None:
    level = load_level("pbe-d3", {"SCF": {"OT": {"MINIMIZER": "cg"}, "MAX_SCF": 40}, "QS/EXTRAPOLATION": "PS"})
    assert level.hash == load_level("pbe-d3").hash
    for task in ({"mode": "batch"}, {"mode": "aimd", "temperature": 300, "steps": 3, "seed": 1}):
        dft = cp2k_input(level, read_task(task), ["H", "H"], np.eye(3) * 5)["FORCE_EVAL"]["DFT"]
        assert (dft["SCF"]["OT"]["MINIMIZER"], dft["SCF"]["MAX_SCF"], dft["QS"]["EXTRAPOLATION"]) == ("CG", 40, "PS")


def test_a_keyword_that_the_level_does_not_have_yet_can_be_added() -> None:
    level = load_level("pbe-d3", {"XC/XC_GRID": {"XC_DERIV": "SPLINE2_SMOOTH"}})
    assert level.hash != load_level("pbe-d3").hash
    assert "XC/XC_GRID/XC_DERIV SPLINE2_SMOOTH" in level.line


def test_what_is_overridden_by_nothing_is_left_out() -> None:
    level = load_level("pbe-d3", {"XC": {"VDW_POTENTIAL": None}, "SCF/OT": None})
    dft = cp2k_input(level, read_task({"mode": "batch"}), ["H", "H"], np.eye(3) * 5)["FORCE_EVAL"]["DFT"]
    assert "VDW_POTENTIAL" not in dft["XC"]
    assert "OT" not in dft["SCF"]
    assert "without XC/VDW_POTENTIAL" in level.line


def test_another_basis_is_another_level() -> None:
    level = load_level("pbe-d3", {"basis": "TZVP-MOLOPT-PBE-GTH", "BASIS_SET_FILE_NAME": "BASIS_MOLOPT_UZH"})
    content = cp2k_input(level, read_task({"mode": "batch"}), ["Zn", "H", "H"], np.eye(3) * 5)
    assert content["FORCE_EVAL"]["SUBSYS"]["KIND"][1]["BASIS_SET"] == "TZVP-MOLOPT-PBE-GTH-q12"
    assert level.hash != load_level("pbe-d3").hash
    assert "TZVP" in level.line


@pytest.mark.parametrize(
    ("name", "overrides", "words"),
    [
        ("pbe-d4", {}, "allowed: gfn1-xtb, pbe-d3, pbe-d3-fast, r2scan-d3; did you mean 'pbe-d3'"),
        ("pbe-d3", {"MGRID/CUTOF": 300}, r"MGRID\.CUTOF: found the unknown key CUTOF.*did you mean 'CUTOFF'"),
        ("pbe-d3", {"CUTOFF": 300}, "it belongs below MGRID"),
        ("pbe-d3", {"MGRID": 300}, "MGRID: found 300, allowed: a section"),
        ("pbe-d3", {"SCF/EPS_SCF": {"A": 1}}, "EPS_SCF: found a section, allowed: a number"),
        ("pbe-d3", {"SCF/EPS_SCF": "1e-7"}, "a plain number; YAML reads"),
        ("pbe-d3", {"MGRID/CUTOFF": "600 Ry"}, r"allowed: a number \(Ry\)"),
        ("pbe-d3", {"MGRID/CUTOFF": -5}, "found -5, allowed: a positive number"),
        ("pbe-d3", {"MGRID/NGRIDS": 4.5}, "NGRIDS: found 4.5, allowed: a whole number"),
        ("pbe-d3", {"XC/XC_FUNCTIONAL/_": "PBO"}, "one of .*did you mean 'PBE'"),
        ("pbe-d3", {"SCF": {"OT": {"PRECONDITIONER": "FULL_AL"}}}, "FULL_SINGLE_INVERSE.*did you mean 'FULL_ALL'"),
        ("pbe-d3", {"SCF/SCF_GUESS": True}, "put it in quotes: YAML reads"),
        ("pbe-d3", {"MGRID/CUTOFF": [300, 400]}, "give one value"),
        ("pbe-d3", {"CHARGE": 1}, "state the charge under systems.NAME"),
        ("pbe-d3", {"LSD": True}, "state the multiplicity under systems.NAME"),
        ("pbe-d3", {"SCF/OUTER_SCF/EPS_SCF": 1e-4}, "SCF/EPS_SCF decides"),
        ("pbe-d3", {"basis": 3}, "the name of a family"),
        ("gfn1-xtb", {"basis": "DZVP"}, "this level needs none"),
        ("gfn1-xtb", {"QS/METHOD": 3}, "METHOD: found 3, allowed: one of .*XTB"),
    ],
)
def test_a_wrong_level_or_override_is_answered_with_what_is_allowed(name: str, overrides: dict, words: str) -> None:
    with pytest.raises(LevelError, match=words):
        load_level(name, overrides)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(LevelError) as caught:
        load_level("pbe-d3", {"MGRID/CUTOF": 300, "SCF": {"MAX_SCF": "many"}})
    assert [fault.path for fault in caught.value.faults] == [("MGRID", "CUTOF"), ("SCF", "MAX_SCF")]


def test_an_element_outside_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no parameters for Pu, U; it supports H, Li"):
        load_level("gfn1-xtb").check_elements(["H", "U", "Pu"])


def test_an_odd_number_of_electrons_is_refused() -> None:
    with pytest.raises(ValueError, match="19 valence electrons, an odd number"):
        load_level("pbe-d3").check_elements(["Zn", "H", "H", "N"])


@pytest.mark.parametrize(
    ("symbols", "charge", "multiplicity", "words"),
    [
        (["O", "H"], 0, None, "7 valence electrons, an odd number, which requires an even multiplicity, but it is 1"),
        (["O", "H"], 0, 2, None),
        (["O", "H"], -1, None, None),
        (["O", "H"], 0, 3, "7 valence electrons, an odd number, which requires an even multiplicity, but it is 3"),
        (["O", "O"], 0, 3, None),
        (["O", "O"], 0, 2, "12 valence electrons, an even number, which requires an odd multiplicity, but it is 2"),
        (["H", "H"], 0, 5, "multiplicity 5 with 2 valence electrons; it is at most 3"),
        (["H", "H"], 2, None, "with 0 valence electrons"),
        (["Co", "O"], 0, None, r"Co may have unpaired electrons.*\(4 if all of them are 2\+"),
        (["Co", "Zn", "Co", "O", "O"], 0, None, r"\(7 if all of them are 2\+"),
        (["Co", "O"], 0, 4, None),
    ],
)
def test_charge_and_multiplicity_must_fit_the_electrons(
    symbols: list[str], charge: int, multiplicity: int | None, words: str | None
) -> None:
    level = load_level("pbe-d3").in_state(charge, multiplicity)
    if words is None:
        level.check_elements(symbols)
        return
    with pytest.raises(ValueError, match=words):
        level.check_elements(symbols)


def test_charge_and_spin_are_part_of_what_a_label_is_but_not_of_the_method() -> None:
    level = load_level("pbe-d3")
    states = [level, level.in_state(0, 3), level.in_state(1, 2), level.in_state(1, None)]
    assert [state.hash for state in states] == [level.method + tail for tail in ("", "-q0m3", "-q1m2", "-q1m1")]
    assert {method_of(state.hash) for state in states} == {level.hash}
    assert "charge +1, multiplicity 2" in states[2].line
    assert Level.from_dict(json.loads(json.dumps(states[2].as_dict()))) == states[2]


def test_a_neutral_closed_shell_is_the_same_stated_or_not() -> None:
    assert load_level("pbe-d3").in_state(0, 1).hash == load_level("pbe-d3").hash


def test_an_open_shell_is_unrestricted() -> None:
    level = load_level("pbe-d3").in_state(1, 2)
    dft = cp2k_input(level, read_task({"mode": "batch"}), ["O", "H", "H"], np.eye(3) * 5)["FORCE_EVAL"]["DFT"]
    assert (dft["CHARGE"], dft["MULTIPLICITY"], dft["UKS"]) == (1, 2, True)


@pytest.mark.skipif(not DATA.is_dir(), reason="CP2K's data files are not installed")
@pytest.mark.parametrize("name", ["pbe-d3", "pbe-d3-fast", "r2scan-d3"])
def test_basis_sets_and_potentials_are_in_the_named_files(name: str) -> None:
    settings = load_level(name).settings
    files = {"basis": "BASIS_SET_FILE_NAME", "potential": "POTENTIAL_FILE_NAME"}
    for key, file in files.items():
        content = (DATA / settings["energy"][file]).read_text(errors="replace")
        for symbol, electrons in settings["valence"].items():
            line = rf"^\s*{symbol}\s(?:.*\s)?{re.escape(settings[key])}-q{electrons}(?:\s|$)"
            assert re.search(line, content, re.MULTILINE), f"{symbol} {settings[key]}-q{electrons} in {file}"


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


def below(path: str, value: object) -> dict:
    """Nested sections of one setting."""
    for name in reversed(path.split("/")):
        value = {name: value}
    return value  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("gfn1-xtb", "fe32e93b3f393b32"),
        ("pbe-d3", "92a7dac75b63ebc5"),
        ("pbe-d3-fast", "a78f41f834f411e6"),
        ("r2scan-d3", "569d8edbc7f30bab"),
    ],
)
def test_the_hash_of_a_shipped_level_stays_as_it_is(name: str, known: str) -> None:
    assert load_level(name).hash == known, "labels in the profiles of users carry it"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("SCF/MAX_SCF_HISTORY", 60),
        ("SCF/EPS_EIGVAL", 1e-3),
        ("SCF/LEVEL_SHIFT", 0.2),
        ("SCF/CHOLESKY", "OFF"),
        ("SCF/SCF_GUESS", "RESTART"),
        ("SCF/OT/EPS_TAYLOR", 1e-4),
        ("SCF/OT/EPS_IRAC", 1e-3),
        ("SCF/OT/ROTATION", True),
        ("SCF/DIAGONALIZATION/EPS_ITER", 1e-2),
        ("SCF/DIAGONALIZATION/ALGORITHM", "FILTER_MATRIX"),
        ("SCF/OUTER_SCF/TYPE", "S2_CONSTRAINT"),
        ("SCF/MIXING/METHOD", "MULTISECANT_MIXING"),
        ("SCF/MIXING/GMIX_P", True),
        ("QS/EXTRAPOLATION", "FROZEN"),
        ("PRINT/MO/_", "ON"),
    ],
)
def test_what_is_not_known_to_change_the_cost_alone_counts_in_the_hash(path: str, value: object) -> None:
    level = load_level("pbe-d3", {path: value})
    assert level.hash != load_level("pbe-d3").hash
    for task in ({"mode": "batch"}, {"mode": "aimd", "temperature": 300, "steps": 3, "seed": 1}):
        found: object = cp2k_input(level, read_task(task), ["H", "H"], np.eye(3) * 5)["FORCE_EVAL"]["DFT"]
        for key in path.split("/"):
            found = found[key]  # type: ignore[index]
        assert found == value, "what counts in the hash is what CP2K is given"


@pytest.mark.parametrize("block", ["batch", "aimd", "open_shell", "solver", "recovery"])
def test_a_setting_that_may_change_a_number_counts_wherever_it_stands(block: str) -> None:
    content = load_level("gfn1-xtb").as_dict()
    loose = {"SCF": {"EPS_SCF_HISTORY": 1e-3}}
    settings = content["settings"]
    if block == "recovery":
        settings[block] = [{"name": "loose", "settings": {"FORCE_EVAL": {"DFT": loose}}}]
    else:
        settings[block] = {"FORCE_EVAL": {"DFT": loose}} if block == "solver" else loose
    with pytest.raises(ValueError, match="does not belong to its settings"):
        Level.from_dict(content)
    assert not is_itself(content)


def test_a_wider_element_table_is_the_same_level_but_another_pseudopotential_is_not() -> None:
    content = load_level("pbe-d3").as_dict()
    del content["settings"]["valence"]["Ga"]
    assert is_itself(content)
    content["settings"]["valence"]["Ga"] = 3
    assert not is_itself(content)


def test_the_usual_valence_is_that_of_the_shipped_levels() -> None:
    for name in ("pbe-d3", "pbe-d3-fast", "r2scan-d3"):
        assert load_level(name).settings["valence"].items() <= USUAL_VALENCE.items()


def test_a_functional_takes_the_place_of_the_one_of_the_level() -> None:
    words = ["functional_and_potential", "functional_and_dispersion"]
    r2scan = {"MGGA_X_R2SCAN": {}, "MGGA_C_R2SCAN": {}}
    level = load_level("pbe-d3", {"XC": {"XC_FUNCTIONAL": r2scan}, "allow": words})
    assert level.settings["energy"]["XC"]["XC_FUNCTIONAL"] == r2scan
    assert "XC/XC_FUNCTIONAL MGGA_X_R2SCAN, MGGA_C_R2SCAN instead of PBE" in level.line
    assert "functional and potential do not fit, as was allowed" in level.line
    assert "functional and dispersion do not fit, as was allowed" in level.line
    assert Level.from_dict(json.loads(json.dumps(level.as_dict()))) == level


def test_what_fits_is_not_said_not_to_fit_whatever_was_allowed() -> None:
    level = load_level("pbe-d3", {"MGRID/CUTOFF": 800, "allow": ["functional_and_potential"]})
    assert "do not fit" not in level.line


def test_a_weight_of_the_same_functional_is_merged() -> None:
    first = load_level("pbe-d3", {"XC/VDW_POTENTIAL/PAIR_POTENTIAL/R_CUTOFF": 20})
    pair = first.settings["energy"]["XC"]["VDW_POTENTIAL"]["PAIR_POTENTIAL"]
    assert pair == {"TYPE": "DFTD3", "PARAMETER_FILE_NAME": "dftd3.dat", "REFERENCE_FUNCTIONAL": "PBE", "R_CUTOFF": 20}


def test_another_damping_keeps_what_means_the_same_for_both() -> None:
    pair = load_level("pbe-d3", {"XC/VDW_POTENTIAL/PAIR_POTENTIAL/TYPE": "DFTD3(BJ)"}).settings["energy"]["XC"]
    assert pair["VDW_POTENTIAL"]["PAIR_POTENTIAL"] == {
        "TYPE": "DFTD3(BJ)",
        "PARAMETER_FILE_NAME": "dftd3.dat",
        "REFERENCE_FUNCTIONAL": "PBE",
        "R_CUTOFF": 16,
    }


def test_a_non_local_dispersion_takes_the_place_of_the_pair_potential() -> None:
    wanted = {
        "POTENTIAL_TYPE": "NON_LOCAL",
        "NON_LOCAL": {"TYPE": "RVV10", "KERNEL_FILE_NAME": "rVV10_kernel_table.dat"},
    }
    level = load_level("pbe-d3", {"XC/VDW_POTENTIAL": wanted})
    assert level.settings["energy"]["XC"]["VDW_POTENTIAL"] == wanted


def test_parameters_of_a_tight_binding_level_are_replaced_as_a_whole() -> None:
    level = load_level("gfn1-xtb", {"QS/XTB/PARAMETER/PARAM_FILE_NAME": "mine"})
    assert level.settings["energy"]["QS"]["XTB"]["PARAMETER"] == {"PARAM_FILE_NAME": "mine"}


@pytest.mark.parametrize(
    ("name", "overrides", "words"),
    [
        ("gfn1-xtb", below("SCF/EPS_SCF_HISTORY", 1e-3), r"EPS_SCF_HISTORY: found 0.001, allowed: EPS_SCF \(1e-06\)"),
        ("gfn1-xtb", below("SCF/PRINT/PROGRAM_RUN_INFO/_", "OFF"), "PROGRAM_RUN_INFO._: found 'OFF'"),
        ("gfn1-xtb", below("SCF/PRINT/PROGRAM_RUN_INFO/_", "HIGH"), "PROGRAM_RUN_INFO._: found 'HIGH'"),
        ("gfn1-xtb", below("SCF/PRINT/PROGRAM_RUN_INFO/EACH/QS_SCF", 10), "convergence of every step is read"),
        ("gfn1-xtb", below("SCF/PRINT/PROGRAM_RUN_INFO/FILENAME", "x"), "convergence of every step is read"),
        ("pbe-d3", below("QS/LS_SCF", True), "no other loop is read"),
        ("pbe-d3", below("XC/XC_FUNCTIONAL/_", "BLYP"), "BLYP with GTH-PBE, which was made for PBE"),
        ("pbe-d3", below("XC/XC_FUNCTIONAL/_", "BLYP"), "dispersion parameters of PBE with the functional BLYP"),
        ("pbe-d3", below("XC/XC_FUNCTIONAL/PBE/PARAMETRIZATION", "REVPBE"), r"REVPBE \(PBE\) with GTH-PBE"),
        ("pbe-d3", {"XC/XC_FUNCTIONAL": {"_": "PBE", "MGGA_X_R2SCAN": {}}}, "CP2K adds them up"),
        ("pbe-d3", {"XC/XC_FUNCTIONAL": None}, "found no functional"),
        (
            "pbe-d3",
            {"XC": {"XC_FUNCTIONAL": {"PBE": {"SCALE_X": 0.75}}, "HF": {"FRACTION": 0.25}}},
            r"of PBE with the functional PBE0 \(PBE \+ HF\)",
        ),
        ("pbe-d3", {"potential": "GTH-BLYP"}, "PBE with GTH-BLYP, which was made for BLYP"),
        ("pbe-d3", {"basis": "DZVP-MOLOPT-SCAN-GTH"}, "PBE with DZVP-MOLOPT-SCAN-GTH"),
        ("r2scan-d3", {"XC/XC_FUNCTIONAL": {"MGGA_X_SCAN": {}, "MGGA_C_SCAN": {}}}, "D3BJ_SCALING: found 1.0 0.49"),
        ("r2scan-d3", below("XC/VDW_POTENTIAL/PAIR_POTENTIAL/TYPE", "DFTD3"), "DFTD3 without parameters"),
        ("pbe-d3", {"XC/VDW_POTENTIAL/NON_LOCAL/TYPE": "RVV10"}, "write POTENTIAL_TYPE: NON_LOCAL"),
        ("gfn1-xtb", below("XC/XC_FUNCTIONAL/_", "PBE"), "QS/METHOD XTB has no functional"),
        ("gfn1-xtb", below("QS/METHOD", "GPW"), "methods of the same kind as XTB"),
        ("pbe-d3", below("QS/METHOD", "XTB"), "methods of the same kind as GPW"),
        ("pbe-d3", below("SCF/SMEAR/METHOD", "FERMI_DIRAC"), "SCF/OT: null"),
        ("pbe-d3", below("KPOINTS/SCHEME", "MONKHORST-PACK 2 2 2"), "SCF/OT: null"),
        ("pbe-d3", below("POISSON/PERIODIC", "NONE"), "periodic in three directions"),
        ("pbe-d3", below("POISSON/PSOLVER", "MT"), "periodic in three directions"),
        ("pbe-d3", below("SCF/EPS_SCF", None), "EPS_SCF: found nothing"),
        ("pbe-d3", below("SCF/MAX_SCF", 0), "MAX_SCF: found 0, allowed: a positive number"),
        ("pbe-d3", {"MULTIP": 3}, "state the multiplicity"),
        ("pbe-d3", {"RESTART_FILE_NAME": "x.wfn"}, "no file of another run"),
        ("pbe-d3", {"MGRID/CUTOFF": "[Ry] 300"}, "a plain number, in Ry"),
        ("pbe-d3", {"mgrid": {"cutoff": 800}, "MGRID/CUTOFF": 700}, "found 800 and 700, allowed: one value"),
        ("pbe-d3", {"QS": {"EXTRAPOLATION": "PS", "WF_INTERPOLATION": "ASPC"}}, "which are the same"),
        ("pbe-d3", {"PRINT/E_DENSITY_CUBE/FILENAME": "=aiida-frc-1.xyz"}, "without a folder and without '='"),
        ("pbe-d3", {"allow": "functional_and_basis"}, "write a list"),
        ("pbe-d3", {"allow": ["everything"]}, "a list of functional_and_potential"),
    ],
)
def test_an_override_with_which_a_label_would_not_be_what_it_says_is_refused(
    name: str, overrides: dict, words: str
) -> None:
    with pytest.raises(LevelError, match=words):
        load_level(name, overrides)


@pytest.mark.parametrize(
    "overrides",
    [
        {"SCF/MAX_SCF": 40},
        {"scf": {"max_scf": 40}, "SCF/OT/MINIMIZER": "CG"},
        {"QS/WF_INTERPOLATION": "PS"},
        {"SCF/OT": None, "SCF/OUTER_SCF": None},
        {"SCF": {"PRINT": {"PROGRAM_RUN_INFO": {"_": "ON"}}}},
        {"SCF/MIXING/NBROYDEN": 6},
    ],
)
def test_what_is_known_to_change_the_cost_alone_leaves_the_hash_alone_under_any_name(overrides: dict) -> None:
    assert load_level("pbe-d3", overrides).hash == load_level("pbe-d3").hash


@pytest.mark.parametrize(
    ("potential", "functional"),
    [
        ("GTH-BLYP", {"XC/XC_FUNCTIONAL/_": "BLYP"}),
        ("GTH-PADE", {"XC/XC_FUNCTIONAL/_": "LDA"}),
        ("GTH-OLYP", {"XC/XC_FUNCTIONAL": {"OPTX": {}, "LYP": {}}}),
        ("GTH-HCTH407", {"XC/XC_FUNCTIONAL": {"HCTH": {"PARAMETER_SET": "407"}}}),
        ("GTH-PBE", {"XC/XC_FUNCTIONAL": {"GGA_X_PBE": {}, "GGA_C_PBE": {}}}),
        ("GTH-GGA", {}),
        ("GTH-HYB", {"XC/XC_FUNCTIONAL/PBE/SCALE_X": 0.75, "XC/HF/FRACTION": 0.25}),
        ("GTH-MGGA", {"XC/XC_FUNCTIONAL": {"MGGA_X_SCAN": {}, "MGGA_C_SCAN": {}}}),
        ("ALL", {"XC/XC_FUNCTIONAL/_": "B3LYP"}),
    ],
)
def test_a_potential_made_for_the_functional_is_taken(potential: str, functional: dict) -> None:
    level = load_level("pbe-d3", {**functional, "potential": potential, "XC/VDW_POTENTIAL": None})
    assert level.settings["potential"] == potential


def test_a_level_may_do_without_an_outer_loop() -> None:
    level = load_level("gfn1-xtb", {"SCF/OUTER_SCF/MAX_SCF": 0})
    assert level.hash == load_level("gfn1-xtb").hash
    with pytest.raises(LevelError, match="0 \\(no outer loop\\) or more"):
        load_level("gfn1-xtb", {"SCF/OUTER_SCF/MAX_SCF": -1})
