"""The level of theory of a campaign: overrides, level files, charge and spin, and where a mistake is pointed out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ase import Atoms

from aiida_zif.plugins.cp2k.levels import FOLDER, load_level
from aiida_zif.workflows.campaign.levels import load_campaign_level
from aiida_zif.workflows.campaign.loading import Campaign, CampaignError, Problem, load_campaign

HEAD = "name: test\nprotocol: demo\nsystems: {zif4: {structure: zif-4}}\n"
OXYGEN = "name: test\nprotocol: demo\nsystems:\n  o2: {structure: o2.extxyz, multiplicity: %s}\n"
Load = Callable[..., Campaign]
Refuse = Callable[..., list[Problem]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write a campaign, and perhaps a level file beside it, and load it."""

    def load(text: str, **files: str) -> Campaign:
        (tmp_path / "campaign.yaml").write_text(text)
        for name, content in files.items():
            (tmp_path / f"{name}.yaml").write_text(content)
        return load_campaign(tmp_path / "campaign.yaml")

    return load


@pytest.fixture
def refused(load: Load) -> Refuse:
    """Load a campaign that must be refused and return its problems."""

    def refuse(text: str, **files: str) -> list[Problem]:
        with pytest.raises(CampaignError) as caught:
            load(text, **files)
        return caught.value.problems

    return refuse


@pytest.fixture
def own() -> str:
    """A level file: PBE with another cut-off."""
    return (FOLDER / "pbe-d3.yaml").read_text().replace("CUTOFF: 600", "CUTOFF: 500", 1)


@pytest.mark.parametrize("text", ["level_of_theory: ./mine.yaml\n", "level_of_theory: {name: mine.yaml}\n"])
def test_a_campaign_holds_the_whole_content_of_its_level_file(load: Load, own: str, tmp_path: Path, text: str) -> None:
    settings = json.loads(json.dumps(load(HEAD + text, mine=own).settings().as_dict()))["level_of_theory"]
    (tmp_path / "mine.yaml").unlink()
    level = load_campaign_level(settings)
    assert level.name == "mine"
    assert level.hash == load_level("pbe-d3", {"MGRID/CUTOFF": 500}).hash


def test_overrides_hold_for_a_level_file_too(load: Load, own: str) -> None:
    text = HEAD + "level_of_theory: {name: ./mine.yaml, overrides: {MGRID: {CUTOFF: 600}}}\n"
    assert load_campaign_level(load(text, mine=own).level_of_theory).hash == load_level("pbe-d3").hash


def test_a_fault_in_a_level_file_is_pointed_out_in_that_file(refused: Refuse, own: str) -> None:
    broken = own.replace("MGRID: {CUTOFF", "MGRID: {CUTOF", 1)
    (problem,) = refused(HEAD + "level_of_theory: ./mine.yaml\n", mine=broken)
    line = next(number for number, text in enumerate(broken.splitlines(), 1) if "CUTOF:" in text)
    assert (Path(problem.file).name, problem.line, problem.field) == ("mine.yaml", line, "energy.MGRID.CUTOF")
    assert problem.fix == "did you mean 'CUTOFF'?"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("energy: !!python/object/apply:os.system [ls]\n", "YAML"),
        ("label: a\nlabel: b\n", "every key once"),
        ("- a\n- b\n", "keys with values"),
    ],
)
def test_a_level_file_is_read_as_safely_as_a_campaign(refused: Refuse, text: str, words: str) -> None:
    problems = refused(HEAD + "level_of_theory: ./mine.yaml\n", mine=text)
    assert {Path(problem.file).name for problem in problems} == {"mine.yaml"}
    assert any(words in f"{problem.found} {problem.allowed} {problem.fix}" for problem in problems)


def test_a_missing_level_file_is_refused(refused: Refuse) -> None:
    (problem,) = refused(HEAD + "level_of_theory: ./mine.yaml\n")
    assert (problem.field, "no file" in problem.found) == ("level_of_theory", True)


def test_a_level_file_may_not_have_the_name_of_a_shipped_level(refused: Refuse, own: str) -> None:
    (problem,) = refused(HEAD + "level_of_theory: ./pbe-d3.yaml\n", **{"pbe-d3": own})
    assert "ships with the package" in problem.found


def test_an_override_is_pointed_out_on_its_line(refused: Refuse) -> None:
    text = HEAD + "level_of_theory:\n  name: pbe-d3\n  overrides:\n    MGRID:\n      CUTOF: 800\n"
    (problem,) = refused(text)
    assert (problem.line, problem.field) == (8, "level_of_theory.overrides.MGRID.CUTOF")


def test_a_triplet_is_labelled_as_one(load: Load, tmp_path: Path) -> None:
    Atoms("O2", [[0, 0, 0], [0, 0, 1.21]], cell=[20, 20, 20], pbc=True).write(tmp_path / "o2.extxyz")
    settings = load(OXYGEN % 3).settings()
    assert settings.systems["o2"].multiplicity == 3
    assert "charge" not in settings.as_dict()["systems"]["o2"]


@pytest.mark.parametrize(
    ("multiplicity", "field", "words"),
    [
        ("2", "systems.o2.multiplicity", "12 valence electrons"),
        ("0", "systems.o2.multiplicity", "0"),
        ("three", "systems.o2.multiplicity", "three"),
    ],
)
def test_a_multiplicity_that_cannot_be_is_refused(
    refused: Refuse, tmp_path: Path, multiplicity: str, field: str, words: str
) -> None:
    Atoms("O2", [[0, 0, 0], [0, 0, 1.21]], cell=[20, 20, 20], pbc=True).write(tmp_path / "o2.extxyz")
    (problem,) = refused(OXYGEN % multiplicity)
    assert (problem.line, problem.field) == (4, field)
    assert words in problem.found


def test_cobalt_without_a_multiplicity_is_refused_with_a_proposal(refused: Refuse, tmp_path: Path) -> None:
    atoms: Any = Atoms("CoO", [[0, 0, 0], [0, 0, 1.7]], cell=[20, 20, 20], pbc=True)
    atoms.write(tmp_path / "o2.extxyz")
    (problem,) = refused((OXYGEN % "").replace(", multiplicity: ", ""))
    assert problem.field == "systems.o2.structure"
    assert "4 if all of them are 2+" in problem.fix
