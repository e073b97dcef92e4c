"""Frames of others: files with a declared source become frames in the graph."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from aiida import orm
from aiida.engine import calcfunction
from pydantic import Field

from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.plugins.data.record import Record
from aiida_zif.plugins.systems.files.frame_files import Format, FrameSet, read_frame_files


class FrameFiles(Record):
    """What somebody's files of frames are declared to be.

    :param system: label of the system.
    :param format: of the files.
    :param files: their names, in the order of the frames.
    :param type_map: elements of the atom types of LAMMPS, which its files do not hold.
    :param atom_style: of a LAMMPS data file that does not say it.
    :param source: who made them, with DOI or address.
    :param licence: and ``citation``: as far as they are known.
    :param timestep: fs, of frames that state MD steps.
    """

    called = "frames"

    system: Annotated[str, Field(min_length=1)]
    format: Format
    files: Annotated[list[str], Field(min_length=1)]
    type_map: list[str] | None = None
    atom_style: str | None = None
    source: Annotated[str, Field(min_length=1)]
    licence: str = "not stated"
    citation: str = ""
    timestep: Annotated[float, Field(gt=0)] | None = None

    def read(self, paths: Sequence[Path]) -> FrameSet:
        """Return the frames of the files.

        :raises StructureFault: naming the file, what was found, what is allowed, and how to fix it.
        """
        return read_frame_files(paths, self.format, self.type_map, self.atom_style)


@calcfunction
def frames_from_files(declaration: orm.Dict, **files: orm.SinglefileData) -> FramesData:
    """Read the frames of files; the declaration is their origin.

    :param declaration: a :class:`FrameFiles`.
    :param files: ``file_0``, ``file_1`` …, in the order of ``declaration.files``.
    """
    declared = FrameFiles.from_node(declaration)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / str(index) / Path(name).name for index, name in enumerate(declared.files)]
        for index, path in enumerate(paths):
            path.parent.mkdir()
            path.write_bytes(files[f"file_{index}"].get_content(mode="rb"))
        read = declared.read(paths)
    per_frame: dict[str, Any] = {} if read.steps is None else {"step": read.steps}
    if read.steps is not None and declared.timestep is not None:
        per_frame["time_fs"] = read.steps * declared.timestep
    node = FramesData(read.symbols, read.positions, read.cells, system=declared.system, per_frame=per_frame)
    node.description = "; ".join([declared.source, *read.notes])[:1000]
    return node


def import_frames(declaration: FrameFiles, paths: Sequence[Path]) -> FramesData:
    """Read the frames of files on this machine into the profile, declaration and files as their inputs.

    :param paths: one for each of ``declaration.files``.
    :raises StructureFault: before anything is stored.
    """
    declaration.read(paths)
    files = {f"file_{index}": orm.SinglefileData(path.resolve()) for index, path in enumerate(paths)}
    made: FramesData = frames_from_files(orm.Dict(declaration.as_dict()), **files)
    return made
