"""The content of a level file, shipped or of the user, and its checks (no AiiDA)."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

from aiida_zif.plugins.cp2k.levels.cost import ELSEWHERE, leaves, only_cost
from aiida_zif.plugins.cp2k.levels.demands import FAMILIES, allow_faults, setting_faults, whole_faults
from aiida_zif.plugins.cp2k.levels.functionals import misfits, unallowed
from aiida_zif.plugins.cp2k.levels.overrides import ALLOW, dft_schema
from aiida_zif.plugins.cp2k.schema.check import Fault, canonical, closest, faults
from aiida_zif.plugins.cp2k.schema.description import Section, read_schema

TEXTS = ("description", "label")
BELOW_DFT = ("energy", *ELSEWHERE)
REQUIRED = (*TEXTS, "energy", "valence")
CHECKED_APART = ("recovery", "ladder", ALLOW)
"""Blocks with checks of their own, next to what uses them."""

KEYS = (*TEXTS, "solver", *BELOW_DFT, *FAMILIES, "valence", *CHECKED_APART)

OURS_AT_ROOT = {
    "GLOBAL/OUTPUT_FILE_NAME": "what a job writes is read from its main output",
    "GLOBAL/PRINT_LEVEL": "what is printed is read",
    "GLOBAL/PROGRAM_NAME": "a label is made by CP2K",
    "GLOBAL/PROJECT_NAME": "files are found by their names",
    "GLOBAL/RUN_TYPE": "the task decides",
    "GLOBAL/SEED": "the task decides",
    "GLOBAL/WALLTIME": "the options of the job decide",
}
"""Below the root: what the package writes itself."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,59}")


def definition_faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with a level file; paths start at its top.

    :param content: the file as read by a safe YAML reader.
    """
    wrong = [*_key_faults(content)]
    wrong = wrong or [*_valence_faults(content["valence"]), *_cp2k_faults(content)]
    if wrong:
        yield from wrong
        return
    named = canonical_definition(content)
    for block in BELOW_DFT:
        yield from _below(block, setting_faults(named.get(block, {})))
    for fault in (*whole_faults(named), *unallowed(misfits(named), named)):
        yield fault if fault.path[0] in FAMILIES else Fault(("energy", *fault.path), *_rest(fault))
    yield from _cost_faults(named)
    if "recovery" in content:
        from aiida_zif.plugins.cp2k.levels.recovery import recovery_faults

        yield from _below("recovery", recovery_faults(content["recovery"]))


def canonical_definition(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a definition that CP2K would take with the names that CP2K itself uses, in capitals."""
    result = copy.deepcopy(dict(content))
    dft = _dft_of(content)
    result |= {block: canonical(content[block], dft) for block in BELOW_DFT if block in content}
    if "solver" in content:
        result["solver"] = canonical(content["solver"], read_schema(content["solver"]))
    return result


def _dft_of(content: Mapping[str, Any]) -> Section:
    return dft_schema(*(content.get(block, {}) for block in BELOW_DFT))


def _cp2k_faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    dft = _dft_of(content)
    for block in BELOW_DFT:
        yield from _below(block, faults(content.get(block, {}), dft))
    solver = content.get("solver", {})
    yield from _below("solver", faults(solver, read_schema(solver)))
    yield from allow_faults(content[ALLOW]) if ALLOW in content else ()


def _key_faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    for key in content:
        if key not in KEYS:
            fix = closest(str(key), KEYS, "see docs/levels.md")
            yield Fault((str(key),), f"the key {key!r}", ", ".join(KEYS), fix)
    for key in REQUIRED:
        if key not in content:
            yield Fault((key,), "nothing", f"levels with {', '.join(REQUIRED)}", f"add the key {key!r}")
    for key in KEYS:
        if key not in content or key in CHECKED_APART:
            continue
        wanted: type = str if key in (*TEXTS, *FAMILIES) else dict
        if not isinstance(content[key], wanted):
            allowed = "text" if wanted is str else "a section"
            yield Fault((key,), repr(content[key]), allowed, "see docs/levels.md for an example")


def _valence_faults(valence: Mapping[str, Any]) -> Iterator[Fault]:
    from ase.data import chemical_symbols

    for symbol, electrons in valence.items():
        if symbol not in chemical_symbols[1:]:
            fix = closest(str(symbol), chemical_symbols[1:], "write the symbol as in the periodic table")
            fix = "put it in quotes: YAML reads NO, N and Y as false and true" if isinstance(symbol, bool) else fix
            yield Fault(("valence", str(symbol)), repr(symbol), "chemical elements", fix)
        elif isinstance(electrons, bool) or not isinstance(electrons, int) or electrons < 1:
            fix = "write the electrons that the pseudopotential leaves"
            yield Fault(("valence", symbol), repr(electrons), "a positive whole number", fix)
    if not valence:
        yield Fault(("valence",), "no element", "electrons by element", "write for example {H: 1, Zn: 12}")


def _cost_faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    """Nothing that may change an energy below FORCE_EVAL/DFT stands outside ``energy``, which holds for every mode."""
    solver = content.get("solver", {})
    blocks: dict[tuple[str, ...], Any] = {(name,): content.get(name, {}) for name in ELSEWHERE}
    for name, section in solver.items():
        if name == "FORCE_EVAL":
            blocks["solver", "FORCE_EVAL", "DFT"] = section.get("DFT", {})
        if name not in ("GLOBAL", "FORCE_EVAL") or (name == "FORCE_EVAL" and set(section) - {"DFT"}):
            yield Fault(("solver", name), f"{name}", "GLOBAL and FORCE_EVAL/DFT", "remove it")
    for path, value in leaves({"GLOBAL": solver.get("GLOBAL", {})}):
        if why := OURS_AT_ROOT.get("/".join(path)):
            yield Fault(
                ("solver", *path), repr(value), "settings that the package does not write itself", f"remove it; {why}"
            )
    for place, below in blocks.items():
        for path, value in leaves(below):
            if not only_cost(path, value):
                fix = "move it to the block energy"
                yield Fault((*place, *path), repr(value), "settings that are known to change the cost alone", fix)


def _below(block: str, wrong: Any) -> Iterator[Fault]:
    for fault in wrong:
        yield Fault((block, *fault.path), *_rest(fault))


def _rest(fault: Fault) -> tuple[str, str, str]:
    return fault.found, fault.allowed, fault.fix
