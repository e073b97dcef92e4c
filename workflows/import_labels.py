"""Labelled frames from elsewhere enter the profile: raw files, who declared what of them, one block a composition."""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.plugins.data.import_formats import Source, find_source
from aiida_zif.plugins.data.import_gates import grouped, sort_frames
from aiida_zif.plugins.data.labelled_frame import FormatError, LabelledFrame, Refused
from aiida_zif.plugins.imports.reading import Reading

if TYPE_CHECKING:
    from aiida_zif.plugins.cp2k.levels import Level

MOST_NAMES = 200
"""Names of entries and columns that a report lists."""

FEWEST_WORDS = 2
"""A level that is declared in words needs as many; one word alone is the name of a shipped level, or a slip."""


def declared_level(text: str) -> dict[str, str]:
    """Return hash and line of the level that a user declares for data from elsewhere.

    The name of a level that CP2K can compute says: these labels are what CP2K would give there; they may then be
    mixed with computed ones. Any other line has a hash of its own, so that its labels never mix with computed ones.

    :param text: name of a shipped level, a level file or campaign file (``*.yaml``) with the level, or a line such as
        ``PBE-D3, VASP, 520 eV``.
    :raises FormatError: for a single word that is no level, and for a file without one.
    """
    from aiida_zif.plugins.cp2k.levels import available_levels, load_level

    line = " ".join(text.split())
    if line in available_levels() or Path(text).suffix in (".yaml", ".yml"):
        level = load_level(line) if line in available_levels() else level_of_file(Path(text))
        return {"hash": level.hash, "line": level.line}
    if len(line.split()) < FEWEST_WORDS:
        raise FormatError(
            f"--level: {text!r} found; allowed are {', '.join(available_levels())}, a file with a level, or a line "
            "that says method, code and cut-off, such as 'PBE-D3, VASP, 520 eV'."
        )
    return {"hash": hashlib.sha256(f"declared: {line}".encode()).hexdigest()[:16], "line": line}


def level_of_file(path: Path) -> Level:
    """Return the level of a campaign file, or of a level file of the user's own.

    :raises FormatError: if the file has none, or it is wrong.
    """
    from aiida_zif.plugins.cp2k.levels import load_level
    from aiida_zif.workflows.campaign import load_campaign
    from aiida_zif.workflows.campaign_levels import load_campaign_level
    from aiida_zif.workflows.campaign_source import read_source

    try:
        content = read_source(path).data
        if "systems" in content:
            return load_campaign_level(load_campaign(path).level_of_theory)
        return load_level(path.stem, definition=content)
    except ValueError as error:  # LevelError and CampaignError say where, what is allowed and how to mend it
        raise FormatError(f"--level: {error}") from error


def find_import(checksum: str) -> orm.CalcFunctionNode | None:
    """Return the first import of some content, if there is one."""
    query = orm.QueryBuilder().append(orm.Dict, filters={"attributes.checksum": checksum}, tag="declaration")
    done = {"attributes.process_label": "import_labels", "attributes.exit_status": 0}
    query.append(orm.CalcFunctionNode, with_incoming="declaration", filters=done, tag="call")
    call: orm.CalcFunctionNode | None = query.order_by({"call": {"id": "asc"}}).first(flat=True)
    return call


def import_from(
    path: Path, level: dict[str, Any], source: str, system: str, reading: Reading | None = None
) -> orm.CalcFunctionNode:
    """Store the files of an import and the blocks made from them; nothing is stored if there is not one good frame.

    :param path: a file in extended XYZ or a folder with deepmd/npy.
    :param level: ``hash`` and ``line``, see :func:`declared_level`.
    :param source: where the data come from, such as a DOI.
    :param system: label of the system, by which a campaign finds them.
    :param reading: what the user says of names and units in a file.
    :raises FormatError: if the files do not hold labelled frames.
    """
    found = find_source(path, reading)
    frames = list(found.frames())
    refuse_other_state(frames, level)
    good, refused = sort_frames(frames)
    if not good:
        raise FormatError(f"{path}: not one of {len(refused)} frames can be a label: {in_words(refused)}.")
    declaration = orm.Dict(
        {
            "name": path.name,
            "format": found.kind,
            "reading": found.reading.said(),
            "left_out": dict(found.left_out),
            "note": found.note,
            "source": source,
            "system": system,
            "checksum": found.checksum,
            "level_of_theory": level,
        }
    )
    _, call = import_labels.run_get_node(raw_node(found), declaration)
    return call


