"""Chemical symbols in files: capitals, charges, types of force fields, labels, deuterium (no AiiDA)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aiida_zif.plugins.systems.faults import StructureFault, named
from aiida_zif.plugins.words import counted

HEAVY_HYDROGEN = ("D", "T")

NOT_AN_ATOM = frozenset(("DU", "DUM", "DUMMY", "VA", "VAC", "WAT", "HOH", "CNT", "CENT", "CENTROID"))
"""Words that begin like a chemical symbol but name no atom: dummies, vacancies, whole molecules, centroids."""

DEUTERIUM_NOTE = "deuterium is read as hydrogen, of hydrogen's mass"


def light(element: str) -> str:
    """Return H for its isotopes, else the element."""
    return "H" if element in HEAVY_HYDROGEN else element


def of_symbol(text: str) -> list[str]:
    """Return the element of a type symbol such as ``Zn``, ``ZN``, ``Zn2+``, ``N3-``, ``C_R``; empty if it is none."""
    match = re.fullmatch(r"([A-Za-z]{1,2})(?:[0-9.()+-]*|_\w*[+-]?)", text)
    return [element] if match and (element := _element(match[1])) else []


def of_label(label: str, known: set[str] | None) -> list[str]:
    """Return the elements that a label such as ``Zn1``, ``ZN1``, ``CL2A`` may stand for, the likelier one first.

    A capital followed by a small letter is one symbol. Two capitals may be one symbol or an element and a name.

    :param known: elements that the file is known to hold; those alone are taken, if any fits.
    """
    letters = re.match(r"[A-Za-z]+", label)
    if letters is None or letters[0].upper() in NOT_AN_ATOM:
        return []
    word = letters[0]
    two, one = _element(word[:2]) if len(word) > 1 else None, _element(word[0])
    options = [element for element in (two, one) if element]
    if len(options) > 1 and word[0].isupper() and word[1].islower():
        return options[:1]
    fitting = [element for element in options if known and known & {element, light(element)}]
    return fitting or options


def refuse_unknown(words: Sequence[str]) -> None:
    """Refuse words that stand where a chemical symbol should.

    :raises StructureFault: if there is any.
    """
    if words:
        names = named([ascii(word) for word in words])
        found = f"{counted(len(words), 'row')} without a chemical element: dummy atoms or groups ({names})"
        fix = "delete dummy atoms, write groups atom by atom, correct the symbols"
        raise StructureFault(found, "symbols of chemical elements", fix)


def _element(letters: str) -> str | None:
    """The chemical symbol that letters spell, whatever their case."""
    from ase.data import atomic_numbers

    symbol = letters.capitalize()
    return symbol if symbol in HEAVY_HYDROGEN or atomic_numbers.get(symbol, 0) > 0 else None
