"""Load a study from a file or from Python, complete it by its protocol, and check it as a whole (no AiiDA)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import PrivateAttr

from aiida_zif.plugins.systems.files.frame_files import FrameSet
from aiida_zif.plugins.systems.sources import Record, record_of
from aiida_zif.workflows.campaign.schema.section import Section
from aiida_zif.workflows.campaign.structures import fit_structures, stated
from aiida_zif.workflows.campaign.supercell import Matrix
from aiida_zif.workflows.protocols.loading import available_protocols, default_protocol
from aiida_zif.workflows.study.checks.cells import StudyCells, by_system, choose_cells
from aiida_zif.workflows.study.checks.frames import frames_of_systems
from aiida_zif.workflows.study.checks.sections import element_problems, section_problems
from aiida_zif.workflows.study.file.json_schema import protocol_of_study, whole_schema
from aiida_zif.workflows.study.force_field.known import ForceFieldFault, KnownForceField
from aiida_zif.workflows.study.schema.force_field import ForceField
from aiida_zif.workflows.study.schema.study_file import SECTIONS, StudyFile
from aiida_zif.workflows.study.schema.system import StudySystem
from aiida_zif.workflows.study.settings import StudySettings
from aiida_zif.workflows.user_input.completing import as_problem, completed, valid_parts
from aiida_zif.workflows.user_input.merging import merged
from aiida_zif.workflows.user_input.problems import CampaignError, Problem
from aiida_zif.workflows.user_input.yaml_source import Source, read_source

if TYPE_CHECKING:
    from ase import Atoms

Find = Callable[[ForceField], KnownForceField]
"""Looks a force field up in the profile; raises ForceFieldFault."""


class Study(StudyFile):
    """A checked study; all values in K, GPa, fs or ps, Å, eV/Å, walltimes in s."""

    _structures: dict[str, Any] = PrivateAttr(default_factory=dict)
    _frames: dict[str, list[FrameSet]] = PrivateAttr(default_factory=dict)
    _cells: dict[str, StudyCells] = PrivateAttr(default_factory=dict)
    _records: dict[str, Record] = PrivateAttr(default_factory=dict)
    _known: KnownForceField | None = PrivateAttr(default=None)
    _folder: Path = PrivateAttr(default_factory=Path)

    def structures(self) -> dict[str, Atoms]:
        """Return the atoms of every crystal, supercells built, in the digits that the database will keep."""
        return {name: atoms.copy() for name, atoms in self._structures.items()}

    def frames(self) -> dict[str, list[FrameSet]]:
        """Return the frames of every system that is not a crystal, a set each file."""
        return dict(self._frames)

    @property
    def moves(self) -> bool:
        """Whether it runs molecular dynamics; else it analyses crystals and frames as they are."""
        return self.force_field is not None

    def cells(self) -> dict[str, StudyCells]:
        """Return the cells of every crystal."""
        return dict(self._cells)

    def cell_notes(self) -> list[str]:
        """Return notes on the cells: supercells that were chosen, and warnings about thin ones."""
        return list(by_system(self._cells))

    def structure_records(self) -> dict[str, Record]:
        """Return source, licence and citation of every structure, without those that were given in Python."""
        return dict(self._records)

    def cell_matrix(self, system: str) -> Matrix:
        """Return the matrix that turns the vectors of a system's file into those that it is computed with."""
        matrix: Matrix = self._cells[system].system.matrix
        return matrix

    @property
    def folder(self) -> Path:
        """What relative paths in its file start from."""
        return self._folder

    @property
    def known(self) -> KnownForceField | None:
        """Its force field; None where no profile was asked."""
        return self._known

    def settings(self) -> StudySettings:
        """Return the settings of the work chain: no codes, no resources, no structures."""
        shared: dict[str, Any] = {name: getattr(self, name) for name in StudySettings.model_fields}
        shared["systems"] = {
            name: system.model_copy(update={"supercell": self._cells[name].system.value})
            if name in self._cells
            else system
            for name, system in self.systems.items()
        }
        return StudySettings.model_construct(**shared)

    def code_labels(self) -> dict[str, str]:
        """Return ``label@computer`` by code; none where nothing moves."""
        return dict(self.codes.model_dump(exclude_none=True)) if self.moves else {}


def load_study(path: str | Path, overrides: Mapping[str, Any] | None = None, find: Find | None = None) -> Study:
    """Read, complete and check a study file.

    :param path: the file.
    :param overrides: values in the form of the file that win over it, such as ``{"seed": 3}``.
    :param find: looks the force field up; without it whatever depends on the force field is not checked.
    :raises CampaignError: with everything that is wrong, in one go.
    """
    source = read_source(path)
    return build_study(Source(merged(source.data, overrides or {}), source.file, source.folder, source.lines), {}, find)


