"""The functional of a section XC, and the potentials, basis sets and dispersion parameters made for it (no AiiDA)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aiida_zif.plugins.cp2k.schema.check import Fault

UNFIT = ("functional_and_potential", "functional_and_basis", "functional_and_dispersion")
"""What a user may allow not to fit, by the key ``allow``."""

WITHOUT_FUNCTIONAL = ("XTB", "DFTB")
"""Methods that have no functional, no basis set and no pseudopotential."""

SEMI_EMPIRICAL = ("MNDO", "MNDOD", "AM1", "PM3", "PM6", "PM6-FM", "PDG", "RM1", "PNNL")
"""Methods that have no functional, and ignore basis sets and pseudopotentials."""

_SUMS = {
    frozenset({"BECKE88", "LYP"}): "BLYP",
    frozenset({"BECKE88", "P86C"}): "BP",
    frozenset({"OPTX", "LYP"}): "OLYP",
    frozenset({"PADE"}): "LDA",
    frozenset({"XALPHA", "VWN"}): "LDA",
    frozenset({"XALPHA", "PW92"}): "LDA",
    frozenset({"TPSS"}): "TPSS",
    frozenset({"LDA_X", "LDA_C_PW"}): "LDA",
    frozenset({"LDA_X", "LDA_C_PZ"}): "LDA",
    frozenset({"LDA_X", "LDA_C_VWN"}): "LDA",
    frozenset({"LDA_XC_TETER93"}): "LDA",
    frozenset({"GGA_X_PBE", "GGA_C_PBE"}): "PBE",
    frozenset({"GGA_X_PBE_SOL", "GGA_C_PBE_SOL"}): "PBESOL",
    frozenset({"GGA_X_PBE_R", "GGA_C_PBE"}): "REVPBE",
    frozenset({"GGA_X_RPBE", "GGA_C_PBE"}): "RPBE",
    frozenset({"GGA_X_B88", "GGA_C_LYP"}): "BLYP",
    frozenset({"GGA_X_B88", "GGA_C_P86"}): "BP",
    frozenset({"GGA_X_OPTX", "GGA_C_LYP"}): "OLYP",
    frozenset({"GGA_XC_HCTH_120"}): "HCTH120",
    frozenset({"GGA_XC_HCTH_407"}): "HCTH407",
    frozenset({"MGGA_X_TPSS", "MGGA_C_TPSS"}): "TPSS",
    frozenset({"MGGA_X_REVTPSS", "MGGA_C_REVTPSS"}): "REVTPSS",
    frozenset({"MGGA_X_SCAN", "MGGA_C_SCAN"}): "SCAN",
    frozenset({"MGGA_X_RSCAN", "MGGA_C_RSCAN"}): "RSCAN",
    frozenset({"MGGA_X_R2SCAN", "MGGA_C_R2SCAN"}): "R2SCAN",
    frozenset({"MGGA_X_M06_L", "MGGA_C_M06_L"}): "M06L",
    frozenset({"HYB_GGA_XC_PBEH"}): "PBE0",
    frozenset({"HYB_GGA_XC_HSE06"}): "HSE06",
    frozenset({"HYB_GGA_XC_B3LYP"}): "B3LYP",
}
"""Functionals by the sections that add up to them, each with its full weight."""

_PBE = {"ORIG": "PBE", "REVPBE": "REVPBE", "PBESOL": "PBESOL"}
_CHOICES = ("_", "PARAMETRIZATION", "PARAMETER_SET")
_WEIGHTS = ("SCALE", "SCALE_X", "SCALE_C")

_TAGS = {"GGA": "PBE", "HYB": "PBE0", "MGGA": "SCAN", "PADE": "LDA"}
"""Other names of families in CP2K's data files."""

_MADE_FOR = {
    "LDA": {"LDA"},
    "PBE": {"PBE", "PBE0", "HSE06"},
    "PBE0": {"PBE0", "HSE06", "PBE"},
    "PBESOL": {"PBESOL"},
    "BLYP": {"BLYP", "B3LYP"},
    "BP": {"BP"},
    "OLYP": {"OLYP"},
    "HCTH120": {"HCTH120"},
    "HCTH407": {"HCTH407"},
    "SCAN": {"SCAN", "RSCAN", "R2SCAN"},
    "HF": {"HF"},
}
"""Functionals by the family of a potential or basis set: its own, and hybrids of it, for which CP2K has no others."""


def functional_of(xc: Mapping[str, Any]) -> str | None:
    """Return the name of a functional, None if it is none of those with a name here.

    :param xc: the section FORCE_EVAL/DFT/XC, its names in capitals.
    """
    given = xc.get("XC_FUNCTIONAL") or {}
    shortcut = str(given.get("_", "NO_SHORTCUT")).upper()
    below = {name: value or {} for name, value in given.items() if name != "_" and isinstance(value, Mapping | None)}
    parts = {name: value for name, value in below.items() if str(value.get("_", "T")).upper() not in ("F", "FALSE")}
    name = _plain(shortcut, parts)
    hybrid = xc.get("HF")
    if hybrid is None:
        return name
    share = hybrid.get("FRACTION", 1.0) if isinstance(hybrid, Mapping) else None
    if share == 1.0 and name == "NONE":
        return "HF"
    if isinstance(hybrid, Mapping) and share == 0.25 and _is_three_quarters_of_pbe(parts):
        return "HSE06" if "XWPBE" in parts else "PBE0"
    return name if name in ("PBE0", "HSE06", "B3LYP") else None


