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

from aiida_zif.plugins.cp2k.levels.level import hash_in_state, state_in_words
from aiida_zif.plugins.cp2k.reading.gates import Gates, thinned
from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.plugins.data.labelled_frame import FormatError, LabelledFrame, Refused
from aiida_zif.plugins.imports.formats import Source, find_source
from aiida_zif.plugins.imports.gates import IMPORT_GATES, Rules, composition, grouped, sort_frames
from aiida_zif.plugins.imports.reading import Reading

if TYPE_CHECKING:
    from aiida_zif.plugins.cp2k.levels import Level

MOST_NAMES = 200
"""Names of entries and columns that a report lists."""

FEWEST_WORDS = 2
"""A level that is declared in words needs as many; one word alone is the name of a shipped level, or a slip."""


def declared_level(text: str, charge: int = 0, multiplicity: int | None = None) -> dict[str, Any]:
    """Return what a user declares of the level of data from elsewhere.

    The name of a level that CP2K can compute says: these labels are what CP2K would give there; they may then be
    mixed with computed ones. Any other line has a hash of its own, so that its labels never mix with computed ones.

    :param text: name of a shipped level, a level file or campaign file (``*.yaml``) with the level, or a line such as
        ``PBE-D3, VASP, 520 eV``.
    :param charge: of the whole cell, in elementary charges.
    :param multiplicity: 2S + 1 of the whole cell; None where nobody stated it.
    :returns: ``hash`` and ``line`` with charge and spin, as of a computed label; ``definition`` of a level of CP2K.
    :raises FormatError: for a single word that is no level, and for a file without one.
    """
    from aiida_zif.plugins.cp2k.levels import available_levels, load_level

    line = " ".join(text.split())
    state = ({"charge": charge} if charge else {}) | ({"multiplicity": multiplicity} if multiplicity else {})
    if line in available_levels() or Path(text).suffix in (".yaml", ".yml"):
        level = load_level(line) if line in available_levels() else level_of_file(Path(text))
        level = level.in_state(charge, multiplicity)
        return {"hash": level.hash, "line": level.line, "definition": level.as_dict(), **state}
    if len(line.split()) < FEWEST_WORDS:
        raise FormatError(
            f"--level: {text!r} found; allowed are {', '.join(available_levels())}, a file with a level, or a line "
            "that says method, code and cut-off, such as 'PBE-D3, VASP, 520 eV'."
        )
    method = hashlib.sha256(f"declared: {line}".encode()).hexdigest()[:16]
    in_words = state_in_words(charge, multiplicity)
    return {"hash": hash_in_state(method, charge, multiplicity), "line": line + in_words, **state}


def level_of_file(path: Path) -> Level:
    """Return the level of a campaign file, or of a level file of the user's own.

    :raises FormatError: if the file has none, or it is wrong.
    """
    from aiida_zif.plugins.cp2k.levels import load_level
    from aiida_zif.workflows.campaign.levels import load_campaign_level
    from aiida_zif.workflows.campaign.loading import load_campaign
    from aiida_zif.workflows.user_input.yaml_source import read_source

    try:
        content = read_source(path).data
        if "systems" in content:
            return load_campaign_level(load_campaign(path).level_of_theory)
        return load_level(path.stem, definition=content)
    except ValueError as error:  # LevelError and CampaignError say where, what is allowed and how to fix it
        raise FormatError(f"--level: {error}") from error


def import_from(
    path: Path,
    level: dict[str, Any],
    source: str,
    system: str,
    gates: Mapping[str, Any] | None = None,
    reading: Reading | None = None,
) -> orm.CalcFunctionNode:
    """Store the files of an import and the blocks made from them; nothing is stored if there is not one good frame.

    :param path: a file in extended XYZ or a folder with deepmd/npy.
    :param level: see :func:`declared_level`.
    :param source: where the data come from, such as a DOI.
    :param system: label of the system, by which a campaign finds them.
    :param gates: bounds of the gates that are others than those of computed labels.
    :param reading: what the user says of names and units in a file.
    :raises FormatError: if the files do not hold labelled frames.
    """
    found = find_source(path, reading)
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
            **({"gates": dict(gates)} if gates else {}),
        }
    )
    frames = list(found.frames())
    refuse_unstated_spin(level, frames)
    refuse_other_state(frames, level)
    refuse_other_level(frames, level)
    known = energies_in_profile(level["hash"], [one.symbols for one in frames if isinstance(one, LabelledFrame)])
    good, refused = sort_frames(frames, rules_of(declaration.get_dict(), known))
    if not good:
        raise FormatError(
            f"{path}: not one of {len(refused)} frames can be a label: {in_words(refused)}. Correct "
            "the files or what is declared of them; `--gate NAME=VALUE` moves a bound for this import."
        )
    inputs = {"references": orm.Dict(known)} if known["energies_per_atom"] else {}
    _, call = import_labels.run_get_node(raw_node(found), declaration, **inputs)
    return call


