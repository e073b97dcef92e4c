"""Whether the profile holds a study already, and what says that it is another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aiida_zif.provenance.queries.differences import (
    Known,
    differing_codes,
    differing_keys,
    differing_structures,
    is_about_a_system,
    unknown_keys,
)
from aiida_zif.provenance.queries.links import inputs_under
from aiida_zif.provenance.queries.studies import find_studies

if TYPE_CHECKING:
    from aiida_zif.workflows.study.file.loading import Study


def known_studies(study: Study) -> Iterator[Known]:
    """Yield the studies of the same name that are running or finished well, the newest first.

    :param study: whose force field was looked up.
    """
    for node in find_studies(label=study.name):
        if not node.is_terminated or node.is_finished_ok:
            yield Known(node, differences(node, study))


def differences(node: Any, study: Study) -> list[str]:
    """Return in words everything by which a study of the profile differs from one of a file; none if it is the same.

    :param node: of the study in the profile.
    """
    from aiida_zif.workflows.study.file.loading import sections_of_protocol
    from aiida_zif.workflows.study.settings import StudySettings

    then = StudySettings.as_written(node.inputs.settings)
    now = study.settings().model_dump(mode="json")
    unknown = unknown_keys(then, now, sections_of_protocol(study.protocol), is_free)
    different = differing_keys(then, now, is_free, unknown)
    different += differing_codes(node, study.code_labels()) + differing_structures(node, study.structures())
    models = study.known.models if study.known else {}
    different += differing_models(node, models) + differing_frames(node, study)
    return different + differing_references(node, study)


def differing_models(node: Any, models: Mapping[str, str]) -> list[str]:
    """Return in words whether a study began with other models.

    :param models: label → UUID, in their order.
    """
    then = [model.uuid for _, model in sorted(inputs_under(node, "committee").items())]
    now = [models[label] for label in sorted(models)]
    return [] if then == now else [f"force_field: {len(then)} models then, {len(now)} others now"]


def differing_frames(node: Any, study: Study) -> list[str]:
    """Return in words the systems whose files of frames hold something else now than when a study began."""
    from aiida_zif.plugins.data.frame_id import frame_ids

    then: dict[str, list[list[str]]] = {}
    for label, frames in inputs_under(node, "frames").items():
        then.setdefault(label.partition("__")[0], []).append(frames.frame_ids())
    now = {
        name: [frame_ids(one.symbols, one.positions, one.cells) for one in sets]
        for name, sets in study.frames().items()
    }
    return [f"systems.{name}.frames: other frames" for name in sorted({*then, *now}) if then.get(name) != now.get(name)]


def differing_references(node: Any, study: Study) -> list[str]:
    """Return in words the references of others whose files hold something else now than when a study began."""
    from aiida_zif.plugins.data.frame_id import frame_ids
    from aiida_zif.plugins.systems.files.frame_files import format_of, read_frame_files

    then = inputs_under(node, "references__frames")
    other = []
    for name, reference in (study.validation.frames if study.validation is not None else {}).items():
        files = [study.folder / file for file in reference.files]
        kind = reference.format or format_of(reference.files[0])
        read = read_frame_files(files, kind, reference.type_map, reference.atom_style)
        if name in then and then[name].frame_ids() != frame_ids(read.symbols, read.positions, read.cells):
            other.append(f"validate.frames.{name}.files: other frames")
    return other


def is_free(key: str) -> bool:
    """Whether a key makes no other study: models and atoms are compared, not the words that name them."""
    return key.split(".")[0] == "force_field" or is_about_a_system(key)
