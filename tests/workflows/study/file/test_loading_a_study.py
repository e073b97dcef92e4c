"""Studies that are complete: what a file and its protocol become, and what is refused as a whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aiida_zif.workflows.protocols.loading import available_protocols
from aiida_zif.workflows.study.file.kind import kind_of
from aiida_zif.workflows.study.file.loading import load_study
from aiida_zif.workflows.study.file.reference import generated_files
from aiida_zif.workflows.study.schema.force_field import KINDS
from aiida_zif.workflows.study.schema.melt_quench import MeltQuench
from aiida_zif.workflows.study.schema.structure import States, Structure
from aiida_zif.workflows.study.schema.study_file import StudyFile
from aiida_zif.workflows.study.settings import StudySettings
from aiida_zif.workflows.user_input.yaml_source import read_source

Factory = Callable[..., Any]
ROOT = Path(__file__).parents[4]
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("*.yaml") if kind_of(read_source(path)) == "study")
HEAD = "name: test\nprotocol: demo\nforce_field: {campaign: zif4-demo}\n"
SYSTEMS = "systems:\n  zif4: {structure: zif-4}\n"
MELT = "melt_quench:\n"
BASE = HEAD + SYSTEMS + MELT


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_shipped_example_is_valid(path: Path) -> None:
    assert load_study(path).systems


@pytest.mark.parametrize("path", generated_files(ROOT), ids=lambda path: path.name)
def test_generated_files_are_up_to_date(path: Path) -> None:
    assert path.read_text("utf-8") == generated_files(ROOT)[path]


def test_the_page_explains_every_key(study: Factory) -> None:
    page = (ROOT / "docs" / "study.md").read_text("utf-8")
    keys = {key for section in StudyFile.model_fields.values() for key in [section.alias or ""]} - {""}
    keys |= set(MeltQuench.model_fields) | set(Structure.model_fields) | set(States.model_fields) | set(KINDS)
    assert [key for key in keys if f"`{key}`" not in page and f"`{key}." not in page] == []


@pytest.mark.parametrize("protocol", available_protocols("study"))
def test_every_protocol_is_valid_with_all_sections(study: Factory, protocol: str) -> None:
    whole = study(protocol=protocol, structure={}, states={}, validate={}, systems={"zinc": {"supercell": [2, 2, 2]}})
    assert whole.melt_quench.replicas >= 1
    assert len(available_protocols("study")[protocol]) > 20


def test_the_protocol_literature_is_the_published_schedule(study: Factory) -> None:
    melt = study(protocol="literature").melt_quench
    assert (melt.supercell, melt.timestep, melt.coupling, melt.pressure) == ((2, 2, 2), 0.25, "iso", 0.0)
    assert (melt.start_temperature, melt.melt_temperature, melt.glass_temperature) == (300.0, 1500.0, 300.0)
    assert (melt.heating, melt.hold, melt.rates, melt.relax_npt, melt.relax_nvt) == (50.0, 50.0, [5.0], 12.5, 25.0)


def test_a_section_that_is_left_out_is_not_computed(study: Factory) -> None:
    settings = study().settings()
    assert settings.melt_quench is not None
    assert (settings.structure, settings.states, settings.validation) == (None, None, None)


@pytest.mark.parametrize("written", ["melt_quench:\n", "melt_quench: {}\n", "melt_quench: null\n"])
def test_a_section_without_content_takes_all_values_from_the_protocol(tmp_path: Path, written: str) -> None:
    (tmp_path / "study.yaml").write_text(HEAD + SYSTEMS + written)
    study = load_study(tmp_path / "study.yaml")
    assert study.melt_quench is not None
    assert study.melt_quench.replicas == 2


def test_settings_are_read_as_they_were_stored(study: Factory) -> None:
    settings = study(structure={"of": ["glass"]}, states={}, validate={}).settings()
    assert StudySettings.from_dict(settings.as_dict()) == settings
    assert settings.phases("zinc") == ["glass"]


def test_settings_hold_the_cell_that_was_taken(study: Factory) -> None:
    assert study().settings().systems["zinc"].supercell == [1, 1, 1]  # 11 Å, twice the cut-off is 10 Å


def test_values_of_the_file_win_over_the_protocol_key_by_key(study: Factory) -> None:
    melt = study(melt_quench={"halt": {"temperature": "5000 K"}, "rates": ["500 K/ps"]}).melt_quench
    assert (melt.halt.temperature, melt.rates, melt.hold) == (5000.0, [500.0], 1.0)


def test_everything_that_is_wrong_is_said_at_once(refused_file: Factory) -> None:
    text = "name: ''\nprotocol: dmo\nforce_field: {campain: a}\nsystems:\n  zif4: {structure: zif-44}\n"
    problems = refused_file(text + "melt_quench: {rates: [0 K/ps], replicas: 0}\nstructure: {obserables: [pairs]}\n")
    assert [(problem.line, problem.field) for problem in problems] == [
        (1, "name"),
        (2, "protocol"),
        (3, "force_field.campain"),
        (5, "systems.zif4.structure"),
        (6, "melt_quench.rates[0]"),
        (6, "melt_quench.replicas"),
        (7, "structure.obserables"),
    ]
    fixes = [problem.fix for problem in problems]
    assert fixes[1] == "did you mean 'demo'?"
    assert fixes[2] == "did you mean 'campaign'?"
    assert fixes[3] == "did you mean 'zif-4'?"
    assert fixes[6] == "did you mean 'observables'?"


@pytest.mark.parametrize("key", ["name", "force_field", "systems"])
def test_a_key_that_no_protocol_can_supply_is_missed(refused_file: Factory, key: str) -> None:
    text = "".join(line for line in BASE.splitlines(keepends=True) if not line.startswith((key, "  ")))
    text += "" if key == "systems" else "systems:\n  zif4: {structure: zif-4}\n"
    assert any((problem.field, problem.found) == (key, "nothing") for problem in refused_file(_once(text)))


def _once(text: str) -> str:
    """The text with each of its top-level keys once, the last of them."""
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("systems:")]
    body = [line for line in lines if not line.startswith("  ")]
    return "".join(body) + ("systems:\n  zif4: {structure: zif-4}\n" if "  zif4" in text else "")


def test_a_system_means_what_it_means_in_a_campaign(refused_file: Factory) -> None:
    problems = refused_file(BASE.replace("zif-4}", "zif-4, source: me, charge: 2}"))
    assert [problem.field for problem in problems] == ["systems.zif4.charge"]
    assert "structure, supercell, source" in problems[0].allowed


@pytest.mark.parametrize("label", ["4zif", "a b", "a__b", "a-b"])
def test_a_label_that_no_link_can_have_is_refused(refused_file: Factory, label: str) -> None:
    problems = refused_file(BASE.replace("zif4:", f"'{label}':"))
    assert "the label" in problems[0].found


def test_a_study_of_a_file_has_the_atoms_of_the_file(tmp_path: Path) -> None:
    from aiida_zif.plugins.systems import load_system

    load_system("zif-4").write(tmp_path / "mine.cif")
    (tmp_path / "study.yaml").write_text(BASE.replace("zif-4}", "mine.cif, licence: CC0}"))
    study = load_study(tmp_path / "study.yaml")
    assert len(study.structures()["zif4"]) == 272
    assert study.structure_records()["zif4"]["licence"] == "CC0"
