"""Sections of CP2K that are alternatives: a new choice replaces the whole section (no AiiDA).

CP2K itself would add the two up (functionals), or keep parameters that were made for the old one (dispersion).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

CHOOSING: dict[str, tuple[str, ...]] = {
    "XC/XC_FUNCTIONAL": ("_",),
    "XC/VDW_POTENTIAL": ("POTENTIAL_TYPE",),
    "XC/VDW_POTENTIAL/PAIR_POTENTIAL": ("TYPE",),
    "XC/VDW_POTENTIAL/NON_LOCAL": ("TYPE",),
    "QS/XTB/PARAMETER": ("PARAM_FILE_NAME", "PARAM_FILE_PATH"),
    "QS/DFTB/PARAMETER": ("PARAM_FILE_NAME", "PARAM_FILE_PATH"),
    "POISSON/EWALD": ("EWALD_TYPE",),
    "KPOINTS": ("SCHEME", "KPOINT"),
    "SCF/SMEAR": ("METHOD",),
}
"""Below FORCE_EVAL/DFT: the keywords that choose, ``_`` for the parameter of the section. So do sections below it."""

COMMON = {"XC/VDW_POTENTIAL/PAIR_POTENTIAL": ("PARAMETER_FILE_NAME", "REFERENCE_FUNCTIONAL", "R_CUTOFF")}
"""Keywords that mean the same for every choice, and stay."""


def make_room(energy: dict[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Take out of ``energy`` what gives way to a new choice.

    :param energy: below FORCE_EVAL/DFT, its names in capitals; changed.
    :param wanted: overrides, nested, their names in capitals.
    :returns: what gave way, in words, by section.
    """
    told = []
    for section, keywords in CHOOSING.items():
        *above, last = section.split("/")
        here, new = _below(energy, above), _below(wanted, section.split("/"))
        old = here.get(last)
        if not isinstance(old, dict) or not old or not _is_new(old, new, keywords):
            continue
        told.append(f"{section} {choice_in_words(new)} instead of {choice_in_words(old)}")
        here[last] = {key: old[key] for key in COMMON.get(section, ()) if key in old}
    return told


def choice_in_words(section: Mapping[str, Any]) -> str:
    """Return what a section holds, on one line: ``PBE``, ``MGGA_X_R2SCAN, MGGA_C_R2SCAN``, ``TYPE DFTD3(BJ)``."""
    return ", ".join(_word(key, value) for key, value in section.items() if value is not None)


def _word(key: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{key} ({choice_in_words(value)})" if value else key
    return str(value) if key == "_" else f"{key} {value}"


def _is_new(old: Mapping[str, Any], new: Mapping[str, Any], keywords: Sequence[str]) -> bool:
    """Whether a section is chosen that was not there before."""
    for key, value in new.items():
        chooses = isinstance(value, Mapping | list) or key in keywords
        changed = key not in old if isinstance(value, Mapping | list) else old.get(key) != value
        if chooses and changed and value is not None:
            return True
    return False


def _below(tree: Mapping[str, Any], path: Sequence[str]) -> dict[str, Any]:
    below: Any = tree
    for name in path:
        below = below.get(name) if isinstance(below, Mapping) else None
    return below if isinstance(below, dict) else {}
