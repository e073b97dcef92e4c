"""Files of others become frames whose origin is in the graph."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiida_zif.plugins.systems.faults import StructureFault

FRAME = '2\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3\nZn 0 0 0\nN {} 0 0\n'
DUMP = (
    "ITEM: TIMESTEP\n{}\nITEM: NUMBER OF ATOMS\n1\nITEM: BOX BOUNDS pp pp pp\n0 9\n0 9\n0 9\n"
    "ITEM: ATOMS id element x y z\n1 Zn 1 1 1\n"
)


def test_frames_have_files_and_declaration_as_inputs_of_their_creator(aiida_profile: object, tmp_path: Path) -> None:
    from aiida_zif.workflows.structures.frame_files import FrameFiles, import_frames

    for index in range(2):
        (tmp_path / f"glass_{index}.xyz").write_text(FRAME.format(2 + index))
    names = ["glass_0.xyz", "glass_1.xyz"]
    declared = FrameFiles(
        system="zif4", format="extxyz", files=names, source="a paper, doi:10.0/x", licence="CC-BY-4.0"
    )
    frames = import_frames(declared, [tmp_path / name for name in names])
    assert frames.positions[:, 1, 0].tolist() == [2.0, 3.0]
    assert frames.system == "zif4"
    inputs = frames.creator.inputs
    assert inputs.declaration["licence"] == "CC-BY-4.0"
    assert inputs.file_1.filename == "glass_1.xyz"


def test_steps_become_times_where_the_time_step_is_declared(aiida_profile: object, tmp_path: Path) -> None:
    from aiida_zif.workflows.structures.frame_files import FrameFiles, import_frames

    (tmp_path / "a.dump").write_text(DUMP.format(0) + DUMP.format(100))
    declared = FrameFiles(system="zif4", format="lammps-dump", files=["a.dump"], source="a run", timestep=0.25)
    frames = import_frames(declared, [tmp_path / "a.dump"])
    assert frames.per_frame["time_fs"].tolist() == [0.0, 25.0]


def test_what_is_refused_is_not_stored(aiida_profile: object, tmp_path: Path) -> None:
    from aiida import orm

    from aiida_zif.workflows.structures.frame_files import FrameFiles, import_frames

    (tmp_path / "a.xyz").write_text("2\nno lattice\nZn 0 0 0\nN 2 0 0\n")
    before = orm.QueryBuilder().append(orm.SinglefileData).count()
    declared = FrameFiles(system="zif4", format="extxyz", files=["a.xyz"], source="a run")
    with pytest.raises(StructureFault, match=r"a\.xyz: a frame without a periodic cell"):
        import_frames(declared, [tmp_path / "a.xyz"])
    assert orm.QueryBuilder().append(orm.SinglefileData).count() == before
