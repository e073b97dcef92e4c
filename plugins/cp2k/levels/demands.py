"""Settings that a level must have, and settings that it must not have, beyond the rules of CP2K (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiida_zif.plugins.cp2k.levels.cost import leaves
from aiida_zif.plugins.cp2k.levels.functionals import SEMI_EMPIRICAL, UNFIT, WITHOUT_FUNCTIONAL, functional_in_words
from aiida_zif.plugins.cp2k.schema.check import Fault

FILLED_IN = {
    "CHARGE": "state the charge under systems.NAME",
    "MULTIPLICITY": "state the multiplicity under systems.NAME",
    "RELAX_MULTIPLICITY": "state the multiplicity under systems.NAME",
    "UKS": "state the multiplicity under systems.NAME",
    "SCF/OUTER_SCF/EPS_SCF": "leave it out; SCF/EPS_SCF decides",
    "SCF/IGNORE_CONVERGENCE_FAILURE": "leave it out; a frame that does not converge is never a label",
    "WFN_RESTART_FILE_NAME": "leave it out; a label may depend on no file of another run",
}
"""Below FORCE_EVAL/DFT: what follows from elsewhere."""

FAMILIES = ("basis", "potential")
"""Names of families in CP2K's data files: settings of ours, not of CP2K."""

TABLE = ("SCF", "PRINT", "PROGRAM_RUN_INFO")
PRINTED = ("ON", "LOW", "SILENT", "TRUE", "T", "YES")
POSITIVE = (
    "MGRID/CUTOFF", "MGRID/NGRIDS", "MGRID/REL_CUTOFF", "QS/EPS_DEFAULT", "SCF/EPS_SCF", "SCF/MAX_SCF",
)  # fmt: skip
"""Below FORCE_EVAL/DFT: numbers of which CP2K does not say that they make no sense."""

OTHER_LOOPS = ("QS/LS_SCF", "QS/ALMO_SCF")
DIAGONALISED = ("KPOINTS", "SCF/SMEAR")
NOT_PERIODIC = ("ANALYTIC", "MT", "MULTIPOLE")


def setting_faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield settings that are not for a level to decide, or with which no label could be read.

    :param content: below FORCE_EVAL/DFT, its names in capitals.
    """
    for path, value in leaves(content):
        name = "/".join(path)
        if name in FILLED_IN:
            yield Fault(path, repr(value), "settings that do not follow from the campaign", FILLED_IN[name])
        elif value is None:
            continue
        elif path[: len(TABLE)] == TABLE and not (path[-1] == "_" and str(value).upper() in PRINTED):
            fix = "leave it out; the convergence of every step is read from what it prints"
            yield Fault(path, repr(value), "the table of the self-consistency loop in the main output", fix)
        elif name in OTHER_LOOPS and value is not False:
            fix = "leave it out; no other loop is read"
            yield Fault(path, repr(value), "the loops of OT and of diagonalisation", fix)
        elif name in POSITIVE and isinstance(value, int | float) and value <= 0:
            yield Fault(path, f"{value}", "a positive number", "change its sign, or leave it out")
        elif name == "SCF/OUTER_SCF/MAX_SCF" and isinstance(value, int | float) and value < 0:
            yield Fault(path, f"{value}", "0 (no outer loop) or more", "change its sign, or leave it out")
        elif name == "POISSON/PERIODIC" and value != "XYZ":
            yield Fault(path, repr(value), "XYZ: frames are periodic in three directions", "leave it out")
        elif name == "POISSON/POISSON_SOLVER" and value in NOT_PERIODIC:
            fix = "leave it out; frames are periodic in three directions"
            yield Fault(path, repr(value), "PERIODIC, IMPLICIT or WAVELET", fix)


def whole_faults(settings: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong between the settings of a level; paths start below FORCE_EVAL/DFT.

    :param settings: blocks of a level, their names in capitals.
    """
    energy = settings["energy"]
    yield from _threshold_faults(energy.get("SCF") or {})
    yield from _method_faults(settings)
    yield from _functional_faults(energy)
    yield from _dispersion_faults((energy.get("XC") or {}).get("VDW_POTENTIAL"))
    yield from _diagonalisation_faults(settings)


def method_of_energy(energy: Mapping[str, Any]) -> str:
    """Return QS/METHOD of a level, GPW where it is not stated."""
    return str((energy.get("QS") or {}).get("METHOD", "GPW"))


def allow_faults(content: Any) -> Iterator[Fault]:
    """Yield what is wrong with the key ``allow``."""
    for word in content if isinstance(content, list) else [content]:
        if word not in UNFIT or not isinstance(content, list):
            fix = f"write a list, for example [{UNFIT[0]}]"
            yield Fault(("allow",), repr(word), f"a list of {', '.join(UNFIT)}", fix)


