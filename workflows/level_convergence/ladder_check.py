"""Check that CP2K supports the settings of a ladder (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiida_zif.plugins.cp2k.levels import Level
from aiida_zif.plugins.cp2k.levels.cost import only_cost, put
from aiida_zif.plugins.cp2k.levels.demands import FAMILIES, setting_faults, whole_faults
from aiida_zif.plugins.cp2k.levels.functionals import misfits, unallowed
from aiida_zif.plugins.cp2k.levels.overrides import dft_schema
from aiida_zif.plugins.cp2k.schema.check import Fault, faults
from aiida_zif.workflows.level_convergence.ladder import changed


def ladder_problems(ladder: Mapping[str, Sequence[Any]], level: Level) -> list[str]:
    """Return what is wrong with a ladder that a user wrote.

    :param ladder: values by setting.
    :param level: whose settings are varied.
    """
    given = [
        (path, value) for setting, values in ladder.items() for one in values for path, value in _flat(setting, one)
    ]
    problems = [
        f"ladder.{path}: level {level.name} has no {path}; vary something else"
        for path in dict.fromkeys(path for path, _ in given if path in FAMILIES and path not in level.settings)
    ]
    problems += [
        f"ladder.{path}: found a setting that changes the cost of a label only; vary what changes an energy"
        for path in dict.fromkeys(path for path, value in given if only_cost(path.split("/"), value))
    ]
    contents: list[dict[str, Any]] = []
    for path, value in given:
        if path not in FAMILIES:
            contents.append({})
            put(contents[-1], path.split("/"), value)
    schema = dft_schema(level.settings["energy"], *contents)
    wrong = [fault for content in contents for fault in (*faults(content, schema), *setting_faults(content))]
    if not (wrong or problems):
        choices = [{setting: one} for setting, values in ladder.items() for one in values]
        wrong = [fault for choice in choices for fault in _choice_faults(changed(level, choice).settings)]
    problems += [
        f"ladder.{'/'.join(fault.path)}: found {fault.found}, allowed: {fault.allowed}; {fault.fix}" for fault in wrong
    ]
    return list(dict.fromkeys(problems))


def _choice_faults(settings: Mapping[str, Any]) -> Iterator[Fault]:
    yield from whole_faults(settings)
    yield from unallowed(misfits(settings), settings)


def _flat(setting: str, value: Any) -> Iterator[tuple[str, Any]]:
    yield from value.items() if isinstance(value, Mapping) else [(setting, value)]
