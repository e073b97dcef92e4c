"""Checks between the sections of a study, its systems and its force field (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aiida_zif.plugins.data.labelled_frame import FormatError
from aiida_zif.plugins.imports.scattering_curve import read_curve
from aiida_zif.plugins.systems.faults import StructureFault
from aiida_zif.plugins.systems.files.frame_files import format_of, read_frame_files
from aiida_zif.workflows.campaign.checks.campaign import elements_of
from aiida_zif.workflows.campaign.structures import LARGEST_STRUCTURE
from aiida_zif.workflows.properties.validation.section import CurveFileSection, FramesFiles
from aiida_zif.workflows.study.force_field.known import KnownForceField
from aiida_zif.workflows.study.schema.study_file import SECTIONS
from aiida_zif.workflows.study.schema.validation import Validation
from aiida_zif.workflows.user_input.problems import Problem, did_you_mean, listed, shown
from aiida_zif.workflows.user_input.yaml_source import Source, YamlPath, file_fault

if TYPE_CHECKING:
    from ase import Atoms

MELT = "add 'melt_quench: {}', which takes all values from the protocol"
MOVES = ("melt_quench", "states")
"""Sections that run molecular dynamics."""


def section_problems(raw: Mapping[str, Any], parts: Mapping[str, Any], source: Source) -> Iterator[Problem]:
    """Something is computed, and what a section is about is computed by another.

    :param raw: the file over its protocol.
    :param parts: the sections that are valid by themselves, by the names of their fields.
    """
    asked = [name for name in SECTIONS if raw.get(name) is not None]
    if not asked:
        yield source.problem((), "nothing to compute", f"at least one of the sections {listed(list(SECTIONS))}", MELT)
        return
    melts = "melt_quench" in asked
    if raw.get("force_field") is None:
        yield from still_problems(asked, parts, source)
    else:
        yield from moved_problems(parts, source)
    if "structure" in asked and not melts and raw.get("force_field") is not None:
        found = "no section melt_quench, whose crystal, melt and glass it is about"
        fix = f"{MELT}; or remove force_field, to analyse the crystals as they are; states analyses its own states"
        yield source.problem(("structure",), found, "structure together with melt_quench", fix)
    states = parts.get("states")
    if states is not None and states.start == "glass" and not melts:
        yield source.problem(("states", "start"), "'glass' without melt_quench", "a glass that is made", MELT)
    if asked == ["validate"]:
        found = "nothing to compare with"
        yield source.problem(("validate",), found, "validate together with structure or states", "add 'structure: {}'")
    if parts.get("validation") is not None:
        yield from reference_problems(parts["validation"], parts, source)


def still_problems(asked: Sequence[str], parts: Mapping[str, Any], source: Source) -> Iterator[Problem]:
    """Without a force field nothing moves: frames of files, and crystals as they are, are analysed.

    :param asked: sections of the file.
    """
    if moving := [name for name in asked if name in MOVES]:
        allowed = f"a force field, which drives the molecular dynamics of {listed(moving)}"
        fix = "add the key 'force_field' with the name or PK of a campaign or a model"
        yield source.problem(("force_field",), "nothing", allowed, fix)
        return
    if "force_field" in source.data:
        allowed = "the name or PK of a campaign or a model; no such key where frames of files are analysed"
        yield source.problem(("force_field",), "nothing", allowed, "write what it is, or remove the key")
    structure = source.data.get("structure")
    if isinstance(structure, Mapping) and structure.get("of") is not None:
        allowed = "phases of melt_quench; without it every system is analysed"
        yield source.problem(("structure", "of"), shown(structure["of"]), allowed, "remove it")
    for name, system in parts.get("systems", {}).items():
        if "validate" in asked and system.temperature is None:
            allowed = "the temperature of what is compared"
            fix = "add the key, such as temperature: 300 K"
            yield source.problem(("systems", name, "temperature"), "nothing", allowed, fix)


def moved_problems(parts: Mapping[str, Any], source: Source) -> Iterator[Problem]:
    """A force field moves crystals; frames of others have moved already."""
    for name, system in parts.get("systems", {}).items():
        path: YamlPath = ("systems", name)
        if system.frames is not None:
            fix = "analyse these frames in a study of its own, without force_field, or name them in validate.frames"
            allowed = "structure: a crystal, which the force field moves"
            yield source.problem((*path, "frames"), f"frames {listed(system.frames)}", allowed, fix)
        elif system.temperature is not None:
            allowed = "the temperatures of the sections melt_quench and states"
            yield source.problem((*path, "temperature"), f"{system.temperature:g} K", allowed, "remove it")


def reference_problems(section: Validation, parts: Mapping[str, Any], source: Source) -> Iterator[Problem]:
    """Every reference stands beside a system and a phase of the study, and its files can be read."""
    known = list(parts.get("systems", {}))
    for kind in ("frames", "curves"):
        for name, reference in getattr(section, kind).items():
            path: YamlPath = ("validate", kind, name)
            if known and reference.system not in known:
                fix = did_you_mean(reference.system, known, "take one of these")
                yield source.problem((*path, "system"), shown(reference.system), listed(known), fix)
            phases = phases_of(parts, reference.system)
            if phases and reference.phase not in phases:
                fix = (
                    f"add {reference.phase} to structure.of" if moves(parts) else "correct the phase of one of the two"
                )
                yield source.problem((*path, "phase"), shown(reference.phase), listed(phases), fix)
            yield from file_problems(reference, path, source)


def file_problems(reference: FramesFiles | CurveFileSection, path: YamlPath, source: Source) -> Iterator[Problem]:
    """The files of a reference hold what they are said to."""
    names = reference.files if isinstance(reference, FramesFiles) else [reference.file]
    field = (*path, "files" if isinstance(reference, FramesFiles) else "file")
    faults = [fault for name in names if (fault := file_fault(source.folder / name, LARGEST_STRUCTURE))]
    yield from (source.problem(field, *fault) for fault in faults)
    if faults:
        return
    try:
        if isinstance(reference, FramesFiles):
            kind = reference.format or format_of(names[0])
            paths = [source.folder / name for name in names]
            read_frame_files(paths, kind, reference.type_map, reference.atom_style)
        else:
            read_curve(source.folder / names[0])
    except StructureFault as fault:
        yield source.problem(field, fault.found, fault.allowed, fault.fix)
    except FormatError as error:
        yield source.problem(field, str(error), "a table of two or three columns of numbers", "correct the file")


def phases_of(parts: Mapping[str, Any], name: str) -> list[str]:
    """Return the phases of a system whose structure a study has."""
    system = parts.get("systems", {}).get(name)
    if not moves(parts):
        return [system.phase or "crystal"] if system is not None else []
    structure, states = parts.get("structure"), parts.get("states")
    phases = list(structure.of) if structure is not None else []
    return list(dict.fromkeys([*phases, *([states.start] if states is not None else [])]))


def moves(parts: Mapping[str, Any]) -> bool:
    """Whether a study runs molecular dynamics; of a file with faults, whether it may."""
    return "force_field" not in parts or parts["force_field"] is not None


def element_problems(
    known: KnownForceField, kind: str, structures: Mapping[str, Atoms], source: Source
) -> Iterator[Problem]:
    """The force field knows every element of every system.

    :param kind: key of ``force_field`` that names it.
    """
    for name, atoms in structures.items():
        missing = [symbol for symbol in elements_of({name: atoms}) if symbol not in known.type_map]
        if missing:
            found = f"{known.words}, which knows {listed(known.type_map)}, without {listed(missing)} of systems.{name}"
            fix = f"take a force field that was trained with {listed(missing)}, or remove this system"
            yield source.problem(("force_field", kind), found, "a force field of all elements of all systems", fix)