def refuse_other_state(frames: Iterable[LabelledFrame | Refused], level: Mapping[str, Any]) -> None:
    """Refuse frames of which the file says another charge or multiplicity than was declared.

    :param level: as declared, with ``charge`` and ``multiplicity`` where they are not 0 and 1.
    :raises FormatError: naming the first of them.
    """
    declared = {"charge": level.get("charge") or 0, "multiplicity": level.get("multiplicity") or 1}
    for frame in frames:
        for name, stated in frame.state.items() if isinstance(frame, LabelledFrame) else ():
            allowed = (declared["multiplicity"], declared["multiplicity"] - 1) if name == "spin" else (declared[name],)
            if stated not in allowed:
                option = f"--multiplicity {stated} (2S + 1)" if name == "spin" else f"--{name} {stated}"
                raise FormatError(
                    f"{frame.place}: {name}: {stated} found; allowed: {' or '.join(map(str, allowed))}, as was "
                    f"declared. Say {option}, and import frames of one charge and multiplicity at a time."
                )


def refuse_other_level(frames: Iterable[LabelledFrame | Refused], level: Mapping[str, Any]) -> None:
    """Refuse frames that are said to be of a level of this package, and say themselves that they are of another one.

    :param level: as declared; one in words mixes with nothing, so whatever the file says is kept apart.
    :raises FormatError: naming the first of them; `export` writes the line of the level into its files.
    """
    from aiida_zif.plugins.cp2k.levels import Level, available_levels, load_level

    if "definition" not in level:
        return
    shipped = [load_level(name) for name in available_levels()]
    others = {one.line: one.name for one in shipped if one.method != Level.from_dict(level["definition"]).method}
    for frame in frames:
        stated = frame.levels.get("level_of_theory") if isinstance(frame, LabelledFrame) else None
        if stated in others:
            raise FormatError(
                f"{frame.place}: level_of_theory: that of {others[stated]} found; allowed: {level['line']}, as was "
                f"declared. Say --level {others[stated]}, or correct the file."
            )


def refuse_unstated_spin(level: Mapping[str, Any], frames: Iterable[LabelledFrame | Refused]) -> None:
    """Refuse frames with elements of several spins of which nobody stated the multiplicity.

    :param level: as declared; of one in words nothing is known.
    :raises FormatError: naming the elements.
    """
    from aiida_zif.plugins.cp2k.levels import Level
    from aiida_zif.plugins.cp2k.levels.level import UNPAIRED

    theory = Level.from_dict(level["definition"]) if "definition" in level else None
    if theory is None or theory.multiplicity is not None:
        return
    for symbols in {one.symbols for one in frames if isinstance(one, LabelledFrame)}:
        if set(symbols) & set(UNPAIRED) and not set(symbols) - set(theory.elements):
            try:
                theory.check_elements(symbols)
            except ValueError as error:
                raise FormatError(f"--multiplicity: nothing found; {error}.") from error


def raw_node(source: Source) -> orm.Data:
    """Return an unstored node with the files of an import as they are."""
    if source.kind == "extxyz":
        return orm.SinglefileData(source.root.resolve() / source.files[0])
    folder = orm.FolderData()
    for name in source.files:
        folder.base.repository.put_object_from_file(str(source.root.resolve() / name), name)
    return folder


