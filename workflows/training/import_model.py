"""Models of somebody else enter the profile: the file as it came, what was declared of it, and the potential in it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.data.labelled_frame import FormatError
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.deepmd.models.foreign import ForeignModel, read_model, read_model_file, refused
from aiida_zif.plugins.deepmd.models.trial import tried
from aiida_zif.plugins.imports.declaration import ModelDeclaration
from aiida_zif.workflows.training.named_models import check_name, name_models, refuse_other_models

IMPORT_MODEL = "import_model"
"""Name of the calcfunction that makes a potential of a file from elsewhere."""

DECLARED = ("level", "source", "by", "licence", "citation", "system")
"""What a user says of a file."""


@calcfunction
def import_model(raw: orm.SinglefileData, declaration: orm.Dict) -> DeepPotentialData:
    """Make a potential of a model file of somebody else; its parameters are read from the file.

    :param raw: the file as it came.
    :param declaration: a :class:`~aiida_zif.plugins.imports.declaration.ModelDeclaration`.
    :raises FormatError: if the file does not have the declared checksum, or is no frozen potential.
    """
    declared, content = ModelDeclaration.from_node(declaration), raw.get_content(mode="rb")
    if checksum_of(content) != declared.checksum:
        raise FormatError(f"the file has the checksum {checksum_of(content)}, not the declared one")
    model = read_model(content, Path(declared.name))
    potential = DeepPotentialData(
        io.BytesIO(content),
        filename="model.pb",
        type_map=model.type_map,
        rcut=model.rcut,
        model_backend="tensorflow",
        deepmd_version=f"not stated (file format {model.model_format or 'not stated'})",
    )
    potential.label, potential.description = declared.name, declared.source  # by which people find it
    return potential


def import_models(
    paths: Sequence[Path], declared: dict[str, str | None], name: str | None = None
) -> list[tuple[DeepPotentialData, bool]]:
    """Store model files and the potentials in them, each once; several files are a committee.

    :param paths: of the files.
    :param declared: by the names in :data:`DECLARED`.
    :param name: that stands for all of them in a study file.
    :returns: of each file the potential, and whether it is new in the profile.
    :raises FormatError: if a file is no frozen potential, if the files are no committee, or if one was imported with
        another declaration before; nothing is stored then.
    """
    models = {path: read_model_file(path) for path in paths}
    checksums = {path: checksum_of(path.read_bytes()) for path in models}
    refuse_no_committee(models, checksums)
    if name is not None:
        check_name(name, taken_names())
        refuse_other_models(name, [find_model(checksum) for checksum in checksums.values()])
    said = {name: value for name in DECLARED if (value := declared.get(name)) is not None}
    known = {path: find_model(checksum) for path, checksum in checksums.items()}
    for path, potential in known.items():
        refuse_other_declaration(path, potential, said)
    trials = {path: tried(path, model) for path, model in models.items() if known[path] is None}
    found = []
    for path, potential in known.items():
        new = potential is None
        if potential is None:
            declaration: dict[str, Any] = {
                "name": path.name,
                "checksum": checksums[path],
                **said,
                "tried": trials[path],
            }
            content = ModelDeclaration(**declaration).as_dict()
            potential = import_model(orm.SinglefileData(path.resolve()), orm.Dict(content))
        found.append((potential, new))
    if name is not None:
        name_models(name, [potential for potential, _ in found])
    return found


def taken_names() -> list[str]:
    """Return the labels of the work chains of the profile, and of the models in it."""
    chains = orm.QueryBuilder().append(orm.WorkChainNode, project="label").all(flat=True)
    models = orm.QueryBuilder().append(DeepPotentialData, project="label").all(flat=True)
    return sorted({*chains, *models} - {""})


def refuse_no_committee(models: dict[Path, ForeignModel], checksums: dict[Path, str]) -> None:
    """Refuse files that are the same, or that disagree on the elements or their order.

    :raises FormatError: naming both files.
    """
    first = next(iter(models))
    for index, path in enumerate(list(models)[1:], start=1):
        if models[path].type_map != models[first].type_map:
            found = f"the elements {' '.join(models[path].type_map)}, where {first.name} has those of another order"
            allowed = f"{' '.join(models[first].type_map)} in every model of a committee"
            raise refused(path, found, "import the files one by one", allowed)
        same = next((other for other in list(models)[:index] if checksums[other] == checksums[path]), None)
        if same is not None:
            raise refused(path, f"the same content as {same.name}", "leave it out", "a committee of different models")


def refuse_other_declaration(path: Path, potential: DeepPotentialData | None, said: dict[str, str]) -> None:
    """Refuse a file that was imported before and said to be something else.

    :raises FormatError: naming what differs.
    """
    if potential is None:
        return
    known = model_declaration_of(potential)
    for name, value in said.items():
        if known is not None and getattr(known, name) != value:
            found = f"{name} {value!r}, where its import <{potential.pk}> says {getattr(known, name)!r}"
            raise refused(path, found, "leave the option as it was then", "one declaration of one file")


def find_model(checksum: str) -> DeepPotentialData | None:
    """Return the potential that a file of this content was imported as, if it was.

    :param checksum: SHA-256 of the file.
    """
    query = orm.QueryBuilder().append(orm.Dict, filters={"attributes.checksum": checksum}, tag="declaration")
    finished = {"attributes.process_label": IMPORT_MODEL, "attributes.exit_status": 0}
    query.append(orm.CalcFunctionNode, with_incoming="declaration", filters=finished, tag="call")
    query.append(DeepPotentialData, with_incoming="call", tag="model").order_by({"model": {"id": "asc"}})
    found: DeepPotentialData | None = query.first(flat=True)
    return found


def model_declaration_of(potential: orm.Node) -> ModelDeclaration | None:
    """Return what was declared of a potential, None of one that was trained here."""
    call: Any = potential.creator
    if call is None or call.process_label != IMPORT_MODEL:
        return None
    return ModelDeclaration.from_node(call.inputs.declaration)


def checksum_of(content: bytes) -> str:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()
