"""Campaigns that are complete: what a file and its protocol become."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from aiida_zif.plugins.cp2k.task import read_task
from aiida_zif.plugins.systems import load_system
from aiida_zif.workflows.campaign.json_schema import campaign_json_schema, node_at
from aiida_zif.workflows.campaign.loading import Campaign, CampaignError, campaign_from_structures, load_campaign
from aiida_zif.workflows.campaign.reference import generated_files
from aiida_zif.workflows.protocols.loading import available_protocols, default_protocol, protocol_settings
from aiida_zif.workflows.study.file.kind import kind_of
from aiida_zif.workflows.user_input.yaml_source import read_source

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("*.yaml") if kind_of(read_source(path)) == "campaign")
MINIMAL = "name: minimal\nprotocol: demo\nsystems:\n  zif4: {structure: zif-4}\n"
Load = Callable[[str], Campaign]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_shipped_example_is_valid(path: Path) -> None:
    assert load_campaign(path).systems


def test_the_demo_is_the_zif4_unit_cell() -> None:
    campaign = load_campaign(ROOT / "examples" / "zif4-demo.yaml")
    assert {name: len(atoms) for name, atoms in campaign.structures().items()} == {"zif4": 272}


def test_the_demo_asks_for_what_its_issue_wants() -> None:
    settings = load_campaign(ROOT / "examples" / "zif4-demo.yaml").settings()
    assert settings.limits.cycles >= 2
    assert settings.training.models >= 3
    assert len(settings.exploration.temperatures) >= 2
    sections = settings.seed_data, settings.held_out
    learnt, tested = ({run.temperature for run in section.aimd} for section in sections)
    assert not learnt & tested


def test_one_word_changes_the_level_of_theory(load: Load) -> None:
    assert load(MINIMAL + "level_of_theory: pbe-d3\n").level_of_theory.name == "pbe-d3"


@pytest.mark.parametrize("protocol", available_protocols())
def test_every_protocol_is_valid(load: Load, protocol: str) -> None:
    assert load(MINIMAL.replace("demo", protocol)).protocol == protocol


@pytest.mark.parametrize("protocol", available_protocols())
def test_every_protocol_says_for_whom_it_is(protocol: str) -> None:
    assert len(available_protocols()[protocol]) > 20


def test_without_a_protocol_the_default_one_holds(load: Load) -> None:
    assert load(MINIMAL.replace("protocol: demo\n", "")).protocol == default_protocol() == "balanced"


def test_an_unknown_protocol_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="demo, fast, balanced, precise"):
        protocol_settings("quick")


def test_the_file_wins_over_its_protocol_key_by_key(load: Load) -> None:
    training = load(MINIMAL + "training: {steps: 7}\n").training
    assert (training.steps, training.models) == (7, protocol_settings("demo")["training"]["models"])


def test_a_list_replaces_the_list_of_the_protocol(load: Load) -> None:
    assert load(MINIMAL + "exploration: {temperatures: [350 K]}\n").exploration.temperatures == [350.0]


def test_a_section_without_content_counts_as_left_out(load: Load) -> None:
    assert load(MINIMAL + "training:\n").training == load(MINIMAL).training


def test_overrides_win_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "campaign.yaml"
    path.write_text(MINIMAL)
    assert load_campaign(path, {"seed": 12}).seed == 12


def test_quantities_are_floats_in_canonical_units(load: Load) -> None:
    text = "exploration: {pressures: [10 kbar], timestep: 0.001 ps}\nselection: {lower: 100 meV/Å}\n"
    settings = load(MINIMAL + text).settings()
    assert settings.exploration.pressures == [pytest.approx(1.0)]
    assert settings.exploration.timestep == pytest.approx(1.0)
    assert settings.selection.lower == pytest.approx(0.1)


def test_walltimes_are_seconds(load: Load) -> None:
    text = "resources: {label: {walltime: 90 min, account: me}}\n"
    assert load(MINIMAL + text).resources.label.walltime == 5400.0


def test_scheduler_options_that_nobody_set_are_left_out(load: Load) -> None:
    options = load(MINIMAL + "resources: {label: {account: me}}\n").resources.label.options()
    assert options["account"] == "me"
    assert "queue_name" not in options


@pytest.mark.parametrize("protocol", available_protocols())
def test_settings_and_resources_are_the_same_when_they_are_read_again(load: Load, protocol: str) -> None:
    campaign = load(MINIMAL.replace("demo", protocol))
    for record in (campaign.settings(), campaign.resources):
        assert type(record).from_dict(json.loads(json.dumps(record.as_dict()))) == record


def test_settings_hold_neither_codes_nor_resources(load: Load) -> None:
    assert not {"codes", "resources"} & load(MINIMAL).settings().as_dict().keys()


def test_the_type_map_is_derived_from_the_structures(load: Load) -> None:
    assert load(MINIMAL).settings().type_map == ["H", "C", "N", "Zn"]


def test_a_system_overrides_a_section_for_itself(load: Load) -> None:
    text = MINIMAL + "  salem2: {structure: salem-2, exploration: {temperatures: [400 K]}}\n"
    campaign = load(text)
    own = campaign.settings().as_dict()["systems"]
    assert own["salem2"]["exploration"]["temperatures"] == [400.0]
    assert own["salem2"]["exploration"]["steps"] == campaign.exploration.steps
    assert "exploration" not in own["zif4"]
    assert campaign.for_system("zif4").exploration == campaign.exploration


def test_a_supercell_is_built(load: Load) -> None:
    text = (
        "name: x\nprotocol: fast\nsystems: {sod: {structure: salem-2, supercell: [1, 2, 1]}}\ntraining: {rcut: 5 Å}\n"
    )
    assert len(load(text).structures()["sod"]) == 204


def test_a_structure_file_is_found_from_the_folder_of_the_campaign(load: Load, tmp_path: Path) -> None:
    load_system("salem-2").write(tmp_path / "mine.cif")
    structures = load("name: x\nprotocol: demo\nsystems: {mine: {structure: mine.cif}}\n").structures()
    assert structures["mine"].get_chemical_formula() == "C36H36N24Zn6"


@pytest.mark.parametrize(("name", "kind"), [("mine.extxyz", "extxyz"), ("POSCAR", "vasp"), ("mine.vasp", "vasp")])
def test_other_structure_formats_are_read(load: Load, tmp_path: Path, name: str, kind: str) -> None:
    load_system("salem-2").write(tmp_path / name, format=kind)
    assert len(load(f"name: x\nprotocol: demo\nsystems: {{mine: {{structure: {name}}}}}\n").structures()["mine"]) == 102


def test_structures_are_handed_out_as_copies(load: Load) -> None:
    campaign = load(MINIMAL)
    campaign.structures()["zif4"].positions[:] = 0
    assert campaign.structures()["zif4"].positions.any()


def test_a_copy_with_another_seed_keeps_its_structures(load: Load) -> None:
    campaign = load(MINIMAL).model_copy(update={"seed": 99})
    assert campaign.settings().seed == 99
    assert len(campaign.structures()["zif4"]) == 272


def test_yaml_anchors_may_be_used(load: Load) -> None:
    text = "seed_data: {aimd: &runs [{temperature: 310 K, steps: 10, stride: 2}]}\nheld_out: {aimd: *runs}\n"
    assert load(MINIMAL + text).held_out.aimd[0].temperature == 310.0


def test_a_campaign_is_built_in_python_from_atoms() -> None:
    campaign = campaign_from_structures({"sod": load_system("salem-2")}, "demo", {"seed": 3, "training": {"steps": 5}})
    assert (campaign.seed, campaign.training.steps, len(campaign.structures()["sod"])) == (3, 5, 102)


def test_a_campaign_in_python_passes_the_same_checks() -> None:
    with pytest.raises(CampaignError, match=r"training\.rcut"):
        campaign_from_structures({"sod": load_system("salem-2")}, "demo", {"training": {"rcut": "8"}})


def test_generated_files_are_up_to_date() -> None:
    for path, text in generated_files(ROOT).items():
        assert path.read_text("utf-8") == text, "run `python -m aiida_zif.workflows.campaign.reference`"


def test_the_schema_requires_only_what_no_protocol_supplies() -> None:
    schema = campaign_json_schema()
    assert schema["required"] == ["name", "systems"]
    assert "required" not in schema["$defs"]["Training"]


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every plain value of a document with its path."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield path, value
    for key, child in items or ():
        yield from leaves(child, (*path, key))


def test_the_schema_accepts_every_value_of_the_examples_and_protocols() -> None:
    documents = [yaml.safe_load(path.read_text("utf-8")) for path in EXAMPLES]
    kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
    for document in documents + [protocol_settings(name) for name in available_protocols()]:
        for path, value in leaves(document):
            if path == ("level_of_theory",) or "deepmd" in path or value in ("auto", None):
                continue
            if path == ("training", "steps"):  # a number, where the node describes a schedule
                path = (*path, "first")
            node = node_at(path[:2] if path[:2] == ("selection", "strategy") else path)
            if "anyOf" in node:  # one name or a list of names
                node = next(kind for kind in node["anyOf"] if kind.get("type") == "string")
            assert isinstance(value, kinds[node["type"]]), path
            assert "pattern" not in node or re.search(node["pattern"], value), path
            assert value in node.get("enum", [value]), path


@pytest.mark.parametrize("protocol", available_protocols())
def test_every_aimd_run_is_a_task_that_the_cp2k_plugin_takes(load: Load, protocol: str) -> None:
    settings = load(MINIMAL.replace("demo", protocol)).settings()
    for run in settings.seed_data.aimd + settings.held_out.aimd:
        task: Any = read_task({"mode": "aimd", "seed": 1, **run.model_dump()})
        assert task.temperature == run.temperature
