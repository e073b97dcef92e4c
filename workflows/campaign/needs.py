"""What a campaign computes itself, and which codes it needs for that (no AiiDA).

A campaign without cycles whose frames are all imported computes no labels and explores nothing: it only trains.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

CODES = {"train": ("dp",), "label": ("cp2k",), "explore": ("lmp", "python")}
"""Codes by what they do for a campaign."""


def labels_first(seed_data: Any, held_out: Any) -> bool:
    """Whether a system has labels computed before the first training.

    :param seed_data: section of the system, as ``held_out``.
    """
    copies = seed_data.perturbed
    return bool(seed_data.aimd or held_out.aimd or (copies is not None and copies.frames))


def needed_codes(cycles: int, sections: Iterable[tuple[Any, Any]]) -> Sequence[str]:
    """Return the codes of a campaign.

    :param cycles: of exploring and labelling, ``limits.cycles``.
    :param sections: ``seed_data`` and ``held_out`` of every system.
    """
    labels = cycles > 0 or any(labels_first(*pair) for pair in sections)
    return [*(CODES["label"] if labels else ()), *CODES["train"], *(CODES["explore"] if cycles > 0 else ())]
