"""A study without a force field analyses frames of files, and crystals as they are; all else is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aiida_zif.plugins.systems import load_system
from aiida_zif.workflows.study.names import parts_of
from aiida_zif.workflows.user_input.problems import CampaignError

Load = Callable[..., Any]
HEAD = "name: of-others\nsystems:\n"


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write a study beside files of ZIF-4: a frame, two frames, another order of atoms, other units."""
    from ase.io import write

    from aiida_zif.workflows.study.file.loading import load_study

    atoms = load_system("zif-4")
    nm = atoms.copy()
    nm.set_cell(atoms.cell / 10, scale_atoms=True)
    for name, frames in {"one.xyz": atoms, "two.xyz": [atoms, atoms], "other.xyz": atoms[::-1], "nm.xyz": nm}.items():
        write(tmp_path / name, frames, format="extxyz")
    atoms.write(tmp_path / "one.cif")
    (tmp_path / "no.xyz").write_text("flapdoodle\n")

    def read(system: str, rest: str = "structure:\n") -> Any:
        path = tmp_path / "study.yaml"
        path.write_text(f"{HEAD}  zif4: {{{system}}}\n{rest}")
        return load_study(path)

    return read


GLASS = "phase: glass, source: a test"


def test_every_file_is_a_replica_whatever_its_number_of_frames(load: Load) -> None:
    study = load(f"frames: [one.xyz, two.xyz], {GLASS}")
    assert [len(one.positions) for one in study.frames()["zif4"]] == [1, 2]
    assert [part.label() for part in parts_of(study.settings())] == ["structure_zif4_glass"]
    assert study.code_labels() == {}


def test_one_file_needs_no_list_and_a_crystal_no_file(load: Load) -> None:
    assert len(load(f"frames: one.cif, {GLASS}").frames()["zif4"]) == 1
    study = load("structure: zif-4, supercell: [2, 1, 1]")
    assert [part.label() for part in parts_of(study.settings())] == ["structure_zif4_crystal"]
    assert len(study.structures()["zif4"]) == 544


@pytest.mark.parametrize(
    ("system", "rest", "field", "fix"),
    [
        ("frames: [one.xyz], source: a test", "structure:\n", "phase", "phase: glass"),
        ("frames: [one.xyz], phase: glass", "structure:\n", "source", "add the key"),
        (f"frames: [one.xyz], structure: zif-4, {GLASS}", "structure:\n", "structure", "keep frames"),
        (f"frames: [one.xyz], supercell: [2, 1, 1], {GLASS}", "structure:\n", "supercell", "remove it"),
        (f"frames: [], {GLASS}", "structure:\n", "frames", "add at least one"),
        ("supercell: auto", "structure:\n", "structure", "frames: [FILE]"),
        ("structure: zif-4, phase: crystal", "structure:\n", "phase", "frames instead of structure"),
        (f"frames: [one.xyz, other.xyz], {GLASS}", "structure:\n", "frames[1]", "a system of its own"),
        (f"frames: [one.xyz, ./one.xyz], {GLASS}", "structure:\n", "frames[1]", "remove one of the two"),
        (f"frames: [nm.xyz], {GLASS}", "structure:\n", "frames[0]", "correct the cell or the coordinates"),
        (f"frames: [no.xyz], {GLASS}", "structure:\n", "frames[0]", ""),
        (f"frames: [gone.cif], {GLASS}", "structure:\n", "frames[0]", "correct the path"),
        (f"frames: [one.xyz], format: lammps-dump, {GLASS}", "structure:\n", "frames[0]", "text dump"),
        (f"frames: [one.xyz], framework: zif4, {GLASS}", "structure:\n", "framework", "did you mean 'zif-4'?"),
        ("frames: [one.xyz], rate: 5 K/ps, phase: melt, source: a test", "structure:\n", "rate", "remove it"),
        (f"frames: [one.xyz], {GLASS}", "structure:\nvalidate:\n", "temperature", "temperature: 300 K"),
    ],
)
def test_frames_that_do_not_do_are_refused_with_field_and_fix(
    load: Load, system: str, rest: str, field: str, fix: str
) -> None:
    with pytest.raises(CampaignError) as caught:
        load(system, rest)
    (problem,) = caught.value.problems
    assert problem.field == f"systems.zif4.{field}"
    assert problem.line == 3
    assert problem.found
    assert problem.allowed
    assert fix in problem.fix


@pytest.mark.parametrize(
    ("system", "rest", "field"),
    [
        (f"frames: [one.xyz], {GLASS}", "melt_quench:\n", "force_field"),
        ("structure: zif-4", "states:\n", "force_field"),
        ("structure: zif-4", "structure:\nforce_field:\n", "force_field"),
        ("structure: zif-4", "structure: {of: [glass]}\n", "structure.of"),
        (f"frames: [one.xyz], {GLASS}", "force_field: any\nmelt_quench:\n", "systems.zif4.frames"),
        ("structure: zif-4, temperature: 300 K", "force_field: any\nmelt_quench:\n", "systems.zif4.temperature"),
    ],
)
def test_what_moves_has_a_force_field_and_what_does_not_has_none(
    load: Load, system: str, rest: str, field: str
) -> None:
    with pytest.raises(CampaignError) as caught:
        load(system, rest)
    assert [problem.field for problem in caught.value.problems] == [field]


@pytest.mark.slow
def test_the_whole_study_gives_exact_numbers_and_knows_its_files_again(
    load: Load, aiida_profile: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aiida.engine import run_get_node

    from aiida_zif.provenance.queries.known_study import differences
    from aiida_zif.provenance.studies.summary import summary_of
    from aiida_zif.provenance.studies.view import load_study
    from aiida_zif.workflows.study.builder import builder_from_study
    from aiida_zif.workflows.study.file.loading import load_study as read_study_file

    few = "structure: {observables: [pairs, linkers]}\n"
    monkeypatch.chdir(tmp_path)
    load(f"frames: [one.xyz, two.xyz], {GLASS}", few)
    study = read_study_file("study.yaml")  # relative paths, as a user gives them
    _, node = run_get_node(builder_from_study(study))
    assert node.is_finished_ok, node.exit_message
    summary = summary_of(load_study(node))
    report = summary.structure["zif4_glass"]
    assert report.n_frames == {"replica_0": 1, "replica_1": 2}
    numbers = {row.quantity: row.value.value for row in report.rows}
    assert (numbers["four_fold"], numbers["bonded"], numbers["bridging_exactly"]) == (1.0, 4.0, 1.0)
    assert (summary.systems["zif4"].n_atoms, summary.systems["zif4"].source) == (
        272,
        "2 files: one.xyz, two.xyz; a test",
    )
    assert summary.force_field.line.startswith("none")
    frames = [link.node for link in node.base.links.get_incoming().all() if link.link_label.startswith("frames__")]
    assert all(one.creator.inputs.declaration["source"] == "a test" for one in frames)
    assert differences(node, study) == []
    assert "systems.zif4.frames: other frames" in differences(node, load(f"frames: [one.xyz], {GLASS}", few))
