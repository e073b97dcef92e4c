"""Strategies by name, one after the other (no AiiDA)."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import numpy as np

from aiida_zif.plugins.selection.pool import Pool, Sieved, Strategy, traits_of

GROUP = "zif.selection"
"""Entry points of strategies; other packages may add theirs."""

CHAINS = {"window": ("window", "turns", "separation", "budget")}
"""What one word alone stands for."""

LAST = "budget"
"""Ends every chain: whatever the others keep, limits hold."""


class StrategyError(ValueError):
    """A strategy is missing, cannot be used as asked, or does not keep to its contract."""


def available_strategies() -> dict[str, EntryPoint]:
    """Return the installed strategies by name; nothing is imported."""
    return dict(_installed(tuple(sys.path)))


@cache
def _installed(path: tuple[str, ...]) -> dict[str, EntryPoint]:
    """Read the entry points of all packages once: every system of a campaign file asks for them."""
    return {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)}


def load_strategy(name: str) -> Strategy:
    """Return a strategy.

    :raises StrategyError: if there is none of this name, or it cannot be imported.
    """
    found = available_strategies()
    if name not in found:
        raise StrategyError(f"no selection strategy {name!r} is installed; there are {', '.join(found)}")
    try:
        strategy: Strategy = found[name].load()
    except (ImportError, AttributeError) as error:
        raise StrategyError(
            f"the selection strategy {name!r} ({found[name].value}) cannot be loaded: {error}"
        ) from error
    return strategy


def options_of(name: str) -> list[str] | None:
    """Return the options that a strategy takes: its keyword-only parameters, or None if it takes any.

    :raises StrategyError: if it cannot be loaded.
    """
    parameters = inspect.signature(load_strategy(name)).parameters.values()
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return [parameter.name for parameter in parameters if parameter.kind is inspect.Parameter.KEYWORD_ONLY]


def full_chain(names: Sequence[str]) -> list[str]:
    """Return the whole chain: one word alone may stand for several strategies, and the budget is never left out."""
    chain = list(CHAINS.get(names[0], names)) if len(names) == 1 else list(names)
    return chain if LAST in chain else [*chain, LAST]


def offered_to(names: Sequence[str]) -> str:
    """Return which explored frames a chain has to be offered, ``keep`` of the exploration.

    What begins with a draw needs a uniform sample of what it draws from (``any`` physical frame, or those inside the
    ``window``); the most ``uncertain`` ones are what all others look for.

    :raises StrategyError: if one of the strategies that it depends on cannot be loaded.
    """
    traits = [traits_of(load_strategy(name)) for name in full_chain(names)[:2]]
    inside = traits[0].keeps_window
    drawn_from = traits[1 if inside else 0].draws_from
    return "uncertain" if drawn_from is None else "window" if inside else drawn_from


def run_chain(names: Sequence[str], pool: Pool, settings: Mapping[str, Any], seed: int) -> Sieved:
    """Let every strategy of a chain sort out some of the frames that the ones before it left.

    Every strategy has random numbers of its own, so that one more of them does not change what the others draw. None
    is asked once no frame is left.

    :param names: as in the campaign file.
    :param pool: the frames.
    :param settings: the section ``selection`` in canonical units; ``options`` holds those of each strategy by name.
    :param seed: yields all randomness.
    :returns: the chosen frames, the preferred ones first, and one reason for every other frame.
    :raises StrategyError: if a strategy fails, or loses, doubles or invents a frame.
    """
    open_frames, rejected = list(range(len(pool))), dict[int, str]()
    for place, name in enumerate(full_chain(names)):
        if not open_frames:
            break
        rng, options = np.random.default_rng([seed, place]), settings.get("options", {}).get(name, {})
        strategy = load_strategy(name)
        try:
            sieved = strategy(pool, list(open_frames), settings, rng, **options)
            kept = [int(index) for index in sieved.kept]
            dropped = {int(index): str(reason) for index, reason in sieved.rejected.items()}
        except Exception as error:  # a strategy may come from anywhere
            raise StrategyError(f"the selection strategy {name!r} failed: {type(error).__name__}: {error}") from error
        if sorted([*kept, *dropped]) != sorted(open_frames):
            raise StrategyError(f"the selection strategy {name!r} lost, doubled or invented frames")
        open_frames, rejected = kept, rejected | dropped
    return Sieved(open_frames, dict(sorted(rejected.items())))
