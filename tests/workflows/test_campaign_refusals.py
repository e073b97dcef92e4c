"""Every mistake in a campaign file is answered with line, field, what was found, what is allowed, how to mend it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ase import Atoms

from aiida_zif.plugins.systems import load_system
from aiida_zif.workflows.campaign import CampaignError, Problem, load_campaign

HEAD = "name: test\nprotocol: demo\n"
SYSTEMS = "systems:\n  zif4: {structure: zif-4}\n"
BASE = HEAD + SYSTEMS
Refuse = Callable[..., list[Problem]]


@pytest.fixture
def refused(tmp_path: Path) -> Refuse:
    """Write a campaign file that must be refused and return its problems."""

    def load(text: str | bytes) -> list[Problem]:
        path = tmp_path / "campaign.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(CampaignError) as caught:
            load_campaign(path)
        for problem in caught.value.problems:
            assert problem.found
            assert problem.allowed
            assert problem.mend
        return caught.value.problems

    return load


@pytest.fixture
def refused_structure(refused: Refuse, tmp_path: Path) -> Refuse:
    """Write a structure file that must be refused and return the one problem."""

    def load(atoms: Atoms | str, name: str = "mine.extxyz", extra: str = "") -> Problem:
        if isinstance(atoms, str):
            (tmp_path / name).write_text(atoms)
        else:
            atoms.write(tmp_path / name)
        (problem,) = refused(f"{HEAD}systems: {{mine: {{structure: {name}}}}}\n{extra}")
        return problem

    return load


# -- the file ----------------------------------------------------------------------------------------------------


def test_a_missing_campaign_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match="no file"):
        load_campaign(tmp_path / "nothing.yaml")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match="no regular file"):
        load_campaign(tmp_path)


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(CampaignError, match="no regular file"):
        load_campaign(tmp_path / "pipe.yaml")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_campaign_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "campaign.yaml"
    path.write_text(BASE)
    path.chmod(0)
    with pytest.raises(CampaignError, match="cannot be read"):
        load_campaign(path)


def test_a_huge_campaign_file_is_refused(refused: Refuse) -> None:
    assert "2000 kB" in refused("#" * 2_000_000)[0].found


def test_a_file_that_is_not_utf8_is_refused(refused: Refuse) -> None:
    assert "not UTF-8" in refused(BASE.encode() + "training: {rcut: 5 Å}".encode("latin-1"))[0].found


def test_a_syntax_error_is_refused_with_its_line(refused: Refuse) -> None:
    assert refused(BASE + "training: {steps: 3\nseed: 2\n")[0].line == 6


def test_a_tab_is_refused_with_its_line(refused: Refuse) -> None:
    assert refused(BASE + "training:\n\tsteps: 3\n")[0].line == 6


def test_a_key_given_twice_is_refused_with_both_lines(refused: Refuse) -> None:
    (problem,) = refused(BASE + "seed: 1\nseed: 2\n")
    assert (problem.line, problem.field) == (6, "seed")
    assert "first on line 5" in problem.found


def test_a_key_given_twice_deep_inside_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "training: {steps: 1, steps: 2}\n")[0].field == "training.steps"


@pytest.mark.parametrize("text", ["", "- a\n", "hello\n", "null\n"])
def test_a_file_without_keys_is_refused(refused: Refuse, text: str) -> None:
    assert "keys with values" in refused(text)[0].allowed


def test_two_documents_are_refused(refused: Refuse) -> None:
    assert "one plain YAML document" in refused(BASE + "---\n" + BASE)[0].allowed


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system ['true']", "!!python/name:os.system", "!mine x"])
def test_tags_are_refused(refused: Refuse, tag: str) -> None:
    problem = refused(BASE + f"seed: {tag}\n")[0]
    assert problem.line == 5
    assert "tag" in problem.found


def test_a_file_that_unfolds_is_refused(refused: Refuse) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10))
    assert "too large" in refused(BASE + bomb)[0].found


def test_a_file_that_refers_to_itself_is_refused(refused: Refuse) -> None:
    assert "refers to itself" in refused(BASE + "training: &t {deepmd: *t}\n")[0].found


def test_a_file_nested_without_end_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "training: " + "[" * 20_000)


@pytest.mark.parametrize("key", ["1", "null", "no", "2020-01-01", "[a]"])
def test_a_key_that_is_no_text_is_refused(refused: Refuse, key: str) -> None:
    assert "not read as text" in refused(BASE + f"training: {{{key}: 1}}\n")[0].found


@pytest.mark.parametrize("value", ["2020-13-45", "1" * 5000])
def test_a_value_that_yaml_cannot_build_is_refused(refused: Refuse, value: str) -> None:
    assert refused(BASE + f"seed: {value}\n")


# -- keys and values ---------------------------------------------------------------------------------------------


def test_an_unknown_key_is_refused_with_a_proposal(refused: Refuse) -> None:
    (problem,) = refused(BASE + "training:\n  setps: 500\n")
    assert (problem.line, problem.field, problem.mend) == (6, "training.setps", "did you mean 'steps'?")
    assert "models, steps, rcut" in problem.allowed


def test_an_unknown_key_at_the_top_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "trainig: {}\n")[0].mend == "did you mean 'training'?"


def test_an_unknown_key_in_a_list_is_refused(refused: Refuse) -> None:
    runs = "[{temperature: 300 K, steps: 10, stride: 2, temprature: 3 K}]"
    assert refused(BASE + f"seed_data: {{aimd: {runs}}}\n")[0].field == "seed_data.aimd[0].temprature"


def test_an_unknown_protocol_is_refused(refused: Refuse) -> None:
    (problem,) = refused(BASE.replace("demo", "dmeo"))
    assert (problem.line, problem.mend) == (2, "did you mean 'demo'?")


def test_a_missing_key_is_refused(refused: Refuse) -> None:
    (problem,) = refused("protocol: demo\n" + SYSTEMS)
    assert (problem.field, problem.found) == ("name", "nothing")


@pytest.mark.parametrize("value", ["''", "../x", "'a\\nb'", "3", "{a: b}"])
def test_a_name_that_is_no_name_is_refused(refused: Refuse, value: str) -> None:
    assert refused(BASE.replace("name: test", f"name: {value}"))[0].field == "name"


@pytest.mark.parametrize("value", ["1.5", "'4'", "yes", "-1", "1e3", "[1]"])
def test_a_seed_that_is_no_whole_number_is_refused(refused: Refuse, value: str) -> None:
    (problem,) = refused(BASE + f"seed: {value}\n")
    assert (problem.line, problem.field) == (5, "seed")
    assert "whole number" in problem.allowed


def test_a_bare_number_is_refused_with_the_unit_that_is_wanted(refused: Refuse) -> None:
    (problem,) = refused(BASE + "training: {rcut: 5}\n")
    assert (problem.field, problem.found) == ("training.rcut", "5")
    assert "'5 Å'" in problem.mend


def test_a_wrong_unit_is_refused(refused: Refuse) -> None:
    (problem,) = refused(BASE + "exploration: {pressures: [1 K]}\n")
    assert problem.field == "exploration.pressures[0]"
    assert "GPa" in problem.allowed


@pytest.mark.parametrize("value", ["0 K", "-5 K", "5001 K"])
def test_an_impossible_temperature_is_refused(refused: Refuse, value: str) -> None:
    (problem,) = refused(BASE + f"exploration:\n  temperatures:\n    - 300 K\n    - {value}\n")
    assert (problem.line, problem.field) == (8, "exploration.temperatures[1]")
    assert "above 0 K up to 5000 K" in problem.allowed


def test_a_temperature_given_twice_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "exploration: {temperatures: [300 K, 300 K]}\n")[0].field == "exploration.temperatures"


def test_no_temperature_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "exploration: {temperatures: []}\n")[0].field == "exploration.temperatures"


def test_several_pressures_at_constant_volume_are_refused(refused: Refuse) -> None:
    problem = refused(BASE + "exploration: {ensemble: nvt}\n")[0]
    assert problem.field == "exploration.pressures"


def test_a_misspelt_choice_is_refused_with_a_proposal(refused: Refuse) -> None:
    assert refused(BASE + "exploration: {ensemble: nptt}\n")[0].mend == "did you mean 'npt'?"


def test_an_unknown_strategy_is_refused(refused: Refuse) -> None:
    (problem,) = refused(BASE + "selection: {strategy: [widow, budget]}\n")
    assert (problem.field, problem.found) == ("selection.strategy", "'widow'")
    assert problem.mend == "did you mean 'window'?"
    assert "random" in problem.allowed


def test_an_unknown_strategy_of_one_system_is_refused(refused: Refuse) -> None:
    (problem,) = refused(HEAD + "systems:\n  zif4: {structure: zif-4, selection: {strategy: windw}}\n")
    assert (problem.line, problem.field) == (4, "systems.zif4.selection.strategy")


@pytest.mark.parametrize(
    ("settings", "field", "mend"),
    [
        ("strategy: 5", "strategy", "write a list"),
        ("strategy: []", "strategy", "add at least one"),
        ("strategy: [window, window]", "strategy", "remove the second"),
        ("strategy: window, options: {diversity: {weight: 2}}", "options.diversity", "add it to selection.strategy"),
        ("strategy: [window, diversity], options: {diversity: {wait: 2}}", "options.diversity.wait", "'weight'"),
        ("options: {budget: 3}", "options.budget", "key: value"),
        ("options: {window: {lower: 0.1}}", "options.window.lower", "remove it"),
        ("window: {target_error: 0.1}", "window.target_error", "0.1 eV/Å"),
        ("window: {quantiles: [0.9, 0.5]}", "window.quantiles", "0.99"),
        ("window: {adaptive: 0}", "window.adaptive", "change it"),
        ("window: {adaptive: 2.0, target_error: 0.1 eV/Å}", "window.target_error", "adaptive: null"),
        ("per_condition: 0", "per_condition", "change it"),
    ],
)
def test_a_choice_that_cannot_be_made_is_refused(refused: Refuse, settings: str, field: str, mend: str) -> None:
    problem = refused(BASE + f"selection: {{{settings}}}\n")[0]
    assert problem.field == f"selection.{field}"
    assert mend in problem.mend


def test_a_halt_temperature_below_the_hottest_run_is_refused(refused: Refuse) -> None:
    (problem,) = refused(BASE + "exploration: {halt: {temperature: 500 K}}\n")
    assert problem.field == "exploration.halt.temperature"


def test_sampling_more_rarely_than_the_run_is_long_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "exploration: {steps: 10, sample_every: 20}\n")[0].field == "exploration.sample_every"


def test_a_stride_longer_than_the_run_is_refused(refused: Refuse) -> None:
    runs = "[{temperature: 300 K, steps: 10, stride: 20}]"
    assert refused(BASE + f"held_out: {{aimd: {runs}}}\n")[0].field == "held_out.aimd[0].stride"


def test_a_campaign_without_held_out_frames_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "held_out: {aimd: []}\n")[0].field == "held_out.aimd"


def test_a_campaign_without_first_frames_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "seed_data: {aimd: [], perturbed: null}\n")[0].field == "seed_data.aimd"


@pytest.mark.parametrize(("lower", "upper"), [("5 eV/Å", "0.1 eV/Å"), ("100 meV/Å", "0.1 eV/Å")])
def test_a_window_that_is_not_open_is_refused(refused: Refuse, lower: str, upper: str) -> None:
    assert refused(BASE + f"selection: {{lower: {lower}, upper: {upper}}}\n")[0].field == "selection.lower"


def test_a_single_model_is_refused_because_it_has_no_deviation(refused: Refuse) -> None:
    assert refused(BASE + "training: {models: 1}\n")[0].field == "training.models"


@pytest.mark.parametrize("field", ["cycles", "labels"])
def test_limits_below_one_are_refused(refused: Refuse, field: str) -> None:
    assert refused(BASE + f"limits: {{{field}: 0}}\n")[0].field == f"limits.{field}"


@pytest.mark.parametrize("value", ["1.5", "-0.1", ".nan", "'0.3'"])
def test_a_failure_budget_that_is_no_share_is_refused(refused: Refuse, value: str) -> None:
    assert refused(BASE + f"failure_budget: {{label: {value}}}\n")[0].field == "failure_budget.label"


def test_a_code_without_its_computer_is_refused(refused: Refuse) -> None:
    (problem,) = refused(BASE + "codes: {cp2k: cp2k}\n")
    assert "cp2k@localhost" in problem.allowed


def test_an_unknown_stage_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "resources: {lable: {}}\n")[0].mend == "did you mean 'label'?"


def test_no_ranks_are_refused(refused: Refuse) -> None:
    assert refused(BASE + "resources: {label: {ranks: 0}}\n")[0].field == "resources.label.ranks"


@pytest.mark.parametrize("text", ["{modle: {}}", "{model: {type_map: [H]}}", "{training: {numb_steps: 5}}"])
def test_entries_of_deepmd_that_are_ours_or_unknown_are_refused(refused: Refuse, text: str) -> None:
    assert refused(BASE + f"training: {{deepmd: {text}}}\n")[0].field.startswith("training.deepmd.")


@pytest.mark.parametrize("value", ["2020-01-01", ".nan", "!!binary aGk=", "!!set {a}"])
def test_what_json_cannot_hold_is_refused_in_a_free_mapping(refused: Refuse, value: str) -> None:
    assert refused(BASE + f"training: {{deepmd: {{model: {{a: {value}}}}}}}\n")[0].field == "training.deepmd.model.a"


# -- systems and structures --------------------------------------------------------------------------------------


@pytest.mark.parametrize("systems", ["{}", "null", "[zif-4]", "zif-4"])
def test_a_campaign_without_systems_is_refused(refused: Refuse, systems: str) -> None:
    assert refused(HEAD + f"systems: {systems}\n")[0].field == "systems"


@pytest.mark.parametrize("name", ["zif-4", "4zif", "a__b", "a_", "_a", "a b", "é"])
def test_a_system_label_that_is_no_link_label_is_refused(refused: Refuse, name: str) -> None:
    (problem,) = refused(HEAD + f"systems: {{'{name}': {{structure: zif-4}}}}\n")
    assert "starts with a letter" in problem.allowed


def test_an_unknown_system_is_refused_with_a_proposal(refused: Refuse) -> None:
    (problem,) = refused(HEAD + "systems: {a: {structure: zif4}}\n")
    assert (problem.field, problem.mend) == ("systems.a.structure", "did you mean 'zif-4'?")


def test_a_missing_structure_file_is_refused(refused: Refuse) -> None:
    (problem,) = refused(HEAD + "systems:\n  a:\n    structure: none.cif\n")
    assert (problem.line, problem.field) == (5, "systems.a.structure")
    assert "no file" in problem.found


def test_a_structure_path_that_is_a_folder_is_refused(refused: Refuse, tmp_path: Path) -> None:
    (tmp_path / "folder.cif").mkdir()
    assert "no regular file" in refused(HEAD + "systems: {a: {structure: folder.cif}}\n")[0].found


def test_a_structure_file_of_unknown_format_is_refused(refused: Refuse) -> None:
    assert "unknown format" in refused(HEAD + "systems: {a: {structure: a.pickle}}\n")[0].found


def test_a_huge_structure_file_is_refused(refused: Refuse, tmp_path: Path) -> None:
    with (tmp_path / "huge.cif").open("wb") as handle:
        handle.truncate(60_000_000)
    assert "60000 kB" in refused(HEAD + "systems: {a: {structure: huge.cif}}\n")[0].found


@pytest.mark.parametrize("name", ["mine.cif", "mine.extxyz", "POSCAR"])
@pytest.mark.parametrize("text", ["", "nonsense\n", "3\n\nH 0 0\n", "data_x\nloop_\n_cell_length_a\n", "\0\1\2"])
def test_an_unreadable_structure_file_is_refused(refused_structure: Refuse, name: str, text: str) -> None:
    assert refused_structure(text, name).field == "systems.mine.structure"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("POSCAR", "x\n1.0\n9 0 0\n0 9 0\n0 0 9\nH\n999999999\nDirect\n0 0 0\n"),
        ("mine.extxyz", "999999999999\n\nH 0 0 0\n"),
    ],
)
def test_a_file_that_announces_countless_atoms_is_refused(refused_structure: Refuse, name: str, text: str) -> None:
    assert "more atoms than it has lines" in refused_structure(text, name).found


def test_an_empty_structure_is_refused(refused_structure: Refuse) -> None:
    empty = Atoms(cell=[9, 9, 9], pbc=True)
    assert "without a single atom" in refused_structure(empty).found


def test_a_structure_without_a_cell_is_refused(refused_structure: Refuse) -> None:
    assert "without a cell" in refused_structure(Atoms("H")).found


def test_a_flat_cell_is_refused(refused_structure: Refuse) -> None:
    assert "without a cell" in refused_structure(Atoms("H", cell=[20, 20, 0.01], pbc=True)).found


def test_overlapping_atoms_are_refused_by_name(refused_structure: Refuse) -> None:
    atoms = load_system("salem-2")
    atoms.positions[1] = atoms.positions[0] + [0, 0, 0.4]
    problem = refused_structure(atoms)
    assert "Zn1-Zn2, 0.40 Å apart" in problem.found


def test_overlap_across_the_cell_border_is_refused(refused_structure: Refuse) -> None:
    atoms = Atoms("H2", positions=[[0.1, 5, 5], [19.9, 5, 5]], cell=[20, 20, 20], pbc=True)
    assert "overlapping atoms H1-H2" in refused_structure(atoms).found


def test_coordinates_that_are_no_numbers_are_refused(refused_structure: Refuse) -> None:
    atoms = Atoms("H", positions=[[float("nan"), 0, 0]], cell=[20, 20, 20], pbc=True)
    assert refused_structure(atoms).field == "systems.mine.structure"


def test_a_dummy_atom_is_refused(refused_structure: Refuse) -> None:
    assert "dummy" in refused_structure(Atoms("X", cell=[20, 20, 20], pbc=True)).found


def test_a_cell_thinner_than_twice_the_cut_off_is_refused(refused: Refuse) -> None:
    (problem,) = refused(HEAD + "systems:\n  sod: {structure: salem-2}\ntraining: {rcut: 6 Å}\n")
    assert (problem.line, problem.field) == (4, "systems.sod")
    assert "11.90 Å thick" in problem.found
    assert "rcut: 5.9 Å" in problem.mend


def test_a_supercell_without_bounds_is_refused(refused: Refuse) -> None:
    text = HEAD + "systems: {zif4: {structure: zif-4, supercell: [9, 9, 9]}}\n"
    assert refused(text)[0].field == "systems.zif4.supercell"


@pytest.mark.parametrize("value", ["[0, 1, 1]", "[1, 1]", "2", "[1, 1, 1.5]"])
def test_a_supercell_that_is_no_three_counts_is_refused(refused: Refuse, value: str) -> None:
    text = HEAD + f"systems: {{zif4: {{structure: zif-4, supercell: {value}}}}}\n"
    assert refused(text)[0].field.startswith("systems.zif4.supercell")


def test_a_mistake_in_a_system_s_own_section_is_refused(refused: Refuse) -> None:
    text = HEAD + "systems:\n  zif4:\n    structure: zif-4\n    exploration: {temperatures: [300]}\n"
    (problem,) = refused(text)
    assert (problem.line, problem.field) == (6, "systems.zif4.exploration.temperatures[0]")


# -- elements and level of theory --------------------------------------------------------------------------------


def test_a_type_map_without_one_of_the_elements_is_refused(refused: Refuse) -> None:
    (problem,) = refused(BASE + "type_map: [H, C, Zn]\n")
    assert (problem.line, problem.field) == (5, "type_map")
    assert "without N of systems.zif4" in problem.found


def test_a_type_map_with_an_element_twice_is_refused(refused: Refuse) -> None:
    (problem,) = refused(BASE + "type_map: [H, C, N, Zn, N]\n")
    assert problem.field == "type_map[4]"


def test_a_type_map_entry_that_is_no_element_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "type_map: [H, C, N, Zn, zn]\n")[0].mend == "did you mean 'Zn'?"


def test_an_empty_type_map_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "type_map: []\n")[0].field == "type_map"


def test_an_unknown_level_of_theory_is_refused_with_a_proposal(refused: Refuse) -> None:
    (problem,) = refused(BASE + "level_of_theory: pbe-d4\n")
    assert (problem.line, problem.mend) == (5, "did you mean 'pbe-d3'?")


def test_an_unknown_override_of_the_level_is_refused(refused: Refuse) -> None:
    (problem,) = refused(BASE + "level_of_theory: {name: pbe-d3, overrides: {nonsense: 1}}\n")
    assert problem.field == "level_of_theory.overrides.nonsense"


def test_an_element_without_a_basis_set_is_refused(refused_structure: Refuse) -> None:
    atoms = Atoms("U", cell=[20, 20, 20], pbc=True)
    problem = refused_structure(atoms, extra="level_of_theory: pbe-d3\n")
    assert problem.field == "level_of_theory"
    assert "U of systems.mine" in problem.found


def test_an_odd_number_of_electrons_is_refused(refused_structure: Refuse) -> None:
    problem = refused_structure(Atoms("H", cell=[20, 20, 20], pbc=True))
    assert problem.field == "systems.mine.structure"
    assert "odd number" in problem.found


# -- the answer --------------------------------------------------------------------------------------------------


def test_all_problems_come_in_one_go_in_the_order_of_the_file(refused: Refuse) -> None:
    text = HEAD + "seed: x\nsystems: {a: {structure: none}, zif4: {structure: zif-4}}\ntype_map: [H]\n"
    problems = refused(text + "training: {rcut: 5, models: 4}\nlimits: {cycles: 0}\n")
    fields = ["seed", "systems.a.structure", "type_map", "training.rcut", "limits.cycles"]
    assert [problem.field for problem in problems] == fields
    assert [problem.line for problem in problems] == [3, 4, 5, 6, 7]


def test_the_text_names_file_line_and_field(refused: Refuse) -> None:
    (problem,) = refused(BASE + "seed: x\n")
    assert problem.render().splitlines()[0].endswith("campaign.yaml:5: seed")


def test_control_characters_of_a_file_do_not_reach_the_terminal(refused: Refuse) -> None:
    (problem,) = refused(BASE + 'seed: "\\e[31mred"\n')
    assert problem.render().replace("\n", "").isprintable()


def test_a_long_value_is_shortened(refused: Refuse) -> None:
    (problem,) = refused(BASE + f"seed: {'x' * 1000}\n")
    assert len(problem.found) <= 80
