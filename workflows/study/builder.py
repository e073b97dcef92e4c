"""From a checked study to a builder that is ready to submit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.engine import ProcessBuilder
from aiida.plugins import WorkflowFactory

from aiida_zif.plugins.systems.files.frame_files import format_of
from aiida_zif.plugins.systems.sources import NOT_STATED, as_node_source
from aiida_zif.workflows.properties.validation.facts import literature
from aiida_zif.workflows.properties.validation.section import FramesFiles
from aiida_zif.workflows.properties.validation.steps import CurveFile, import_curve
from aiida_zif.workflows.structures.frame_files import FrameFiles, import_frames
from aiida_zif.workflows.study.checks.machine import machine_problems
from aiida_zif.workflows.study.file.loading import Study, study_from_structures
from aiida_zif.workflows.study.force_field.finding import find_force_field, models_of
from aiida_zif.workflows.study.schema.system import StudySystem
from aiida_zif.workflows.study.steps import aimd_of
from aiida_zif.workflows.user_input.problems import CampaignError


def builder_from_study(study: Study) -> ProcessBuilder:
    """Return a builder for a study whose force field, if it has one, was found; its codes must be in the profile.

    :raises NotExistent: if a code is not set up.
    :raises CampaignError: if a computer does not do.
    """
    codes = {name: orm.load_code(label) for name, label in study.code_labels().items()}
    if study.moves and (problems := list(machine_problems(study.code_labels(), study.resources))):
        raise CampaignError(problems)
    return fill_builder(study, codes, structure_nodes(study))


def builder_from_protocol(
    codes: Mapping[str, orm.AbstractCode],
    structures: Mapping[str, orm.StructureData],
    force_field: Mapping[str, Any],
    protocol: str,
    sections: Mapping[str, Any],
) -> ProcessBuilder:
    """Return a builder for given nodes; everything else comes from the protocol, then from the sections.

    :param codes: ``lmp`` and ``python``, and ``dp`` if models may be compressed.
    :param structures: by system label; the cells are those of the nodes.
    :param force_field: as in the study file.
    :param sections: what is computed, and what differs from the protocol, in the form of the study file.
    :raises CampaignError: if the whole does not pass the checks of a study file.
    """
    atoms = {name: structure.get_ase() for name, structure in structures.items()}
    systems = {name: {"structure": "given", "supercell": [1, 1, 1]} for name in structures}
    content = {"protocol": protocol, "systems": systems, "force_field": dict(force_field), **sections}
    return fill_builder(study_from_structures(atoms, content, find_force_field), codes, structures)


def structure_nodes(study: Study) -> dict[str, orm.StructureData]:
    """Return an unstored node a system; its attribute ``source`` says where the structure comes from."""
    nodes = {name: orm.StructureData(ase=atoms, label=name) for name, atoms in study.structures().items()}
    for name, record in study.structure_records().items():
        nodes[name].source = as_node_source(record)
    return nodes


def given_frames(study: Study) -> dict[str, dict[str, Any]]:
    """Return the frames of others that are analysed, by system and replica: each file read into the profile."""
    found: dict[str, dict[str, Any]] = {}
    for name in study.frames():
        system = study.systems[name]
        files = system.frames or []
        width = len(str(len(files) - 1))
        found[name] = {
            f"replica_{index:0{width}d}": import_frames(declared(system, name, [file]), [study.folder / file])
            for index, file in enumerate(files)
        }
    return found


def declared(about: StudySystem | FramesFiles, system: str, files: Sequence[str]) -> FrameFiles:
    """Return what files of frames are declared to be.

    :param about: a system, or a reference.
    :param system: label of the system.
    """
    return FrameFiles(
        system=system,
        format=about.format or format_of(files[0]),
        files=[Path(file).name for file in files],
        type_map=about.type_map,
        atom_style=about.atom_style,
        source=about.source or NOT_STATED,
        licence=about.licence or NOT_STATED,
        citation=getattr(about, "citation", None) or "",
    )


def reference_frames(study: Study) -> dict[str, Any]:
    """Return the frames of others, read into the profile with their declarations, and the AIMD of the committee."""
    assert study.validation is not None
    found: dict[str, Any] = {}
    for name, reference in study.validation.frames.items():
        files = declared(reference, reference.system, reference.files)
        found[name] = import_frames(files, [study.folder / file for file in reference.files])
    models = models_of(study.known) if study.known is not None else {}
    return found | {name: block for name, (_, block) in aimd_of(models, study.settings()).items()}


def reference_curves(study: Study) -> dict[str, Any]:
    """Return the measured curves, read into the profile with their declarations."""
    assert study.validation is not None
    found: dict[str, Any] = {}
    for name, reference in study.validation.curves.items():
        curve = CurveFile(
            name=Path(reference.file).name,
            curve=reference.curve,
            source=reference.source,
            licence=reference.licence,
        )
        found[name] = import_curve(curve, study.folder / reference.file)
    return found


def fill_builder(
    study: Study, codes: Mapping[str, orm.AbstractCode], structures: Mapping[str, orm.StructureData]
) -> ProcessBuilder:
    """Set every input of the work chain."""
    if study.moves and study.known is None:
        raise ValueError("the force field of the study was not looked up; fix: load it with `find_force_field`")
    builder: Any = ProcessBuilder(WorkflowFactory("zif.study"))  # type: ignore[arg-type]
    if study.known is not None:
        builder.codes = dict(codes)
        builder.committee = models_of(study.known)
    builder.systems = dict(structures)
    builder.frames = given_frames(study)
    builder.settings = orm.Dict(study.settings().as_dict())
    if study.validation is not None:
        builder.facts = orm.Dict(literature().as_dict())
        builder.references = {"frames": reference_frames(study), "curves": reference_curves(study)}
    builder.resources = orm.Dict(study.resources.as_dict())
    builder.metadata.label = study.name
    return builder
