"""Overrides of a level: merged key by key, checked against CP2K's description of its input (no AiiDA)."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiida_zif.plugins.cp2k.levels.alternatives import make_room
from aiida_zif.plugins.cp2k.levels.cost import leaves, only_cost, put
from aiida_zif.plugins.cp2k.levels.demands import (
    FAMILIES,
    allow_faults,
    method_of_energy,
    setting_faults,
    whole_faults,
)
from aiida_zif.plugins.cp2k.levels.errors import LevelError
from aiida_zif.plugins.cp2k.levels.functionals import (
    SEMI_EMPIRICAL,
    WITHOUT_FUNCTIONAL,
    functional_in_words,
    misfits,
    unallowed,
    with_misfits,
)
from aiida_zif.plugins.cp2k.levels.level import is_number
from aiida_zif.plugins.cp2k.schema.check import Fault, canonical, faults
from aiida_zif.plugins.cp2k.schema.description import Section, read_schema

ALLOW = "allow"
OURS = (*FAMILIES, ALLOW)
"""Keys of ours among the overrides, not of CP2K."""

PARAMETERS = ("SCALING", "D3_SCALING", "D3BJ_SCALING")
"""Below XC/VDW_POTENTIAL/PAIR_POTENTIAL: numbers that were fitted to one functional."""


def override(settings: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a level with some of them changed.

    :param settings: blocks of a level.
    :param overrides: what differs below FORCE_EVAL/DFT: nested as in CP2K's input, or by path
        (``{"MGRID/CUTOFF": 800}``), or both; None leaves a keyword or section out. Where the section is one of several
        alternatives, a new choice takes the place of the old one. ``basis`` and ``potential`` name another family of
        CP2K's data files; ``allow`` lists what may not fit the functional.
    :raises LevelError: with everything that is wrong.
    """
    ours = {key: overrides[key] for key in OURS if key in overrides}
    wanted, wrong = _nested({key: value for key, value in overrides.items() if key not in OURS})
    dft = dft_schema(settings["energy"], wanted)
    wrong += [*_family_faults(ours, settings), *faults(wanted, dft)]
    wrong += allow_faults(ours[ALLOW]) if ALLOW in ours else ()
    wanted = canonical(wanted, dft) if not wrong else {}
    wrong += [*setting_faults(wanted), *_sign_faults(wanted, settings["energy"]), *_method_faults(settings, wanted)]
    if wrong:
        raise LevelError(wrong, "level_of_theory.overrides")
    result = applied(settings, wanted, ours)
    unfit = [*misfits(result), *_unfit_parameters(settings, wanted, result)]
    wrong = [*whole_faults(result), *unallowed(unfit, result)]
    if wrong:
        raise LevelError(wrong, "level_of_theory.overrides")
    return with_misfits(result, unfit)