def study_from_structures(structures: Mapping[str, Atoms], content: Mapping[str, Any], find: Find | None) -> Study:
    """Build and check a study in Python.

    :param structures: atoms by system label.
    :param content: everything else in the form of the study file, with units.
    :param find: as in :func:`load_study`.
    :raises CampaignError: with everything that is wrong, in one go.
    """
    base: dict[str, Any] = {"name": "study", "systems": {name: {"structure": "given"} for name in structures}}
    return build_study(Source(merged(base, content), "overrides", Path()), structures, find)


def sections_of_protocol(name: str) -> dict[str, Any]:
    """Return the sections of a file that says nothing but its protocol, as :class:`StudySettings` stores them."""
    parts, _ = valid_parts(StudyFile, StudySystem, protocol_of_study(name))
    return {key: part.model_dump(mode="json") for key, part in parts.items() if isinstance(part, Section)}


def build_study(source: Source, given: Mapping[str, Atoms], find: Find | None) -> Study:
    """Return the checked study of a file that was read.

    :param given: atoms of systems whose structure is not read.
    :raises CampaignError: with everything that is wrong, in one go.
    """
    source, asked = with_sections(source)
    raw, problems = completed(source, list(available_protocols("study")), default_protocol("study"), protocol_of_study)
    raw = {key: value for key, value in raw.items() if key not in SECTIONS or key in asked}
    parts, errors = valid_parts(StudyFile, StudySystem, raw)
    if raw.get("force_field") is None:
        parts["force_field"] = None
    problems += [as_problem(error, source, whole_schema(), "docs/study.md") for error in errors]
    frames, unread = frames_of_systems(parts.get("systems", {}), source)
    files, faults = fit_structures(crystals_of(parts), given, source)
    problems += [*unread, *faults, *section_problems(raw, parts, source)]
    known, faults = found_force_field(parts.get("force_field"), find, source)
    structures, cells, unfit = in_their_cells(files, parts, known.rcut if known else 0.0, source)
    problems += [*faults, *unfit]
    if known is not None:
        problems += element_problems(known, parts["force_field"].kind, structures, source)
    if problems:
        raise CampaignError(sorted(problems, key=lambda problem: problem.line or 0))
    study = Study.model_validate(raw)
    study._structures, study._cells, study._known, study._folder = structures, cells, known, source.folder
    study._frames = frames
    study._records = {
        name: record_of(system.structure, source.folder, stated(system))
        for name, system in study.systems.items()
        if name not in given and name not in frames
    }
    return study


def crystals_of(parts: Mapping[str, Any]) -> dict[str, StudySystem]:
    """Return the systems that have a structure."""
    return {name: system for name, system in parts.get("systems", {}).items() if system.frames is None}


def with_sections(source: Source) -> tuple[Source, set[str]]:
    """Return the file, and the sections that it asks for: a key alone takes all values from the protocol."""
    asked = {key for key in SECTIONS if key in source.data}
    data = {key: {} if key in asked and value is None else value for key, value in source.data.items()}
    return Source(data, source.file, source.folder, source.lines), asked


def found_force_field(
    section: ForceField | None, find: Find | None, source: Source
) -> tuple[KnownForceField | None, list[Problem]]:
    """Return the force field as the profile holds it, and what is wrong with it."""
    if section is None or find is None:
        return None, []
    try:
        return find(section), []
    except ForceFieldFault as fault:
        return None, [source.problem(("force_field", *fault.path), fault.found, fault.allowed, fault.fix)]


def in_their_cells(
    files: Mapping[str, Atoms], parts: Mapping[str, Any], cutoff: float, source: Source
) -> tuple[dict[str, Atoms], dict[str, StudyCells], list[Problem]]:
    """Return the structures as they are computed, with the reason of each cell, and what is wrong with others.

    :param cutoff: of the force field, Å; 0 where it is not known.
    """
    built: dict[str, Atoms] = {}
    cells: dict[str, StudyCells] = {}
    problems: list[Problem] = []
    for name, atoms in files.items():
        system, path = parts["systems"][name], ("systems", name)
        fit, cells[name], faults = choose_cells(atoms, system, parts.get("melt_quench"), cutoff, path, source)
        if fit is not None:
            built[name] = fit
        problems += faults
    return built, cells, problems
