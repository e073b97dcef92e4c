"""Source, licence and citation of a crystal structure, as far as they are stated (no AiiDA)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiida_zif.plugins.systems.catalogue import available_systems, describe_system

NOT_STATED = "not stated"
DECLARED = ("source", "licence", "citation")
"""What a campaign file may say of a structure file."""

IDENTIFIER = re.compile(
    r"^[ \t]*(_journal_paper_doi|_citation_doi|_cod_database_code|_database_code_\w+|_audit_block_doi)[ \t]+(.+)$",
    re.IGNORECASE | re.MULTILINE,
)
"""Entries of a CIF that say which publication or entry of a database it is."""

LONGEST = 200
"""Characters of an identifier."""

Record = dict[str, Any]


def shipped_record(name: str) -> Record:
    """Return where a framework that ships with the package comes from.

    :param name: one of :func:`~.catalogue.available_systems`.
    :returns: ``structure``, ``source``, ``licence``, ``citation`` (a list) and ``changes`` to what the source holds.
    """
    source = describe_system(name)["source"]
    reported = source.get("framework_first_reported")
    first = [f"framework first reported by {reported}"] if reported else []
    method = source.get("experiment") or source.get("simulation")
    return {
        "structure": f"{name}, as it ships with aiida-zif",
        "source": f"{source['database']}; {method}",
        "licence": source["licence"],
        "citation": [one_line(text) for text in [*source["citation"], *first]],
        "changes": list(source["changes"]),
    }


def file_record(path: Path, name: str, declared: Mapping[str, str]) -> Record:
    """Return what is known of a structure file: its name and checksum, what it says itself, what its user declared.

    :param path: of the file.
    :param name: as the campaign file gives it.
    :param declared: those of :data:`DECLARED` that the campaign file states.
    :returns: as :func:`shipped_record`; what nobody stated is ``not stated``. ``stated_in_file`` holds identifiers
        (DOI, code of a database) of a CIF by their names there.
    """
    content = path.read_bytes()
    citation = declared.get("citation")
    return {
        "structure": f"file {name}",
        "source": one_line(declared.get("source") or NOT_STATED),
        "licence": one_line(declared.get("licence") or NOT_STATED),
        "citation": [one_line(citation)] if citation else [],
        "changes": [],
        "sha256": hashlib.sha256(content).hexdigest(),
        "stated_in_file": identifiers(content.decode("utf-8", "replace")),
    }


def identifiers(text: str) -> dict[str, str]:
    """Return DOIs and codes of databases that a CIF states, by the names of their entries."""
    found = {name.lower(): value.strip().strip("'\"") for name, value in IDENTIFIER.findall(text)}
    return {name: one_line(value)[:LONGEST] for name, value in found.items() if value not in ("?", ".", "")}


def record_of(structure: str, folder: Path, declared: Mapping[str, str]) -> Record:
    """Return the record of what stands under ``structure`` in a campaign file.

    :param structure: a framework that ships with the package, or a path that starts at ``folder``.
    """
    if structure in available_systems():
        return shipped_record(structure)
    return file_record(folder / structure, structure, declared)


def as_node_source(record: Record) -> dict[str, Any]:
    """Return a record in the form of the attribute ``source`` of an AiiDA node, which holds the whole as ``extras``."""
    cited = "; ".join(record["citation"]) or NOT_STATED
    return {
        "description": f"{record['structure']}; {record['source']}; cite: {cited}",
        "license": record["licence"],
        "extras": record,
    }


def one_line(text: str) -> str:
    """Return a text without line breaks, so that it fits a line of a file."""
    return " ".join(text.split())