def _threshold_faults(scf: Mapping[str, Any]) -> Iterator[Fault]:
    threshold = scf.get("EPS_SCF")
    if not isinstance(threshold, int | float):
        allowed = "a threshold for labels, 1.0e-6 or tighter"
        yield Fault(("SCF", "EPS_SCF"), "nothing", allowed, "add SCF: {EPS_SCF: 1.0e-6}")
    elif isinstance(later := scf.get("EPS_SCF_HISTORY"), int | float) and later > threshold:
        allowed = f"EPS_SCF ({threshold:g}) or tighter: what ends above it is no label"
        yield Fault(("SCF", "EPS_SCF_HISTORY"), f"{later:g}", allowed, "leave it out; SCF/EPS_SCF decides")


def _method_faults(settings: Mapping[str, Any]) -> Iterator[Fault]:
    method = method_of_energy(settings["energy"])
    for family in FAMILIES:
        if method not in (*WITHOUT_FUNCTIONAL, *SEMI_EMPIRICAL) and family not in settings:
            found, fix = f"nothing, with QS/METHOD {method}", "name the family of CP2K's data files"
            yield Fault((family,), found, "the name of a family", fix)
        elif method in WITHOUT_FUNCTIONAL and family in settings:
            found, allowed = f"{settings[family]}, with QS/METHOD {method}", "nothing; this method has none"
            yield Fault((family,), found, allowed, "leave it out, or take a level with this method")


def _functional_faults(energy: Mapping[str, Any]) -> Iterator[Fault]:
    method, xc = method_of_energy(energy), energy.get("XC") or {}
    given, path = xc.get("XC_FUNCTIONAL") or {}, ("XC", "XC_FUNCTIONAL")
    if method in WITHOUT_FUNCTIONAL:
        if xc:
            yield Fault(
                ("XC",), functional_in_words(xc), f"nothing: QS/METHOD {method} has no functional", "leave it out"
            )
        return
    if not given and method not in SEMI_EMPIRICAL:
        yield Fault(path, "no functional", "a functional", "name one, or write _: NONE if none is meant")
    shortcut = str(given.get("_", "NO_SHORTCUT")).upper()
    others = [name for name in given if name not in ("_", shortcut)]
    if shortcut != "NO_SHORTCUT" and others:
        fix = "write _: NO_SHORTCUT with the sections that are meant"
        yield Fault(path, functional_in_words(xc), "a shortcut or sections; CP2K adds them up", fix)


def _dispersion_faults(section: Any) -> Iterator[Fault]:
    if not isinstance(section, Mapping):
        return
    path, kind = ("XC", "VDW_POTENTIAL"), section.get("POTENTIAL_TYPE", "NONE")
    for name in ("PAIR_POTENTIAL", "NON_LOCAL"):
        if section.get(name) is not None and kind != name:
            fix = f"write POTENTIAL_TYPE: {name}, or leave the section out"
            yield Fault((*path, "POTENTIAL_TYPE"), f"{kind} beside the section {name}", name, fix)
    pair = section.get("PAIR_POTENTIAL")
    if kind != "PAIR_POTENTIAL":
        return
    pair = pair if isinstance(pair, Mapping) else {}
    own = {"DFTD3": "D3_SCALING", "DFTD3(BJ)": "D3BJ_SCALING", "DFTD2": "SCALING"}.get(str(pair.get("TYPE")))
    if own is not None and not {own, "REFERENCE_FUNCTIONAL"} & set(pair):
        found = f"{pair['TYPE']} without parameters"
        yield Fault((*path, "PAIR_POTENTIAL"), found, f"REFERENCE_FUNCTIONAL or {own}", "add one of them")
    if str(pair.get("TYPE")).startswith("DFTD3") and "PARAMETER_FILE_NAME" not in pair:
        fix = "add PARAMETER_FILE_NAME: dftd3.dat"
        yield Fault((*path, "PAIR_POTENTIAL", "PARAMETER_FILE_NAME"), "nothing", "a data file of CP2K", fix)


def _diagonalisation_faults(settings: Mapping[str, Any]) -> Iterator[Fault]:
    """CP2K ends with an error where orbital transformation meets k-points or smeared occupations."""
    blocks = [settings.get("solver", {}).get("FORCE_EVAL", {}).get("DFT", {}), settings["energy"]]
    if not any(_transformed([*blocks, settings.get(mode, {})]) for mode in ("batch", "aimd")):
        return
    for name in DIAGONALISED:
        section: Any = settings["energy"]
        for key in name.split("/"):
            section = section.get(key) if isinstance(section, Mapping) else None
        if section is not None and _is_on(section):
            fix = "add SCF/OT: null and SCF/OUTER_SCF: null"
            yield Fault(
                tuple(name.split("/")), "the section with orbital transformation (SCF/OT)", "diagonalisation", fix
            )


def _transformed(blocks: Sequence[Mapping[str, Any]]) -> bool:
    """Whether orbital transformation is on after blocks that win over each other in their order."""
    found = [block["SCF"]["OT"] for block in blocks if "OT" in (block.get("SCF") or {})]
    on = seen = False
    for section in found:
        if section is None or not seen or "_" in section:
            on, seen = section is not None and _is_on(section), section is not None
    return on


def _is_on(section: Mapping[str, Any]) -> bool:
    return str(section.get("_", "ON")).upper() not in ("OFF", "FALSE", "F", "NO", ".FALSE.")