@calcfunction
def import_labels(raw: orm.Data, declaration: orm.Dict, references: orm.Dict | None = None) -> dict[str, orm.Data]:
    """Make one block a composition and order of atoms from labelled frames of elsewhere.

    :param raw: the files as they came, a ``FolderData`` or ``SinglefileData``.
    :param declaration: ``source``, ``checksum``, ``system``, ``level_of_theory`` and ``gates`` as the user declared
        them, and ``reading``, what the user said of names and units in the file.
    :param references: energies of the level that the profile held, see :func:`energies_in_profile`.
    :returns: ``block_0`` … and ``report``, which counts every frame once, says why some did not come in, from which
        names and units the labels were taken, and what else the frames hold.
    :raises FormatError: if the files do not have the declared checksum.
    """
    with tempfile.TemporaryDirectory() as scratch:
        raw.base.repository.copy_tree(scratch)
        folder = Path(scratch)
        reading = Reading.of(declaration.get_dict().get("reading", {}))
        found = find_source(folder / raw.filename if isinstance(raw, orm.SinglefileData) else folder, reading)
        if found.checksum != declaration["checksum"]:
            raise FormatError(f"the files have the checksum {found.checksum}, not the declared one")
        rules = rules_of(declaration.get_dict(), references.get_dict() if references else None)
        good, refused = sort_frames(found.frames(), rules)
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
        virials=0.5 * (np.array(virials) + np.swapaxes(virials, 1, 2)) if virials else None,
        level_of_theory={key: declaration["level_of_theory"][key] for key in ("hash", "line")},
    )
    block.label, block.description = declaration["system"], declaration["source"]  # by which people find it
    return block


def read_import_gates(texts: Sequence[str]) -> dict[str, Any]:
    """Return the bounds that a user gives as ``NAME=VALUE``, with units as in a campaign file.

    :raises FormatError: for an unknown gate or a wrong value.
    """
    import yaml
    from pydantic import ValidationError

    from aiida_zif.plugins.input_checks.refusal import refusal_text
    from aiida_zif.workflows.campaign.schema.data import ImportGates
    from aiida_zif.workflows.user_input.problems import shown

    names = ", ".join(ImportGates.model_fields)
    pairs = [(name.strip(), value) for name, _, value in (text.partition("=") for text in texts)]
    try:
        values = {name: yaml.safe_load(value) for name, value in pairs}
    except yaml.YAMLError:
        values = {"": None}
    if len(values) < len(pairs) or None in values.values():
        raise FormatError(f"--gate: {shown(texts)} found; allowed is NAME=VALUE, once for each of {names}.")
    try:
        return ImportGates.model_validate(values).bounds()
    except ValidationError as error:
        schema, way = ImportGates.model_json_schema(), "write it as NAME=VALUE, such as 'net_force=0.5 eV/Å'"
        raise FormatError(f"--gate {refusal_text(error, schema, if_unknown=way)}") from error


def rules_of(declaration: Mapping[str, Any], references: Mapping[str, Any] | None = None) -> Rules:
    """Return what the frames of an import are held against.

    :raises ValueError: if its gates are none.
    """
    from aiida_zif.plugins.cp2k.levels import Level

    definition = declaration["level_of_theory"].get("definition")
    gates = Gates.read({**IMPORT_GATES.model_dump(), **declaration.get("gates", {})}, "gates")
    level = Level.from_dict(definition) if definition else None
    return Rules(gates, level, (references or {}).get("energies_per_atom", {}))


def energies_in_profile(level_hash: str, atoms: Iterable[Sequence[str]]) -> dict[str, Any]:
    """Return the energies of labels that the profile holds, for the gate of unusual ones.

    :param level_hash: of the level of theory.
    :param atoms: the symbols of frames whose compositions are of interest.
    :returns: ``level_hash``, and ``energies_per_atom`` (eV) by composition, thinned; the ``blocks`` they are from.
    """
    from aiida_zif.workflows.labelling.label_cache import blocks_of_level

    wanted = {composition(symbols) for symbols in set(map(tuple, atoms))}
    energies: dict[str, list[float]] = {}
    uuids = []
    for block in blocks_of_level(level_hash) if wanted else ():
        if (formula := composition(block.symbols)) in wanted:
            energies.setdefault(formula, []).extend(block.energies / block.n_atoms)
            uuids.append(block.uuid)
    thin = {formula: thinned(values) for formula, values in energies.items()}
    return {"level_hash": level_hash, "energies_per_atom": thin, "blocks": uuids}


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