def functional_in_words(xc: Mapping[str, Any]) -> str:
    """Return what a section XC names, for a message."""
    given = xc.get("XC_FUNCTIONAL") or {}
    shortcut = given.get("_", "NO_SHORTCUT")
    words = [] if shortcut == "NO_SHORTCUT" else [str(shortcut)]
    words += [name for name in given if name != "_"]
    words += ["HF"] if xc.get("HF") is not None else []
    told, name = " + ".join(words) or "no functional", functional_of(xc)
    return told if name in (None, told, "NONE") else f"{name} ({told})"


def misfits(settings: Mapping[str, Any]) -> Iterator[tuple[str, Fault]]:
    """Yield what was made for another functional than that of a level, each with its word for ``allow``.

    :param settings: blocks of a level, their names in capitals; paths start below FORCE_EVAL/DFT.
    """
    energy = settings["energy"]
    xc = energy.get("XC") or {}
    method = energy.get("QS", {}).get("METHOD", "GPW")
    if method in (*WITHOUT_FUNCTIONAL, *SEMI_EMPIRICAL) or not xc.get("XC_FUNCTIONAL"):
        return
    functional, words = functional_of(xc), functional_in_words(xc)
    for family in ("potential", "basis"):
        tag = family_of(str(settings.get(family, "")))
        if tag is not None and functional not in _MADE_FOR[tag]:
            found = f"the functional {words} with {settings[family]}, which was made for {tag}"
            fix = f"name another {family}, or add allow: [functional_and_{family}]"
            yield f"functional_and_{family}", Fault((family,), found, f"a {family} made for the functional", fix)
    pair = (xc.get("VDW_POTENTIAL") or {}).get("PAIR_POTENTIAL")
    reference = pair.get("REFERENCE_FUNCTIONAL") if isinstance(pair, Mapping) else None
    if reference is not None and _bare(str(reference)) != _bare(str(functional)):
        path = ("XC", "VDW_POTENTIAL", "PAIR_POTENTIAL", "REFERENCE_FUNCTIONAL")
        found = f"dispersion parameters of {reference} with the functional {words}"
        fix = "name the functional here, or add allow: [functional_and_dispersion]"
        yield "functional_and_dispersion", Fault(path, found, "dispersion parameters of the functional", fix)


def unallowed(found: Iterable[tuple[str, Fault]], settings: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield the misfits that the key ``allow`` of a level does not name."""
    return (fault for word, fault in found if word not in (settings.get("allow") or ()))


def with_misfits(settings: Mapping[str, Any], found: Iterable[tuple[str, Fault]]) -> dict[str, Any]:
    """Return settings that remember what does not fit, for the line of their level."""
    kept = {key: value for key, value in settings.items() if key != "misfits"}
    words = list(dict.fromkeys(word for word, _ in found))
    return kept | ({"misfits": words} if words else {})


def family_of(name: str) -> str | None:
    """Return for which functional a family of potentials or basis sets was made; None if for any, or if unknown."""
    for part in reversed(re.split(r"[-_]", name.upper())):
        if _TAGS.get(part, part) in _MADE_FOR:
            return _TAGS.get(part, part)
    return None


def _plain(shortcut: str, parts: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The name without exact exchange."""
    if shortcut == "NONE" or (shortcut == "NO_SHORTCUT" and not parts):
        return "NONE" if not parts else None
    if shortcut != "NO_SHORTCUT":
        if parts:  # CP2K puts the section of the shortcut beside the others
            return _plain("NO_SHORTCUT", parts) if set(parts) == {shortcut} else None
        return {"PADE": "LDA"}.get(shortcut, shortcut)
    if _weighted(parts):
        return None
    if set(parts) == {"PBE"}:
        return _PBE.get(str(parts["PBE"].get("PARAMETRIZATION", "ORIG")).upper())
    if set(parts) == {"HCTH"}:
        return f"HCTH{parts['HCTH'].get('PARAMETER_SET', 120)}"
    return _SUMS.get(frozenset(parts))


def _weighted(parts: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a part has another weight than one, or parameters of its own."""
    own = [(key, value) for part in parts.values() for key, value in part.items() if key not in _CHOICES]
    return any(key not in _WEIGHTS or value != 1.0 for key, value in own)


def _is_three_quarters_of_pbe(parts: Mapping[str, Mapping[str, Any]]) -> bool:
    pbe, screened = parts.get("PBE"), parts.get("XWPBE")
    if pbe is None or set(parts) - {"PBE", "XWPBE"} or _PBE.get(str(pbe.get("PARAMETRIZATION", "ORIG"))) != "PBE":
        return False
    if screened is not None:  # the short-range part of PBE's exchange is taken away from the whole of it
        return screened.get("SCALE_X") == -0.25 and pbe.get("SCALE_X", 1.0) == 1.0
    return pbe.get("SCALE_X") == 0.75 and pbe.get("SCALE_C", 1.0) == 1.0


def _bare(name: str) -> str:
    bare = re.sub(r"[^A-Z0-9]", "", name.upper())
    return {"BP86": "BP", "B86": "BP"}.get(bare, bare)
