"""Results of a study as files."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from aiida import orm
from synthetic_study import SyntheticStudy

from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.plugins.lammps.production.series import Series
from aiida_zif.plugins.physics.lattice import untilting
from aiida_zif.provenance.export.curve_files import Table, as_csv, as_json
from aiida_zif.provenance.export.export import ExportError, export_to
from aiida_zif.provenance.export.frame_files import cif, extxyz, lammps, not_written
from aiida_zif.provenance.export.results import export_results, files_of, write
from aiida_zif.provenance.export.study_content import Results, add_output, models_of, safe, unique
from aiida_zif.provenance.studies.summary_model import StudySummary
from aiida_zif.workflows.properties.structure.curves import Curves

GLASS = "frames/melt_quench/zif4/glass/replica_0_at_20"
TILTED = np.array([[10.0, 0, 0], [2.0, 9.0, 0], [1.0, -2.0, 8.0]])


@pytest.fixture(scope="module")
def folder(study: SyntheticStudy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("results")
    export_results([study.campaign], ["extxyz", "lammps", "cif", "csv", "json"], path)
    return path


def tilted(rng: np.random.Generator, **per_frame: np.ndarray) -> FramesData:
    return FramesData(["Zn", "N", "H"], rng.random((2, 3, 3)) * 8, [TILTED, 1.1 * TILTED], "x", per_frame)


def test_frames_are_read_back_digit_by_digit(study: SyntheticStudy, folder: Path) -> None:
    from ase.io import read

    node = study.glasses["replica_0_at_20"]
    frames = read(folder / GLASS / "frames.extxyz", ":")
    np.testing.assert_array_equal([frame.positions for frame in frames], node.positions)
    np.testing.assert_array_equal([frame.cell.array for frame in frames], node.cells)
    assert [frame.info["frame_id"] for frame in frames] == node.frame_ids()
    assert [frame.info["step"] for frame in frames] == node.get_array("step").tolist()
    assert all(frame.pbc.all() for frame in frames)


def test_every_file_states_study_force_field_and_node(study: SyntheticStudy, folder: Path) -> None:
    node = study.glasses["replica_0_at_20"]
    for name in ("frames.extxyz", "frame_0000.data", "frame_0000.cif"):
        text = (folder / GLASS / name).read_text()
        head = text.splitlines()[1] if name.endswith("xyz") else text.splitlines()[0]
        for said in (node.uuid, study.campaign.uuid, "committee of 3 deep potentials", "GFN1-xTB"):
            assert said in head, name


@pytest.mark.parametrize(("writer", "form"), [(lammps, "lammps-data"), (cif, "cif")])
def test_other_formats_keep_distances_in_a_tilted_cell(writer: Callable, form: str) -> None:
    from ase import Atoms
    from ase.io import read

    node = tilted(np.random.default_rng(1))
    files = dict(writer(node, {"study": "x"}))
    assert len(files) == 2
    for index, text in enumerate(files.values()):
        given = Atoms(node.symbols, node.positions[index], cell=node.cells[index], pbc=True)
        options = {"atom_style": "atomic", "Z_of_type": {1: 1, 2: 7, 3: 30}} if form == "lammps-data" else {}
        back = read(StringIO(text), format=form, **options)
        assert back.get_chemical_symbols() == node.symbols
        np.testing.assert_allclose(back.get_all_distances(mic=True), given.get_all_distances(mic=True), atol=2e-8)
        assert back.get_volume() == pytest.approx(given.get_volume())
    assert np.allclose(untilting(TILTED), np.eye(3))


def test_values_of_atoms_are_columns_and_what_has_no_place_is_named() -> None:
    from ase.io import read

    rng = np.random.default_rng(2)
    velocities, odd = rng.random((2, 3, 3)), rng.random((2, 5))
    node = tilted(rng, velocities=velocities, odd=odd, charge=rng.random((2, 3)))
    ((_, text),) = extxyz(node, {})
    frames = read(StringIO(text), ":", format="extxyz")
    np.testing.assert_array_equal([frame.arrays["velocities"] for frame in frames], velocities)
    assert not_written(node) == ["odd"]


def test_curves_hold_the_numbers_of_their_nodes(study: SyntheticStudy, folder: Path) -> None:
    series = Series.from_node(study.jobs["quench_0_at_20"].outputs.series)
    path = folder / "curves/melt_quench/zif4/quench_0_at_20.csv"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert [float(row["density / g/cm³"]) for row in rows] == series["density"].tolist()
    assert {row["stage"] for row in rows} == {"quench", "relax_npt", "relax_nvt"}
    assert f"# node_uuid: {study.jobs['quench_0_at_20'].outputs.series.uuid}" in path.read_text()


def test_curves_as_json_have_units_and_no_nan(study: SyntheticStudy, folder: Path) -> None:
    path = folder / "curves/melt_quench/zif4/melt_0.json"
    content = json.loads(path.read_text())
    assert content["columns"]["density"]["unit"] == "g/cm³"
    assert content["columns"]["density_std"]["values"][0] is None
    assert content["source"]["trajectory"] == "melt_0"


def test_curves_of_the_structure_have_their_errors(study: SyntheticStudy, folder: Path) -> None:
    chain = next(call for call in study.campaign.called if call.process_label == "StructureWorkChain")
    curve = Curves.from_node(chain.outputs.curves)["g/Zn-N"]
    (path,) = (folder / "curves/structure/zif4_crystal").glob("*g-Zn-N.csv")
    rows = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert rows[0] == "r / Å,g,standard error"
    assert [float(row.split(",")[1]) for row in rows[1:]] == curve.y.tolist()


def test_the_summary_is_written_beside_and_reads_back(study: SyntheticStudy, folder: Path) -> None:
    summary = StudySummary.from_dict(json.loads((folder / "summary.json").read_text()))
    assert summary.melt_quench["zif4"].states["crystal"].density.value == 1.2612


def test_the_manifest_names_node_and_checksum_of_every_file(study: SyntheticStudy, folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    here = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(manifest["files"]) == here - {"manifest.json"}
    for name, checksum in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == checksum
    assert manifest["frames"][GLASS]["node_uuid"] == study.glasses["replica_0_at_20"].uuid
    assert manifest["studies"][0]["uuid"] == study.campaign.uuid
    assert manifest["structures"]


def test_the_readme_says_verdict_and_limits(folder: Path) -> None:
    text = (folder / "README.md").read_text()
    assert "froze to a glass of 1.378 ± 0.012 g/cm³" in text
    assert "Limit: Relaxation at 0 K closes the pores" in text


def test_frames_alone_can_be_exported(study: SyntheticStudy, tmp_path: Path) -> None:
    node = study.glasses["replica_1_at_50"]
    manifest = export_results([node], [], tmp_path)
    assert list(manifest["frames"]) == [f"frames/zif4_{node.pk}"]
    assert (tmp_path / f"frames/zif4_{node.pk}/frames.extxyz").is_file()


def test_the_models_of_a_study_are_those_of_its_committee(study: SyntheticStudy, tmp_path: Path) -> None:
    manifest = export_to(models_of([study.campaign]), "models", tmp_path)
    assert {entry["uuid"] for entry in manifest["models"]} == {model.uuid for model in study.committee.values()}


def test_a_study_without_results_has_nothing_to_export(new_study: Callable[[], SyntheticStudy], tmp_path: Path) -> None:
    study = new_study()
    study.begin()
    study.melt = None
    with pytest.raises(ExportError, match="nothing to write"):
        export_results([study.campaign], [], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_full_folder_is_refused_and_force_replaces_only_what_was_exported(
    study: SyntheticStudy, tmp_path: Path
) -> None:
    node = study.glasses["replica_0_at_20"]
    export_results([node], ["extxyz"], tmp_path)
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ExportError, match="not empty"):
        export_results([node], ["cif"], tmp_path)
    export_results([node], ["cif"], tmp_path, force=True)
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert not list(tmp_path.rglob("*.extxyz"))


def test_a_link_out_of_the_folder_is_not_followed(study: SyntheticStudy, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("keep")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "README.md").symlink_to(outside)
    with pytest.raises(ExportError, match="outside"):
        export_results([study.glasses["replica_0_at_20"]], [], folder, force=True)
    assert outside.read_text() == "keep"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "a/b", "..", "", "x" * 500, "a\nb", "ä ö", "C:\\x"]
)
def test_names_of_nodes_cannot_leave_the_folder(name: str) -> None:
    made = safe(name)
    assert made
    assert len(made) <= 80
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def test_two_curves_whose_names_become_the_same_are_both_kept() -> None:
    known = {"g": 1}
    assert unique("g", known) == "g_2"
    assert unique("g", {**known, "g_2": 1}) == "g_3"


def test_hostile_labels_of_an_archive_stay_inside_the_folder(tmp_path: Path) -> None:
    results = Results()
    frames = tilted(np.random.default_rng(4)).store()
    add_output(results, "melt_quench/zif4", "glass__..__../../evil", frames, {"system": 'x"\n; rm'})
    for name, text in files_of(results, ["extxyz", "lammps", "cif"]):
        write(tmp_path / "out", name, text)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 5
    assert all(path.resolve().is_relative_to(tmp_path / "out") for path in written)
    assert "; rm" in (tmp_path / "out/frames/melt_quench/zif4/glass/unnamed/evil/frame_0000.cif").read_text()


def test_a_text_in_a_header_stays_on_one_line() -> None:
    table = Table({"a": [1.0, float("nan")]}, {"a": "Å"})
    text = as_csv(table, {"name": "x\n=cmd|' /C calc'!A0"})
    assert text.splitlines()[0].startswith("# name: x =cmd")
    assert len(text.splitlines()) == 4
    assert json.loads(as_json(table, {}))["columns"]["a"]["values"] == [1.0, None]


def test_only_studies_and_unlabelled_frames_are_results(study: SyntheticStudy, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="StructureData"):
        export_results([study.structure], [], tmp_path)
    assert isinstance(study.structure, orm.StructureData)