def applied(settings: Mapping[str, Any], wanted: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with others put over them, and what changed in words; nothing is checked.

    :param settings: blocks of a level.
    :param wanted: nested below FORCE_EVAL/DFT, by the names that CP2K itself uses.
    :param ours: values of :data:`OURS`.
    """
    result = copy.deepcopy(dict(settings)) | copy.deepcopy(dict(ours))
    changed = [*result.get("changed", []), *(f"{key} {ours[key]}" for key in FAMILIES if key in ours)]
    changed += make_room(result["energy"], wanted)
    said = {one.split(" ", 1)[0] for one in changed}
    for path, value in leaves(wanted):
        cost = only_cost(path, value)
        # The blocks of the modes have the last word in an input.
        for block in ("batch", "aimd") if cost else ("energy",):
            put(result.setdefault(block, {}), path, value)
        if cost and value is None and _holds(result["energy"], path):
            put(result["energy"], path, None)  # with all that counts below it
        above = {"/".join(path[:length]) for length in range(1, len(path))}
        if not (is_number(value) or cost or above & said or (value == {} and _holds(settings["energy"], path))):
            changed.append(_override_in_words(path, value))
    result["energy"] = _without_none(result["energy"])
    return result | ({"changed": changed} if changed else {})


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


def _nested(overrides: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """Overrides as nested sections, keys with slashes taken apart and in capitals; and what stands there twice."""
    result: dict[str, Any] = {}
    wrong: list[Fault] = []
    given: dict[tuple[str, ...], Any] = {}
    for keys, value in leaves(overrides):
        path = tuple(part.upper() for key in keys for part in str(key).strip("/").split("/"))
        if path in given and given[path] != value:
            wrong.append(Fault(path, f"{given[path]!r} and {value!r}", "one value", "remove one of the two"))
        given[path] = value
        put(result, path, value)
    return result, wrong


def _family_faults(ours: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterator[Fault]:
    for key in FAMILIES:
        if key in ours and key not in settings:
            yield Fault((key,), repr(ours[key]), "levels that have basis sets", "leave it out; this level needs none")
        elif key in ours and not isinstance(ours[key], str):
            yield Fault((key,), repr(ours[key]), "the name of a family", f"write for example {settings[key]}")


def _sign_faults(wanted: Mapping[str, Any], energy: Mapping[str, Any]) -> Iterator[Fault]:
    """A threshold or cut-off of the level that would stop being positive; CP2K does not look."""
    positive = {path for path, value in leaves(energy) if is_number(value) and value > 0}
    told = {fault.path for fault in setting_faults(wanted)}
    for path, value in leaves(wanted):
        if path in positive - told and is_number(value) and value <= 0:
            yield Fault(path, f"{value}", "a positive number", "change its sign, or leave it out")


def _method_faults(settings: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[Fault]:
    """Elements, electrons and label of a level belong to its method."""
    now = method_of_energy(settings["energy"])
    new = method_of_energy(wanted) if "METHOD" in (wanted.get("QS") or {}) else now
    if new != now and {now, new} & {*WITHOUT_FUNCTIONAL, *SEMI_EMPIRICAL}:
        fix = "take a level with this method, or write a level file"
        yield Fault(("QS", "METHOD"), new, f"methods of the same kind as {now}", fix)


def _unfit_parameters(
    settings: Mapping[str, Any], wanted: Mapping[str, Any], result: Mapping[str, Any]
) -> Iterator[tuple[str, Fault]]:
    """Parameters of a dispersion that were fitted to the functional that gave way, as :func:`misfits`."""
    before, after = settings["energy"].get("XC") or {}, result["energy"].get("XC") or {}
    if before.get("XC_FUNCTIONAL") == after.get("XC_FUNCTIONAL"):
        return
    path = ("XC", "VDW_POTENTIAL", "PAIR_POTENTIAL")
    pair = (after.get("VDW_POTENTIAL") or {}).get("PAIR_POTENTIAL") or {}
    stated = {one[-1] for one, _ in leaves(wanted) if one[:3] == path}
    for key in PARAMETERS:
        if key in pair and not stated & {*PARAMETERS, "REFERENCE_FUNCTIONAL"}:
            found = f"{pair[key]}, of {functional_in_words(before)}, with {functional_in_words(after)}"
            fix = f"state {key} or REFERENCE_FUNCTIONAL too, or add allow: [functional_and_dispersion]"
            fault = Fault((*path, key), found, "dispersion parameters of the functional", fix)
            yield "functional_and_dispersion", fault


def _holds(tree: Mapping[str, Any], path: Sequence[str]) -> bool:
    for name in path:
        if not isinstance(tree, Mapping) or name not in tree:
            return False
        tree = tree[name]
    return True


def _without_none(tree: dict[str, Any]) -> dict[str, Any]:
    """What is left out must not enter the hash; in the blocks of the modes None takes a solver's setting away."""
    kept = {key: value for key, value in tree.items() if value is not None}
    return {key: _without_none(value) if isinstance(value, dict) else value for key, value in kept.items()}


def _override_in_words(path: Sequence[str], value: Any) -> str:
    name = "/".join(path)
    return f"without {name}" if value is None else name if value == {} else f"{name} {value}"
