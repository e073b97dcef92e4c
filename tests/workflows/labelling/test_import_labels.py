"""Data from elsewhere: what is kept of them, what they are said to be, and that they come in once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida import orm

from aiida_zif.plugins.cp2k.levels import Level, load_level
from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.plugins.data.labelled_frame import FormatError
from aiida_zif.provenance.export.export import export_to
from aiida_zif.workflows.labelling.import_labels import declared_level, import_from
from aiida_zif.workflows.labelling.known_imports import blocks_of_import, find_import
from aiida_zif.workflows.labelling.label_cache import known_labels
from aiida_zif.workflows.labelling.withdrawal import restore, withdraw

Factory = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("aiida_profile")


def balanced(forces: np.ndarray) -> np.ndarray:
    """The forces without their sum."""
    return forces - forces.mean(axis=1, keepdims=True)


@pytest.fixture
def made(block: Factory) -> Factory:
    """Factory of stored blocks with labels that are all different."""

    def store(seed: int, **kwargs: Any) -> LabelledFramesData:
        rng = np.random.default_rng(seed)
        virials = rng.normal(size=(3, 3, 3))
        labels = {
            "energies": rng.normal(size=3),
            "forces": balanced(rng.normal(size=(3, 6, 3))),
            "virials": virials + virials.swapaxes(1, 2),
        }
        node: LabelledFramesData = block(3, seed, **{**labels, **kwargs}).store()
        return node

    return store


def files_of(node: LabelledFramesData, kind: str, folder: Path) -> Path:
    export_to([node], kind, folder)
    return folder / ("training" if kind == "deepmd" else "training.extxyz")


@pytest.mark.parametrize("kind", ["deepmd", "extxyz"])
def test_an_export_that_is_imported_is_the_block_it_came_from(made: Factory, tmp_path: Path, kind: str) -> None:
    block = made(seed=300 if kind == "deepmd" else 301)
    call = import_from(files_of(block, kind, tmp_path), declared_level("GFN1-xTB, elsewhere"), "doi:1", "zinc")
    (again,) = blocks_of_import(call)
    assert again.frame_ids() == block.frame_ids()
    assert again.symbols == block.symbols
    np.testing.assert_array_equal(again.energies, block.energies)
    np.testing.assert_array_equal(again.forces, block.forces)
    assert again.virials is not None
    np.testing.assert_allclose(again.virials, block.virials, rtol=1e-12, atol=1e-13)


def test_the_files_the_source_and_the_level_are_in_the_provenance(made: Factory, tmp_path: Path) -> None:
    path = files_of(made(seed=302), "deepmd", tmp_path)
    call = import_from(path, declared_level("PBE-D3,  VASP, 520 eV"), "doi:10.1/abc", "zinc")
    (block,) = blocks_of_import(call)
    raw, declaration = block.creator.inputs.raw, block.creator.inputs.declaration
    kept = raw.base.repository.get_object_content("H4Zn2/set.000/force.npy", mode="rb")
    assert kept == (path / "H4Zn2" / "set.000" / "force.npy").read_bytes()
    assert "frames.csv" not in raw.base.repository.list_object_names("H4Zn2")
    assert (declaration["source"], declaration["system"], declaration["format"]) == ("doi:10.1/abc", "zinc", "deepmd")
    assert block.level_of_theory == declaration["level_of_theory"]
    assert block.level_of_theory["line"] == "PBE-D3, VASP, 520 eV"
    assert (block.label, block.system) == ("zinc", "zinc")


def test_the_same_files_are_found_again_wherever_they_lie(made: Factory, tmp_path: Path) -> None:
    from aiida_zif.plugins.imports.formats import find_source

    path = files_of(made(seed=303), "deepmd", tmp_path / "one")
    call = import_from(path, declared_level("PBE-D3, VASP"), "", "zinc")
    shutil.copytree(path, tmp_path / "two")
    found = find_import(find_source(tmp_path / "two").checksum)
    assert found is not None
    assert found.pk == call.pk
    assert find_import("0" * 64) is None


def test_the_report_says_why_frames_did_not_come_in(made: Factory, tmp_path: Path) -> None:
    forces = np.tile([[0.1, 0.0, 0.0], [-0.1, 0.0, 0.0]], (3, 3, 1))
    forces[1] = 99.0
    path = files_of(made(seed=304, forces=forces), "extxyz", tmp_path)
    path.write_text(path.read_text() * 2)
    report = import_from(path, declared_level("PBE-D3, VASP"), "", "zinc").outputs.report.get_dict()
    assert (report["n_read"], report["n_labelled"]) == (6, 2)
    assert report["n_rejected"] == {"force_too_large": 2, "duplicate": 2}
    assert report["rejected"][0]["place"] == "training.extxyz:1"


def test_nothing_is_stored_if_not_one_frame_is_good(made: Factory, tmp_path: Path) -> None:
    path = files_of(made(seed=305, forces=np.full((3, 6, 3), np.nan)), "deepmd", tmp_path)
    before = orm.QueryBuilder().append(orm.Node).count()
    with pytest.raises(FormatError, match="3 non_finite"):
        import_from(path, declared_level("PBE-D3, VASP"), "", "zinc")
    assert orm.QueryBuilder().append(orm.Node).count() == before


def test_every_composition_and_order_of_atoms_becomes_a_block(made: Factory, tmp_path: Path) -> None:
    first, second = (files_of(made(seed), "extxyz", tmp_path / str(seed)) for seed in (306, 307))
    moved = second.read_text().replace("\nZn", "\nCo")
    (tmp_path / "both.extxyz").write_text(first.read_text() + moved)
    blocks = blocks_of_import(import_from(tmp_path / "both.extxyz", declared_level("PBE-D3, VASP"), "", "mixed"))
    assert [block.symbols[0] for block in blocks] == ["Zn", "Co"]
    assert [block.n_frames for block in blocks] == [3, 3]


def test_a_shipped_level_that_is_declared_is_that_level(aiida_profile: object) -> None:
    level = load_level("gfn1-xtb")
    declared = declared_level("gfn1-xtb")
    assert (declared["hash"], declared["line"]) == (level.hash, level.line)
    assert Level.from_dict(declared["definition"]) == level


def test_a_level_declared_in_words_is_none_that_can_be_computed() -> None:
    one, other = declared_level("PBE-D3, VASP, 520 eV"), declared_level("PBE-D3, VASP, 400 eV")
    assert one["hash"] != other["hash"]
    assert declared_level(" PBE-D3,  VASP, 520 eV ") == one


@pytest.mark.parametrize("word", ["gfn1xtb", "PBE", ""])
def test_one_word_that_is_no_level_is_taken_for_a_slip(word: str) -> None:
    with pytest.raises(FormatError, match=r"--level.*gfn1-xtb"):
        declared_level(word)


def test_imported_labels_are_taken_for_the_frames_that_they_are_of(made: Factory, tmp_path: Path) -> None:
    block = made(seed=308)
    level = declared_level("PBE-D3, VASP, known")
    (imported,) = blocks_of_import(import_from(files_of(block, "deepmd", tmp_path), level, "", "zinc"))
    assert {uuid for uuid, _ in known_labels(block.frame_ids(), level["hash"]).values()} == {imported.uuid}
    assert known_labels(block.frame_ids(), load_level("gfn1-xtb").hash) == {}


def test_a_campaign_file_declares_its_level_with_its_overrides(tmp_path: Path, atoms: Any) -> None:
    atoms.write(tmp_path / "zinc.cif")
    path = tmp_path / "campaign.yaml"
    path.write_text(
        "name: zinc\nprotocol: demo\nsystems: {zinc: {structure: zinc.cif}}\ntraining: {rcut: 5 Å}\n"
        "level_of_theory: {name: gfn1-xtb, overrides: {SCF: {EPS_SCF: 1.0e-8}}}\n"
    )
    overrides = {"SCF": {"EPS_SCF": 1e-8}}
    assert declared_level(str(path))["hash"] == load_level("gfn1-xtb", overrides).hash != load_level("gfn1-xtb").hash


@pytest.mark.parametrize("text", ["method: PBE\n", "name: x\nsystems: {}\n", ": ["])
def test_a_file_without_a_level_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(FormatError, match=r"--level"):
        declared_level(str(path))


def test_labels_of_a_frame_that_imports_contradict_each_other_on_are_taken_from_neither(
    made: Factory, tmp_path: Path
) -> None:
    level = declared_level("PBE-D3, VASP, contradicting")
    first = made(seed=310)
    energies = first.energies + np.array([0.0, 0.5, 0.0])
    labels = {"energies": energies, "forces": first.forces, "virials": first.virials}
    import_from(files_of(first, "deepmd", tmp_path / "one"), level, "", "zinc")
    second = import_from(files_of(made(seed=310, **labels), "deepmd", tmp_path / "two"), level, "", "zinc")
    ids = first.frame_ids()
    assert set(known_labels(ids, level["hash"])) == {ids[0], ids[2]}
    withdraw(second, "another unit")
    assert set(known_labels(ids, level["hash"])) == set(ids)


def test_labels_of_an_import_that_was_withdrawn_are_taken_no_more(made: Factory, tmp_path: Path) -> None:
    block, level = made(seed=311), declared_level("PBE-D3, VASP, withdrawn")
    call = import_from(files_of(block, "deepmd", tmp_path), level, "", "zinc")
    withdrawal = withdraw(call, "wrong unit")
    assert known_labels(block.frame_ids(), level["hash"]) == {}
    assert find_import(call.inputs.declaration["checksum"]) is None
    assert withdrawal.creator.inputs.reason.value == "wrong unit"
    assert {block.uuid for block in blocks_of_import(call)} == set(withdrawal["blocks"])
    restore(call, "right after all")
    assert len(known_labels(block.frame_ids(), level["hash"])) == 3


def test_a_withdrawal_is_not_undone_while_the_same_files_stand_under_another_declaration(
    made: Factory, tmp_path: Path
) -> None:
    path = files_of(made(seed=314), "deepmd", tmp_path)
    first = import_from(path, declared_level("PBE-D3, VASP, mistaken"), "", "zinc")
    withdraw(first, "another level")
    second = import_from(path, declared_level("PBE-D3, VASP, corrected"), "", "zinc")
    with pytest.raises(FormatError, match=rf"the same files as import <{second.pk}>; .* withdraw {second.pk}"):
        restore(first, "right after all")
    withdraw(second, "no, the first")
    restore(first, "right after all")


def test_the_energies_that_an_import_was_compared_with_are_an_input(made: Factory, tmp_path: Path) -> None:
    level = declared_level("PBE-D3, VASP, compared")
    first = import_from(files_of(made(seed=312), "deepmd", tmp_path / "one"), level, "", "zinc")
    second = import_from(files_of(made(seed=313), "deepmd", tmp_path / "two"), level, "", "zinc")
    assert "references" not in first.inputs
    assert second.inputs.references["blocks"] == [blocks_of_import(first)[0].uuid]
    assert len(second.inputs.references["energies_per_atom"]["H4 Zn2"]) == 3
