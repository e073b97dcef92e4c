"""The content of a level file, shipped or of the user's own, and what may be wrong with it (no AiiDA)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from aiida_zif.plugins.cp2k.levels.level import leaves
from aiida_zif.plugins.cp2k.levels.overrides import FAMILIES, dft_schema, filled_in_faults, only_cost
from aiida_zif.plugins.cp2k.schema import read_schema
from aiida_zif.plugins.cp2k.schema_check import Fault, closest, faults

TEXTS = ("description", "label")
BELOW_DFT = ("energy", "batch", "aimd", "open_shell")
REQUIRED = (*TEXTS, "energy", "valence")
ELSEWHERE = ("recovery", "ladder")
"""Blocks with checks of their own, next to what uses them."""

KEYS = (*TEXTS, "solver", *BELOW_DFT, *FAMILIES, "valence", *ELSEWHERE)

WITHOUT_BASIS = ("XTB", "DFTB")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,59}")


def definition_faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with a level file; paths start at its top.

    :param content: the file as read by a safe YAML reader.
    """
    wrong = [*_key_faults(content)]
    yield from wrong
    if wrong:
        return
    yield from _valence_faults(content["valence"])
    dft = dft_schema(*(content.get(block, {}) for block in BELOW_DFT))
    for block in BELOW_DFT:
        here = content.get(block, {})
        yield from _below(block, [*faults(here, dft), *filled_in_faults(here)])
    yield from _energy_faults(content)
    yield from _cost_faults(content)
    if "recovery" in content:
        from aiida_zif.plugins.cp2k.recovery import recovery_faults

        yield from _below("recovery", recovery_faults(content["recovery"]))


def _key_faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    for key in content:
        if key not in KEYS:
            mend = closest(str(key), KEYS, "see docs/levels.md")
            yield Fault((str(key),), f"the key {key!r}", ", ".join(KEYS), mend)
    for key in REQUIRED:
        if key not in content:
            yield Fault((key,), "nothing", f"levels with {', '.join(REQUIRED)}", f"add the key {key!r}")
    for key in KEYS:
        if key not in content or key in ELSEWHERE:
            continue
        wanted: type = str if key in (*TEXTS, *FAMILIES) else dict
        if not isinstance(content[key], wanted):
            allowed = "text" if wanted is str else "a section"
            yield Fault((key,), repr(content[key]), allowed, "see docs/levels.md for an example")


def _valence_faults(valence: Mapping[str, Any]) -> Iterator[Fault]:
    from ase.data import chemical_symbols

    for symbol, electrons in valence.items():
        if symbol not in chemical_symbols[1:]:
            mend = closest(str(symbol), chemical_symbols[1:], "write the symbol as in the periodic table")
            mend = "put it in quotes: YAML reads NO, N and Y as false and true" if isinstance(symbol, bool) else mend
            yield Fault(("valence", str(symbol)), repr(symbol), "chemical elements", mend)
        elif isinstance(electrons, bool) or not isinstance(electrons, int) or electrons < 1:
            mend = "write the electrons that the pseudopotential leaves"
            yield Fault(("valence", symbol), repr(electrons), "a positive whole number", mend)
    if not valence:
        yield Fault(("valence",), "no element", "electrons by element", "write for example {H: 1, Zn: 12}")


def _energy_faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    energy = content["energy"]
    if not isinstance(energy.get("SCF"), Mapping) or "EPS_SCF" not in energy["SCF"]:
        path, allowed = ("energy", "SCF", "EPS_SCF"), "a threshold for labels, 1.0e-6 or tighter"
        yield Fault(path, "nothing", allowed, "add SCF: {EPS_SCF: 1.0e-6}")
    method = energy.get("QS", {}).get("METHOD", "GPW")
    for family in FAMILIES if method not in WITHOUT_BASIS else ():
        if family not in content:
            found, mend = f"nothing, with QS/METHOD {method}", "name the family of CP2K's data files"
            yield Fault((family,), found, "the name of a family", mend)


def _cost_faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    """Nothing that changes an energy may stand outside ``energy``, which alone is hashed."""
    solver = content.get("solver", {})
    root = read_schema(solver)
    yield from _below("solver", faults(solver, root))
    blocks: dict[tuple[str, ...], Any] = {(name,): content.get(name, {}) for name in BELOW_DFT if name != "energy"}
    for name, section in solver.items():
        if name == "FORCE_EVAL":
            blocks["solver", "FORCE_EVAL", "DFT"] = section.get("DFT", {})
        if name not in ("GLOBAL", "FORCE_EVAL") or (name == "FORCE_EVAL" and set(section) - {"DFT"}):
            yield Fault(("solver", name), f"{name}", "GLOBAL and FORCE_EVAL/DFT", "remove it")
    for place, below in blocks.items():
        for path, value in leaves(below):
            if not only_cost(path):
                mend = "move it to the block energy"
                yield Fault((*place, *path), repr(value), "settings that do not change an energy", mend)


def _below(block: str, wrong: Any) -> Iterator[Fault]:
    for fault in wrong:
        yield Fault((block, *fault.path), fault.found, fault.allowed, fault.mend)
