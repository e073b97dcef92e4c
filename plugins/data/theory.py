"""Check that labelled frames have one level of theory (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiida_zif.plugins.data.frames import LabelledFramesData


def method_of(level_hash: str) -> str:
    """Return the part of a level's hash that holds for every charge and spin: what stands before the hyphen."""
    return level_hash.partition("-")[0]


def mixture(blocks: Mapping[str, LabelledFramesData]) -> list[str]:
    """Return the blocks, each with its level, whose energies cannot be compared; empty if all of them can.

    Systems of different charge or spin lie on one energy scale as long as the method is one; frames of one
    composition must share charge and spin too, since no force field of positions can tell them apart.

    :param blocks: by label.
    """
    methods: dict[str, str] = {}
    states: dict[tuple[str, ...], dict[str, str]] = {}
    for label, block in sorted(blocks.items(), reverse=True):
        level = block.level_of_theory
        methods[method_of(level["hash"])] = said = f"{label} ({level['line']})"
        states.setdefault(tuple(sorted(block.symbols)), {})[level["hash"]] = said
    if len(methods) > 1:
        return list(methods.values())
    return next((list(levels.values()) for levels in states.values() if len(levels) > 1), [])
