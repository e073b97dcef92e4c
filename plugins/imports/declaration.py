"""What an import is said to be, what it brought, and that it was withdrawn: records in the graph (no AiiDA)."""

from __future__ import annotations

from typing import Any

from aiida_zif.plugins.data.record import Entry, Report


class DeclaredLevel(Entry):
    """Level of theory that a user declares.

    :param line: in words, with charge and spin, as of a computed label.
    :param definition: of a level that CP2K can compute, ``Level.as_dict()``; None of one in words.
    :param charge: of the whole cell, in elementary charges, where it is not 0.
    :param multiplicity: 2S + 1 of the whole cell, where it was stated.
    """

    hash: str
    line: str
    definition: dict[str, Any] | None = None
    charge: int | None = None
    multiplicity: int | None = None


class Declaration(Report):
    """``declaration`` of ``import_labels``.

    :param name: of the file or folder.
    :param format: such as ``extxyz``.
    :param reading: what the user said of names and units in the file, by option.
    :param left_out: folders that were not read, by reason.
    :param note: on the files, for reading.
    :param source: where the data come from, such as a DOI; empty where nobody said.
    :param system: label by which campaigns find the data.
    :param checksum: SHA-256 of the files.
    :param gates: bounds of the gates that are others than those of computed labels, by name; units as of the gates.
    :param licence: as ``citation``, where it was said.
    """

    name: str
    format: str
    reading: dict[str, Any] = {}
    left_out: dict[str, int] = {}
    note: str = ""
    source: str = ""
    system: str
    checksum: str
    level_of_theory: DeclaredLevel
    gates: dict[str, Any] = {}
    licence: str | None = None
    citation: str | None = None


class ModelDeclaration(Report):
    """``declaration`` of ``import_model``: what a user says of a model file of somebody else.

    :param name: of the file.
    :param checksum: SHA-256 of the file.
    :param level: of theory of the labels that it was trained on, in words; no program can check it.
    :param source: where the file comes from, such as a DOI.
    :param by: who trained it, where it was said; as ``licence``, ``citation``, and ``system``, what it was trained on.
    :param tried: the DeePMD-kit that loaded the file before it was stored, and what it gave; empty if none did.
    """

    name: str
    checksum: str
    level: str
    source: str
    by: str | None = None
    licence: str | None = None
    citation: str | None = None
    system: str | None = None
    tried: str = ""


class KnownEnergies(Report):
    """``references`` of ``import_labels``: energies of the level that the profile held.

    :param level_hash: of the level of theory.
    :param energies_per_atom: eV/atom by composition, sorted and thinned.
    :param blocks: UUIDs of the blocks that they are from.
    """

    level_hash: str
    energies_per_atom: dict[str, list[float]] = {}
    blocks: list[str] = []


class RefusedFrame(Entry):
    """A frame that did not come in: where it stood, one word for counting, a detail for reading."""

    place: str
    reason: str
    detail: str


class ImportReport(Report):
    """``report`` of ``import_labels``: every frame is counted once.

    :param n_rejected: frames that did not come in, by reason.
    :param taken: names and units that labels were taken from, with the number of their frames.
    :param not_taken: what else the frames hold, likewise.
    """

    n_read: int
    n_labelled: int
    n_rejected: dict[str, int] = {}
    rejected: list[RefusedFrame] = []
    taken: dict[str, int] = {}
    not_taken: dict[str, int] = {}


class Withdrawal(Report):
    """``result`` of ``withdraw_import``, and of ``restore_import``.

    :param name: of the import.
    :param reason: why it was withdrawn.
    :param blocks: UUIDs of all that it made.
    :param restored: why the withdrawal holds no longer; None while it does.
    """

    name: str
    reason: str
    blocks: list[str]
    restored: str | None = None
