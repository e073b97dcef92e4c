"""By what something of the profile differs from something of a file: keys, codes, structures."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aiida_zif.provenance.queries.links import inputs_under

CODES = ("cp2k", "dp", "lmp")
"""Codes that compute numbers; ``python`` only reads what they wrote. ``resources`` say where and how fast they run."""
ABSENT = "nothing"
OF_A_SYSTEM = {
    "structure": "a file may move; its atoms are compared",
    "frames": "files may move; their frames are compared",
    "format": "the frames are compared as they were read",
    "type_map": "the frames are compared as they were read",
    "atom_style": "the frames are compared as they were read",
    "supercell": "the atoms are compared as they are in it",
    "source": "words about a structure",
    "licence": "words about a structure",
    "citation": "words about a structure",
}
"""Keys below ``systems.NAME`` that make nothing else, and why."""

IsFree = Callable[[str], bool]
"""Whether a key of settings may differ."""


@dataclass(frozen=True)
class Known:
    """A campaign or study of the profile beside one of a file of the same name.

    :param differing: in words every key by which the two differ; none if they are the same.
    """

    node: Any
    differing: list[str]


def is_about_a_system(key: str) -> bool:
    """Whether a key is one of those of a system that may differ."""
    path = key.split(".")
    return path[0] == "systems" and len(path) == 3 and path[2] in OF_A_SYSTEM


def differing_keys(
    then: Mapping[str, Any], now: Mapping[str, Any], is_free: IsFree, unknown: Collection[str] = ()
) -> list[str]:
    """Return in words every key of two settings that differs, but for those that may.

    :param unknown: keys that need not be in the first ones, see :func:`unknown_keys`.
    """
    before, after = dict(leaves(then)), dict(leaves(now))
    return [
        f"{key}: {_shown(before, key)} then, {_shown(after, key)} now"
        for key in dict.fromkeys([*after, *before])
        if not (is_free(key) or key in unknown or _is_section(key, before) or _is_section(key, after))
        and (key not in before or key not in after or before[key] != after[key])
    ]


def unknown_keys(
    then: Mapping[str, Any], now: Mapping[str, Any], defaults: Mapping[str, Any], is_free: IsFree
) -> list[str]:
    """Return the keys that some settings lack and that are at their default today.

    Settings are stored whole, so the version that stored them did not know these keys. A file that says nothing of
    them still means what it meant then.

    :param defaults: sections of the protocol as they are today.
    """
    before, usual = dict(leaves(then)), dict(leaves(defaults))
    return [
        key
        for key, value in leaves(now)
        if key not in before and (of := _in_general(key)) in usual and usual[of] == value and not is_free(key)
    ]


def leaves(values: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value of nested sections with its key in dots; an empty section is a value."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{at}{key}.")
        else:
            yield f"{at}{key}", value


def differing_codes(node: Any, labels: Mapping[str, str]) -> list[str]:
    """Return in words the codes that compute numbers and are not those of a file.

    :param node: of the campaign or study in the profile.
    :param labels: ``label@computer`` by code.
    """
    found = {name: code.full_label for name, code in inputs_under(node, "codes").items() if name in CODES}
    return [
        f"codes.{name}: {code} then, {labels[name]} now"
        for name, code in found.items()
        if name in labels and code != labels[name]
    ]


def differing_structures(node: Any, structures: Mapping[str, Any]) -> list[str]:
    """Return in words the structures that have the same name and other atoms.

    :param node: of the campaign or study in the profile.
    :param structures: atoms by system.
    """
    from aiida_zif.plugins.data.frame_id import frame_ids

    def content(atoms: Any) -> list[str]:
        return frame_ids(atoms.get_chemical_symbols(), [atoms.positions], [atoms.cell.array])

    then = {name: content(structure.get_ase()) for name, structure in inputs_under(node, "systems").items()}
    now = {name: content(atoms) for name, atoms in structures.items()}
    return [f"systems.{name}.structure: other atoms" for name in now if name in then and then[name] != now[name]]


def _is_section(key: str, values: Mapping[str, Any]) -> bool:
    """Whether a key that is empty in one of two settings has keys below it in these, which are named themselves."""
    return any(other.startswith(f"{key}.") for other in values)


def _in_general(key: str) -> str:
    """The key of the file that a key of one of its systems stands for: ``systems.a.exploration.b``."""
    path = key.split(".")
    return ".".join(path[2:]) if path[0] == "systems" else key


def _shown(values: Mapping[str, Any], key: str) -> str:
    """A value as a message shows it."""
    if key not in values:
        return ABSENT
    text = json.dumps(values[key], ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"
