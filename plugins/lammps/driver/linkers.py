"""Whether the linkers of the crystal last."""

from __future__ import annotations

from typing import Any

import numpy as np

from .looks import BROKEN, FAULTS, PLACE


def is_broken(table: np.ndarray) -> np.ndarray:
    """Whether a linker is not whole, of every look."""
    return np.isin(table[:, PLACE["fault"]], [FAULTS.index(name) for name in BROKEN])


def lasting_break(table: np.ndarray, config: dict[str, Any]) -> int | None:
    """Return the step at which linkers have been broken in every look for too long; None if they have not.

    A hot linker may be seen with a bond that is too long for a moment; a reaction does not go back.
    """
    if config["topology"] is None:
        return None
    steps = config["settings"]["lasting_break"] / config["settings"]["timestep"]
    since = None
    for step, broken in zip(table[:, PLACE["step"]], is_broken(table)):  # noqa: B905 - runs on Pythons older than ours
        since = None if not broken else step if since is None else since
        if since is not None and step - since >= steps:
            return int(step)
    return None


def linkers_of(table: np.ndarray, config: dict[str, Any]) -> dict[str, Any] | None:
    """For the report: how often linkers were not whole, since when, and why; None without a crystal."""
    if config["topology"] is None:
        return None
    broken = is_broken(table)
    reasons = {name: int((table[:, PLACE["fault"]] == FAULTS.index(name)).sum()) for name in BROKEN}
    return {
        "n": config["n_linkers"],
        "n_broken_looks": int(broken.sum()),
        "first_broken_step": int(table[broken, PLACE["step"]][0]) if broken.any() else None,
        "reasons": {name: number for name, number in reasons.items() if number},
    }
