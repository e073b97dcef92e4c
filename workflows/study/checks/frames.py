"""Frames of others that a study analyses: read from their files, one file a replica (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aiida_zif.plugins.systems.faults import StructureFault
from aiida_zif.plugins.systems.files.frame_files import FrameSet, format_of, read_frame_files
from aiida_zif.workflows.study.schema.system import StudySystem
from aiida_zif.workflows.user_input.problems import Problem, shown
from aiida_zif.workflows.user_input.yaml_source import Source, YamlPath, file_fault

LARGEST_FRAMES = 500_000_000
"""Bytes of one file; it is stored whole."""
MOST_FILES = 100
ONE_ORDER = "atoms in the order of the first file"


def frames_of_systems(
    systems: Mapping[str, StudySystem], source: Source
) -> tuple[dict[str, list[FrameSet]], list[Problem]]:
    """Return the frames of every system that has some, a set each file, and what is wrong with the others."""
    frames: dict[str, list[FrameSet]] = {}
    problems: list[Problem] = []
    for name, system in systems.items():
        if system.frames is not None:
            read, faults = frames_of_files(system, source, ("systems", name, "frames"))
            problems += faults
            if not faults:
                frames[name] = read
    return frames, problems


def frames_of_files(system: StudySystem, source: Source, path: YamlPath) -> tuple[list[FrameSet], list[Problem]]:
    """Return the frames of every file of a system, and what is wrong with its files.

    :param path: of the list of files in the study file.
    """
    files = system.frames or []
    if problems := list(list_problems(files, source, path)):
        return [], problems
    read: list[FrameSet] = []
    for index, name in enumerate(files):
        try:
            read.append(frames_of_file(name, system, source))
        except StructureFault as fault:
            problems.append(source.problem((*path, index), fault.found, fault.allowed, fault.fix))
    if not problems and (other := [index for index, one in enumerate(read) if one.symbols != read[0].symbols]):
        found = f"{shown(files[other[0]])} with other atoms, or another order of atoms, than {shown(files[0])}"
        fix = "write the atoms in one order, or make this file a system of its own"
        problems.append(source.problem((*path, other[0]), found, ONE_ORDER, fix))
    return read, problems


def list_problems(files: list[str], source: Source, path: YamlPath) -> Iterator[Problem]:
    """Every file is there, and is named once."""
    if len(files) > MOST_FILES:
        found, fix = f"{len(files)} files", "write frames of one run into one file in extended XYZ"
        yield source.problem(path, found, f"at most {MOST_FILES} files", fix)
        return
    seen: dict[str, int] = {}
    for index, name in enumerate(files):
        where = str((source.folder / name).resolve()) if "\0" not in name else name
        if where in seen:
            found = f"{shown(name)}, which is frames[{seen[where]}], too"
            yield source.problem((*path, index), found, "every file once", "remove one of the two")
        elif fault := file_fault(source.folder / name, LARGEST_FRAMES):
            yield source.problem((*path, index), *fault)
        seen.setdefault(where, index)


def frames_of_file(name: str, system: StudySystem, source: Source) -> FrameSet:
    """Return the frames of one file.

    :raises StructureFault: if it cannot be read, or holds no such frames.
    """
    read = read_frame_files(
        [source.folder / name], system.format or format_of(name), system.type_map, system.atom_style
    )
    refuse_crowded_frames(name, read)
    return read


def refuse_crowded_frames(name: str, read: FrameSet) -> None:
    """Refuse frames with more atoms than fit into their cell: other units, or duplicates.

    :raises StructureFault: if one is.
    """
    from ase import Atoms

    from aiida_zif.plugins.systems.chemistry.bonds import refuse_crowded

    for positions, cell in zip(read.positions, read.cells, strict=True):
        try:
            refuse_crowded(Atoms(read.symbols, positions=positions, cell=cell, pbc=True))
        except StructureFault as fault:
            raise StructureFault(f"{name}: {fault.found}", fault.allowed, fault.fix) from fault
