"""Settings of a level that a user changes: merged key by key, checked against CP2K's own input (no AiiDA)."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiida_zif.plugins.cp2k.levels.errors import LevelError
from aiida_zif.plugins.cp2k.levels.level import is_number, leaves
from aiida_zif.plugins.cp2k.schema import Section, read_schema
from aiida_zif.plugins.cp2k.schema_check import Fault, canonical, faults

COST_ONLY = (
    "PRINT", "QS/EXTRAPOLATION", "QS/EXTRAPOLATION_ORDER",
    "SCF/CHOLESKY", "SCF/DIAGONALIZATION", "SCF/EPS_DIIS", "SCF/EPS_SCF_HISTORY", "SCF/MAX_DIIS", "SCF/MAX_SCF",
    "SCF/MAX_SCF_HISTORY", "SCF/MIXING", "SCF/OT", "SCF/OUTER_SCF", "SCF/PRINT", "SCF/SCF_GUESS",
)  # fmt: skip
"""Below FORCE_EVAL/DFT: the way to the wave function. Whatever is not listed is taken to change an energy."""

FILLED_IN = {
    "CHARGE": "state the charge under systems.NAME",
    "MULTIPLICITY": "state the multiplicity under systems.NAME",
    "UKS": "state the multiplicity under systems.NAME",
    "SCF/OUTER_SCF/EPS_SCF": "leave it out; SCF/EPS_SCF decides",
    "SCF/IGNORE_CONVERGENCE_FAILURE": "leave it out; a frame that does not converge is never a label",
}
"""Below FORCE_EVAL/DFT: what follows from elsewhere."""

FAMILIES = ("basis", "potential")
"""Names of families in CP2K's data files: settings of ours, not of CP2K."""


def override(settings: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a level with some of them changed.

    :param settings: blocks of a level.
    :param overrides: what differs below FORCE_EVAL/DFT: nested as in CP2K's input, or by path
        (``{"MGRID/CUTOFF": 800}``), or both; None leaves a keyword or section out. ``basis`` and ``potential``
        name another family of CP2K's data files.
    :raises LevelError: with everything that is wrong.
    """
    families = {key: overrides[key] for key in FAMILIES if key in overrides}
    wanted = _nested({key: value for key, value in overrides.items() if key not in FAMILIES})
    dft = dft_schema(settings["energy"], wanted)
    wrong = [*_family_faults(families, settings), *faults(wanted, dft)]
    wanted = canonical(wanted, dft) if not wrong else {}
    wrong += [*filled_in_faults(wanted), *_sign_faults(wanted, settings["energy"])]
    if wrong:
        raise LevelError(wrong, "level_of_theory.overrides")
    result = copy.deepcopy(dict(settings))
    for path, value in leaves(wanted):
        # The blocks of the modes have the last word in an input.
        for block in ("batch", "aimd") if only_cost(path) else ("energy",):
            put(result.setdefault(block, {}), path, value)
    result["energy"] = _without_none(result["energy"])
    changed = [f"{key} {value}" for key, value in families.items()]
    changed += [_in_words(path, value) for path, value in leaves(wanted) if not (is_number(value) or only_cost(path))]
    return {**result, **families} | ({"changed": changed} if changed else {})


def only_cost(path: Sequence[str]) -> bool:
    """Whether a setting below FORCE_EVAL/DFT changes what a label costs, and not what it is."""
    return any("/".join(path[:length]) in COST_ONLY for length in range(1, len(path) + 1))


def dft_schema(*contents: Mapping[str, Any]) -> Section:
    """Return CP2K's description of FORCE_EVAL/DFT with the sections that occur in ``contents``."""
    joined: dict[str, Any] = {}
    for content in contents:
        for path, value in leaves(content):
            put(joined, tuple(str(key).upper() for key in path), value)
    dft = read_schema({"FORCE_EVAL": {"DFT": joined}})
    for name in ("FORCE_EVAL", "DFT"):
        below = dft.sections[name]
        assert below is not None
        dft = below
    return dft


def filled_in_faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield settings below FORCE_EVAL/DFT that are not for a level to decide."""
    for path, value in leaves(content):
        if "/".join(path) in FILLED_IN:
            mend = FILLED_IN["/".join(path)]
            yield Fault(path, repr(value), "settings that do not follow from the campaign", mend)


def put(tree: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Set a value in nested sections; what is no section gives way, and a section keeps what it holds."""
    *sections, last = path
    for name in sections:
        if not isinstance(tree.get(name), dict):
            tree[name] = {}
        tree = tree[name]
    if value != {} or not isinstance(tree.get(last), dict):
        tree[last] = copy.deepcopy(value)


def _nested(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Overrides as nested sections, keys with slashes taken apart."""
    result: dict[str, Any] = {}
    for keys, value in leaves(overrides):
        put(result, [part for key in keys for part in str(key).strip("/").split("/")], value)
    return result


def _family_faults(families: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterator[Fault]:
    for key, value in families.items():
        if key not in settings:
            yield Fault((key,), repr(value), "levels that have basis sets", "leave it out; this level needs none")
        elif not isinstance(value, str):
            yield Fault((key,), repr(value), "the name of a family", f"write for example {settings[key]}")


def _sign_faults(wanted: Mapping[str, Any], energy: Mapping[str, Any]) -> Iterator[Fault]:
    """A threshold or cut-off of the level that would stop being positive; CP2K does not look."""
    positive = {path for path, value in leaves(energy) if is_number(value) and value > 0}
    for path, value in leaves(wanted):
        if path in positive and is_number(value) and value <= 0:
            yield Fault(path, f"{value}", "a positive number", "change its sign, or leave it out")


def _without_none(tree: dict[str, Any]) -> dict[str, Any]:
    """What is left out must not enter the hash; in the blocks of the modes None takes a solver's setting away."""
    kept = {key: value for key, value in tree.items() if value is not None}
    return {key: _without_none(value) if isinstance(value, dict) else value for key, value in kept.items()}


def _in_words(path: Sequence[str], value: Any) -> str:
    name = "/".join(path)
    return f"without {name}" if value is None else name if value == {} else f"{name} {value}"
