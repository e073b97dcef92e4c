"""Data sets and models as files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from aiida import orm
from synthetic_campaign import LEVEL, SYMBOLS, SyntheticCampaign

from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.plugins.deepmd.data.dataset import read_system
from aiida_zif.provenance.export.export import ExportError, export_to
from aiida_zif.provenance.export.formats import quotable


def test_deepmd_holds_every_frame_of_the_blocks(finished: SyntheticCampaign, tmp_path: Path) -> None:
    export_to([finished.campaign], "deepmd", tmp_path)
    system = read_system(tmp_path / "training" / "C2HN2Zn")
    blocks = sorted(finished.dataset.values(), key=lambda block: block.pk)
    assert system.symbols == SYMBOLS
    np.testing.assert_array_equal(system.forces, np.concatenate([block.forces for block in blocks]))
    np.testing.assert_array_equal(system.virials, np.concatenate([block.virials for block in blocks]))
    assert len(read_system(tmp_path / "held_out" / "C2HN2Zn").energies) == 5


def test_the_lines_of_frames_csv_lead_back_to_the_nodes(finished: SyntheticCampaign, tmp_path: Path) -> None:
    export_to([finished.campaign], "deepmd", tmp_path)
    lines = (tmp_path / "training" / "C2HN2Zn" / "frames.csv").read_text().splitlines()[1:]
    frame_id, pk, uuid, index, _ = lines[7].split(",")
    assert orm.load_node(uuid).pk == int(pk)
    assert orm.load_node(int(pk)).frame_ids()[int(index)] == frame_id


def test_extxyz_has_the_stress_with_the_sign_of_ase(finished: SyntheticCampaign, tmp_path: Path) -> None:
    from ase.io import read

    block = finished.dataset["c01_zif4_attempt_0"]
    export_to([block], "extxyz", tmp_path)
    frames = read(tmp_path / "training.extxyz", ":")
    assert len(frames) == block.n_frames
    atoms = frames[2]
    assert atoms.get_potential_energy() == pytest.approx(block.energies[2])
    np.testing.assert_allclose(atoms.get_forces(), block.forces[2], atol=1e-7)
    np.testing.assert_allclose(-atoms.get_stress(voigt=False) * atoms.get_volume(), block.virials[2], rtol=1e-9)
    assert (atoms.info["block_pk"], atoms.info["block_index"]) == (block.pk, 2)


def test_a_data_set_and_what_learnt_from_it_hand_out_its_blocks(finished: SyntheticCampaign, tmp_path: Path) -> None:
    dataset = finished.learnt["zif4"]
    training = finished.committee["model_0"].creator
    for index, source in enumerate((dataset, dataset.creator, training)):
        export_to([source], "deepmd", tmp_path / str(index))
        assert len(read_system(tmp_path / str(index) / "training" / "C2HN2Zn").energies) == dataset.n_frames


def test_held_out_frames_are_kept_apart(finished: SyntheticCampaign, tmp_path: Path) -> None:
    from ase.io import read

    export_to([finished.campaign], "extxyz", tmp_path)
    assert len(read(tmp_path / "training.extxyz", ":")) == 20
    assert len(read(tmp_path / "held_out.extxyz", ":")) == 5


def test_models_are_copied_byte_by_byte_and_described(finished: SyntheticCampaign, tmp_path: Path) -> None:
    export_to([finished.campaign], "models", tmp_path)
    assert (tmp_path / "model_1.pb").read_bytes() == b"2 model_1"
    entry = json.loads((tmp_path / "models.json").read_text())[1]
    assert (entry["uuid"], entry["rcut_A"]) == (finished.committee["model_1"].uuid, 5.0)
    assert "pair_style deepmd model_0.pb model_1.pb model_2.pb" in (tmp_path / "README.md").read_text()


@pytest.mark.parametrize("kind", ["deepmd", "extxyz", "models"])
def test_the_manifest_accounts_for_every_file(finished: SyntheticCampaign, tmp_path: Path, kind: str) -> None:
    export_to([finished.campaign], kind, tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    files = {path.relative_to(tmp_path).as_posix(): path for path in tmp_path.rglob("*") if path.is_file()}
    files.pop("manifest.json")
    assert manifest["files"] == {name: hashlib.sha256(p.read_bytes()).hexdigest() for name, p in files.items()}
    assert manifest["campaigns"][0]["uuid"] == finished.campaign.uuid
    assert manifest["level_of_theory"] == LEVEL


def test_the_work_chain_of_a_committee_can_be_exported(finished: SyntheticCampaign, tmp_path: Path) -> None:
    chain = finished.committee["model_0"].creator.caller
    assert len(export_to([chain], "models", tmp_path / "models")["models"]) == 3
    assert len(export_to([chain], "deepmd", tmp_path / "data")["blocks"]) == 4


def test_a_folder_with_something_in_it_is_refused(finished: SyntheticCampaign, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(ExportError, match="--force"):
        export_to([finished.campaign], "models", tmp_path)


def test_force_replaces_an_earlier_export_and_leaves_other_files(finished: SyntheticCampaign, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    export_to([finished.campaign], "extxyz", tmp_path, force=True)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["files"].pop("mine.txt", None)
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    export_to([finished.committee["model_0"]], "models", tmp_path, force=True)
    assert not (tmp_path / "training.extxyz").exists()
    assert (tmp_path / "mine.txt").read_text() == "precious"


def test_a_tampered_manifest_removes_nothing_outside_its_folder(finished: SyntheticCampaign, tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside.txt", tmp_path / "export"
    outside.write_text("precious")
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"files": {"../outside.txt": "0"}}))
    export_to([finished.campaign], "models", folder, force=True)
    assert outside.exists()


def test_blocks_of_different_levels_of_theory_are_refused(finished: SyntheticCampaign, tmp_path: Path) -> None:
    block = finished.dataset["c01_zif4_attempt_0"]
    other = LabelledFramesData(
        block.symbols,
        block.positions,
        block.cells,
        energies=block.energies,
        forces=block.forces,
        level_of_theory={"hash": "ff", "line": "PBE-D3"},
    ).store()
    with pytest.raises(ExportError, match="PBE-D3"):
        export_to([block, other], "deepmd", tmp_path)


def test_what_cannot_be_exported_is_refused(finished: SyntheticCampaign, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="StructureData"):
        export_to([finished.structure], "deepmd", tmp_path)
    with pytest.raises(ExportError, match="no labelled frame"):
        export_to([finished.committee["model_0"]], "deepmd", tmp_path)
    with pytest.raises(ExportError, match="no trained model"):
        export_to([finished.dataset["c01_zif4_attempt_0"]], "models", tmp_path)


@pytest.mark.parametrize("kind", ["deepmd", "extxyz", "models"])
def test_every_export_carries_source_licence_energy_reference_and_caveat(
    finished: SyntheticCampaign, tmp_path: Path, kind: str
) -> None:
    manifest = export_to([finished.campaign], kind, tmp_path)
    (record,) = manifest["structures"]
    assert (record["pk"], record["licence"]) == (finished.structure.pk, "CC-BY-4.0")
    readme = (tmp_path / "README.md").read_text()
    for words in ("CC-BY-4.0", "10.1021/acs.jced.9b00835", "atomic energies are not subtracted", "not for use"):
        assert words in readme
    assert manifest["energy_reference"] in readme


def test_every_frame_of_an_extended_xyz_says_where_it_comes_from(finished: SyntheticCampaign, tmp_path: Path) -> None:
    from ase.io import read

    export_to([finished.campaign], "extxyz", tmp_path)
    info = read(tmp_path / "held_out.extxyz", 0).info
    assert (info["licence"], info["level_of_theory"]) == ("CC-BY-4.0", LEVEL["line"])
    assert info["source"].startswith("zif-4, as it ships with aiida-zif; CoRE MOF 2019-ASR")
    assert "J. Chem. Eng. Data 64, 5985 (2019)" in info["citation"]
    assert info["reference_state"].startswith("total energy of the valence electrons")


def test_models_say_what_they_learnt_in_their_sidecar(finished: SyntheticCampaign, tmp_path: Path) -> None:
    export_to([finished.committee["model_0"]], "models", tmp_path)
    (entry,) = json.loads((tmp_path / "models.json").read_text())
    assert entry["level_of_theory"] == LEVEL
    assert entry["structures"][0]["licence"] == "CC-BY-4.0"


def test_words_with_quotes_cannot_break_the_comment_line_of_a_frame() -> None:
    assert quotable('a "b" \\ c\n energy=1') == "a 'b' / c energy=1"