def refuse_other_state(frames: Iterable[LabelledFrame | Refused], level: Mapping[str, Any]) -> None:
    """Refuse frames of which the file says another charge or multiplicity than was declared.

    :param level: as declared, with ``charge`` and ``multiplicity`` where they are not 0 and 1.
    :raises FormatError: naming the first of them.
    """
    declared = {"charge": level.get("charge") or 0, "multiplicity": level.get("multiplicity") or 1}
    for frame in frames:
        for name, stated in frame.state.items() if isinstance(frame, LabelledFrame) else ():
            if stated != declared[name]:
                raise FormatError(
                    f"{frame.place}: {name}: {stated} found; allowed: {declared[name]}, as was declared. Say --{name} "
                    f"{stated}, and import frames of one charge and multiplicity at a time."
                )


def raw_node(source: Source) -> orm.Data:
    """Return an unstored node with the files of an import as they are."""
    if source.kind == "extxyz":
        return orm.SinglefileData(source.root.resolve() / source.files[0])
    folder = orm.FolderData()
    for name in source.files:
        folder.base.repository.put_object_from_file(str(source.root.resolve() / name), name)
    return folder


@calcfunction
def import_labels(raw: orm.Data, declaration: orm.Dict) -> dict[str, orm.Data]:
    """Make one block a composition and order of atoms from labelled frames of elsewhere.

    :param raw: the files as they came, a ``FolderData`` or ``SinglefileData``.
    :param declaration: ``source``, ``checksum``, ``system`` and ``level_of_theory`` as the user declared them, and
        ``reading``, what the user said of names and units in the file.
    :returns: ``block_0`` … and ``report``, which counts every frame once, says why some did not come in,
        from which names and units the labels were taken, and what else the frames hold.
    :raises FormatError: if the files do not have the declared checksum.
    """
    with tempfile.TemporaryDirectory() as scratch:
        raw.base.repository.copy_tree(scratch)
        folder = Path(scratch)
        reading = Reading.of(declaration.get_dict().get("reading", {}))
        found = find_source(folder / raw.filename if isinstance(raw, orm.SinglefileData) else folder, reading)
        if found.checksum != declaration["checksum"]:
            raise FormatError(f"the files have the checksum {found.checksum}, not the declared one")
        good, refused = sort_frames(found.frames())
    groups = grouped(good)
    blocks = {f"block_{index}": block_of(group, declaration) for index, group in enumerate(groups)}
    report = {
        "n_read": len(good) + len(refused),
        "n_labelled": len(good),
        "n_rejected": dict(Counter(frame.reason for frame in refused)),
        "rejected": [vars(frame) for frame in refused],
        "taken": counted(name for frame in good for name in frame.taken),
        "not_taken": counted(name for frame in good for name in frame.not_taken),
    }
    return {**blocks, "report": orm.Dict(report)}


def counted(names: Iterable[str]) -> dict[str, int]:
    """Return how often each name comes, the most frequent first; a hostile file may have countless."""
    return dict(Counter(names).most_common(MOST_NAMES))


def block_of(frames: Sequence[LabelledFrame], declaration: orm.Dict) -> LabelledFramesData:
    """Return an unstored block of frames of one composition and order of atoms."""
    virials = [frame.virial for frame in frames if frame.virial is not None]
    block = LabelledFramesData(
        frames[0].symbols,
        np.array([frame.positions for frame in frames]),
        np.array([frame.cell for frame in frames]),
        declaration["system"],
        energies=[frame.energy for frame in frames],
        forces=np.array([frame.forces for frame in frames]),
        virials=np.array(virials) if virials else None,
        level_of_theory=declaration["level_of_theory"],
    )
    block.label, block.description = declaration["system"], declaration["source"]  # by which people find it
    return block


def blocks_of_import(call: orm.CalcFunctionNode) -> list[LabelledFramesData]:
    """Return the blocks that an import made, in their order."""
    links = call.base.links.get_outgoing(node_class=LabelledFramesData).all()
    blocks: list[Any] = [link.node for link in sorted(links, key=lambda link: int(link.link_label.split("_")[1]))]
    return blocks


def in_words(refused: Sequence[Refused]) -> str:
    """Return how many frames did not come in, by reason, with the detail of the first."""
    counts = Counter(frame.reason for frame in refused)
    tally = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
    if not refused:
        return "none"
    first, *more = refused[0].detail.split("\n")
    if not more:
        return f"{tally} (first: {refused[0].place}, {first})"
    return "\n".join([tally, *(f"  {refused[0].place}: {line}" for line in (first, *more))])
