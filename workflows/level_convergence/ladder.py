"""The ladder of a convergence study: which settings of a level are varied, and their values (no AiiDA).

A ladder is a mapping ``{setting: [coarsest, …, tightest]}``. A setting is a path below FORCE_EVAL/DFT such as
``MGRID/CUTOFF``, or a word such as ``basis``; where several keys belong together, each value is a mapping of them all:
``{basis: TZVP-…, BASIS_SET_FILE_NAME: …}``. A choice names one value of every setting.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiida_zif.plugins.cp2k.levels import Level
from aiida_zif.plugins.cp2k.levels.cost import put
from aiida_zif.plugins.cp2k.levels.demands import FAMILIES
from aiida_zif.plugins.cp2k.levels.level import is_number
from aiida_zif.plugins.cp2k.levels.overrides import applied

Ladder = dict[str, list[Any]]
Choice = dict[str, Any]

TIGHTEST, AS_IT_IS = "tightest", "as_it_is"

COMBINED = "combined_"
"""How the names of rungs begin that take several settings at once."""


def read_ladder(ladder: Mapping[str, Sequence[Any]], level: Level) -> Ladder:
    """Check a ladder against its level, and give every numerical setting the level's own value as a further rung.

    :param ladder: values by setting, the coarsest first.
    :param level: the level as it is.
    :raises ValueError: when it is empty, or a setting has fewer than two values.
    """
    complete: Ladder = {}
    for setting, values in ladder.items():
        if len(values) < 2 or any(value in values[:index] for index, value in enumerate(values)):
            raise ValueError(f"ladder.{setting}: {list(values)} found, two values or more are needed, all different")
        complete[setting] = _with_own(list(values), own_value(level, setting, values[0]))
    if not complete:
        raise ValueError(f"ladder: level {level.name} has none; define one with --ladder SETTING=COARSE,…,TIGHT")
    return complete


def own_value(level: Level, setting: str, like: Any = None) -> Any:
    """Return the value of a setting in a level, None if it leaves the setting to CP2K.

    :param like: one value of the ladder; where that is a mapping, the level's own values of all its keys come back.
    """
    if isinstance(like, Mapping):
        return {key: own_value(level, key) for key in like}
    if setting in FAMILIES:
        return level.settings.get(setting)
    value: Any = level.settings["energy"]
    for key in setting.split("/"):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def tightest(ladder: Ladder) -> Choice:
    """Return the last value of every setting."""
    return {setting: values[-1] for setting, values in ladder.items()}


def rungs(ladder: Ladder, level: Level) -> dict[str, Choice]:
    """Return what a study labels: the tightest, the level as it is, and every setting relaxed by itself.

    :returns: choices by name; the names serve as labels of links.
    """
    best = tightest(ladder)
    steps = {TIGHTEST: best, AS_IT_IS: {s: own_value(level, s, values[0]) for s, values in ladder.items()}}
    for setting, values in ladder.items():
        steps |= {rung_name(setting, index): {**best, setting: value} for index, value in enumerate(values[:-1])}
    return steps


def rung_name(setting: str, index: int) -> str:
    """Return the name of a rung, fit for the label of a link."""
    return re.sub(r"[\W_]+", "_", setting).strip("_") + f"_{index}"


def combined_name(index: int) -> str:
    """Return the name of a rung that takes several settings at once."""
    return f"{COMBINED}{index}"


def is_combined(name: str) -> bool:
    """Whether a rung takes several settings at once."""
    return name.startswith(COMBINED)


def changes(choice: Choice, level: Level) -> dict[str, Any]:
    """Return the overrides by path that turn a level into one with the values of a choice."""
    flat: dict[str, Any] = {}
    for setting, value in choice.items():
        flat |= value if isinstance(value, Mapping) else {setting: value}
    return {path: value for path, value in flat.items() if own_value(level, path) != value}


def changed(level: Level, choice: Choice) -> Level:
    """Return the level with the values of a choice, as `load_level` does with :func:`changes` as overrides.

    The ladder itself is left behind: a rung shall be the same job whatever else was compared.
    """
    settings = {key: copy.deepcopy(value) for key, value in level.settings.items() if key != "ladder"}
    wanted: dict[str, Any] = {}
    ours: dict[str, Any] = {}
    for path, value in changes(choice, level).items():
        put(ours if path in FAMILIES else wanted, path.split("/"), value)
    return replace(level, settings=applied(settings, wanted, ours))


def _with_own(values: list[Any], own: Any) -> list[Any]:
    """Put a number where it belongs between the others; what has no order is left out."""
    if own in values or not all(map(is_number, (*values, own))):
        return values
    return sorted((*values, own), reverse=values[0] > values[-1])
