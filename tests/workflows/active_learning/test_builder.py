"""A campaign file and a script give one and the same builder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiida import orm
from aiida.common.exceptions import NotExistent
from aiida.plugins import WorkflowFactory

from aiida_zif.workflows.active_learning.builder import builder_from_campaign
from aiida_zif.workflows.campaign.loading import CampaignError, load_campaign

Factory = Callable[..., Any]

OVERRIDES = {"name": "zinc-test", "seed": 3, "training": {"rcut": "5 Å"}}


@pytest.fixture
def file(tmp_path: Path, atoms: Any, codes: dict[str, Any]) -> Path:
    """A campaign file on a structure file beside it."""
    atoms.write(tmp_path / "zinc.cif")
    labels = "".join(f"  {name}: {code.full_label}\n" for name, code in codes.items())
    path = tmp_path / "campaign.yaml"
    path.write_text(
        "name: zinc-test\nprotocol: demo\nseed: 3\nsystems: {zinc: {structure: zinc.cif}}\n"
        f"training: {{rcut: 5 Å}}\ncodes:\n{labels}"
    )
    return path


def from_file(path: Path) -> Any:
    """Return the builder of a campaign file."""
    return builder_from_campaign(load_campaign(path))


@pytest.fixture
def from_protocol(codes: dict[str, Any], atoms: Any) -> Factory:
    """Factory of builders made as a script makes them."""

    def build(protocol: str = "demo", **overrides: Any) -> Any:
        chain: Any = WorkflowFactory("zif.active_learning")
        structures = {"zinc": orm.StructureData(ase=atoms)}
        return chain.get_builder_from_protocol(codes, structures, protocol, {**OVERRIDES, **overrides})

    return build


def test_a_builder_has_every_input_of_the_work_chain(file: Path) -> None:
    builder = from_file(file)
    inputs = builder._inputs(prune=True)
    assert sorted(inputs) == ["codes", "metadata", "resources", "settings", "systems"]
    assert builder.process_class.spec().inputs.validate(inputs) is None


def test_a_builder_carries_the_name_of_the_campaign(file: Path) -> None:
    assert from_file(file).metadata.label == "zinc-test"


def test_codes_are_those_of_the_file(file: Path, codes: dict[str, Any]) -> None:
    builder = from_file(file)
    assert {name: code.uuid for name, code in builder.codes.items()} == {n: code.uuid for n, code in codes.items()}


def test_a_code_that_is_not_set_up_is_named(file: Path) -> None:
    file.write_text(file.read_text().replace("dp@", "no-such-code@"))
    with pytest.raises(NotExistent, match="no-such-code@workflow-tests"):
        from_file(file)


def test_a_script_that_asks_for_more_cores_than_the_machine_has_is_refused(
    from_protocol: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2})
    with pytest.raises(CampaignError) as caught:
        from_protocol(resources={"label": {"ranks": 2, "threads": 2}})
    (problem,) = caught.value.problems
    assert (problem.field, problem.found) == ("resources.label", "4 cores at once (2 ranks × 2 threads × 1 jobs)")
    assert problem.fix == "write for example {ranks: 3, threads: 1, concurrent: 1}"
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2, 3})
    assert from_protocol(resources={"label": {"ranks": 2, "threads": 2}}).resources["label"]["threads"] == 2


def test_building_stores_nothing(file: Path) -> None:
    builder = from_file(file)
    assert not any(node.is_stored for node in (builder.settings, builder.resources, *builder.systems.values()))


def test_settings_say_neither_codes_nor_resources(file: Path) -> None:
    builder = from_file(file)
    assert not {"codes", "resources"} & set(builder.settings.get_dict())
    assert sorted(builder.resources.get_dict()) == ["explore", "label", "schema", "test", "train"]


def test_a_script_and_a_file_give_the_same_settings(file: Path, from_protocol: Factory) -> None:
    by_file, by_script = from_file(file), from_protocol()
    of_file, of_script = by_file.settings.get_dict(), by_script.settings.get_dict()
    assert of_file.pop("systems")["zinc"].pop("structure") == "zinc.cif"
    assert of_script.pop("systems")["zinc"].pop("structure") == "given"
    assert of_file == of_script
    assert by_file.resources.get_dict() == by_script.resources.get_dict()


def test_overrides_win_over_the_protocol(from_protocol: Factory) -> None:
    plain, settings = from_protocol().settings, from_protocol(limits={"cycles": 7}).settings
    assert plain["limits"]["cycles"] != settings["limits"]["cycles"] == 7
    assert plain["limits"]["labels"] == settings["limits"]["labels"]


def test_a_protocol_that_does_not_exist_is_refused_with_those_that_do(from_protocol: Factory) -> None:
    with pytest.raises(CampaignError, match=r"'demmo'(?s:.)*did you mean 'demo'"):
        from_protocol("demmo")


def test_an_override_that_does_not_do_is_refused_with_its_field(from_protocol: Factory) -> None:
    with pytest.raises(CampaignError, match=r"selection\.lower"):
        from_protocol(selection={"lower": "9 eV/Å", "upper": "1 eV/Å"})


def test_a_structure_node_says_where_the_structure_comes_from(file: Path) -> None:
    text = file.read_text()
    file.write_text(text.replace("{structure: zinc.cif}", "{structure: zinc.cif, licence: CC0-1.0}"))
    node = from_file(file).systems["zinc"].store()
    assert (node.source["license"], node.source["extras"]["structure"]) == ("CC0-1.0", "file zinc.cif")
    assert len(node.source["extras"]["sha256"]) == 64


def test_words_on_the_source_of_a_shipped_framework_are_refused(file: Path) -> None:
    text = file.read_text()
    file.write_text(text.replace("{structure: zinc.cif}", "{structure: zif-4, licence: CC0-1.0}"))
    with pytest.raises(CampaignError, match=r"systems\.zinc\.licence(.|\n)*aiida-zif systems show zif-4"):
        load_campaign(file)


def test_a_supercell_that_a_script_asks_for_has_the_given_structure_as_its_origin(
    codes: dict[str, Any], atoms: Any
) -> None:
    chain: Any = WorkflowFactory("zif.active_learning")
    given = orm.StructureData(ase=atoms)
    given.source = {"description": "a test"}
    overrides = {**OVERRIDES, "systems": {"zinc": {"supercell": [1, 2, 1]}}}
    builder = chain.get_builder_from_protocol(codes, {"zinc": given}, "demo", overrides)
    built = builder.systems["zinc"]
    assert len(built.sites) == 2 * len(given.sites)
    assert built.creator.inputs.structure.uuid == given.uuid
    assert built.source == given.source
    assert builder.settings["systems"]["zinc"]["supercell"] == [1, 2, 1]
