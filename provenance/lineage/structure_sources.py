"""Sources of the structures and reference of the energies of a campaign, for reports and exports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.plugins.systems import available_systems
from aiida_zif.plugins.systems.sources import NOT_STATED, Record, shipped_record
from aiida_zif.provenance.queries import sql
from aiida_zif.provenance.queries.calls import within
from aiida_zif.provenance.queries.campaigns import is_campaign
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.labelling.known_imports import declaration_of, is_import

NOTHING_SUBTRACTED = "nothing was added or subtracted; atomic energies are not subtracted"


def record_of_node(structure: orm.StructureData) -> Record:
    """Return source, licence and citation of a structure, see :mod:`aiida_zif.plugins.systems.sources`.

    A node of before they were kept is that of a shipped framework if its campaign says so; else nothing is stated.
    """
    kept = (structure.base.attributes.get("source", None) or {}).get("extras")
    if isinstance(kept, dict) and {"structure", "source", "licence", "citation"} <= kept.keys():
        return kept
    for link in structure.base.links.get_outgoing(link_type=LinkType.INPUT_WORK).all():
        if is_campaign(link.node):
            label = within("systems", link.link_label)
            system = Settings.from_node(link.node.inputs.settings).systems.get(label)
            name = (system and system.structure) or "given"
            return shipped_record(name) if name in available_systems() else nothing_stated(name)
    return nothing_stated("given")


def nothing_stated(name: str) -> Record:
    """Return the record of a structure of which nothing but its name is known."""
    what = "a structure given in Python" if name == "given" else f"file {name}, checksum not kept"
    return {"structure": what, "source": NOT_STATED, "licence": NOT_STATED, "citation": [], "changes": []}


def sources_behind(pks: Sequence[int]) -> list[Record]:
    """Return the records of all structures, and of all imported labels, that some nodes were made from.

    :returns: each with the ``pk`` and ``formula`` of its structure, or the ``pk`` of its import.
    """
    structures: list[Any] = [
        orm.load_node(pk) for pk in sql.ancestors_of_kind(pks, "data.core.structure.StructureData.", material=True)
    ]
    return [*map(entry_of, structures), *imports_behind(pks)]


def source_of_block(block: Any, sources: Iterable[Record]) -> Record | None:
    """Return the record that a block of labels goes back to: its import, or the structure of its atoms.

    :param sources: of :func:`sources_behind`.
    """
    from ase.formula import Formula

    if is_imported(block):
        return next((source for source in sources if source["pk"] == block.creator.pk), None)
    ratio = Formula.from_list(block.symbols).reduce()[0].count()
    return next((s for s in sources if s["formula"] and Formula(s["formula"]).reduce()[0].count() == ratio), None)


def entry_of(structure: orm.StructureData) -> Record:
    """Return the record of a structure with its pk and formula."""
    return {"pk": structure.pk, "formula": structure.get_formula("hill_compact"), **record_of_node(structure)}


def imports_behind(pks: Sequence[int]) -> list[Record]:
    """Return the records of the imports among what some nodes were made from."""
    blocks: list[Any] = [
        orm.load_node(pk)
        for pk in sql.ancestors_of_kind(pks, "data.zif.frames.labelled.LabelledFramesData.", material=True)
    ]
    calls = {block.creator.pk: block.creator for block in blocks if is_imported(block)}
    return [import_record(call) for call in calls.values()]


def import_record(call: Any) -> Record:
    """Return what was declared of imported labels in the form of a structure's record."""
    declared = declaration_of(call)
    return {
        "pk": call.pk,
        "formula": None,
        "structure": f"labels imported from {declared.name}",
        "source": declared.source or NOT_STATED,
        "licence": declared.licence or NOT_STATED,
        "citation": [declared.citation] if declared.citation else [],
        "changes": [],
        "sha256": declared.checksum,
    }


def is_imported(block: LabelledFramesData) -> bool:
    """Whether labels came from elsewhere."""
    return is_import(block.creator)


def energy_reference(blocks: Iterable[Any]) -> str:
    """Return the reference of the energies of labels as text.

    :param blocks: labelled frames; their level's line begins with the name of the method.
    """
    words = {imported_reference() if is_imported(block) else cp2k_reference(block) for block in blocks}
    return " / ".join(sorted(words)) or "no labels yet"


def imported_reference() -> str:
    """Return the reference of the energies of imported labels."""
    return f"total energies as the imported files hold them, in eV; {NOTHING_SUBTRACTED} here"


def cp2k_reference(block: Any) -> str:
    """Return the reference of the energies of labels that CP2K computed."""
    is_tight_binding = "xtb" in block.level_of_theory["line"].partition(";")[0].lower()
    method = "the tight-binding method" if is_tight_binding else "its pseudopotentials"
    what = f"total energy of the valence electrons as CP2K prints it with {method}"
    return f"{what}, in eV; {NOTHING_SUBTRACTED}"


def in_lines(record: Record) -> list[tuple[str, str]]:
    """Return a record as lines of name and value."""
    lines = [("what", record["structure"]), ("source", record["source"]), ("licence", record["licence"])]
    lines += [("cite", text) for text in record["citation"] or [NOT_STATED]]
    lines += [("changed", "; ".join(record["changes"]))] if record.get("changes") else []
    lines += [("SHA-256", record["sha256"])] if record.get("sha256") else []
    lines += [(name.lstrip("_").replace("_", " "), text) for name, text in (record.get("stated_in_file") or {}).items()]
    return lines
