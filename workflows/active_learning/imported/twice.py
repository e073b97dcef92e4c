"""Frames that stand in several places of a campaign, by the tolerance of one frame: leaks, contradictions, repeats."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiida import orm

from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.plugins.data.labelled_frame import LabelledFrame
from aiida_zif.plugins.data.same_frame import first_of_each, match
from aiida_zif.plugins.imports.contradiction import contradiction
from aiida_zif.plugins.imports.gates import composition
from aiida_zif.workflows.labelling.known_imports import is_import
from aiida_zif.workflows.labelling.label_cache import blocks_of_level

Use = tuple[str, str]
"""``training`` or ``held_out``, and the UUID of a block."""


@dataclass(frozen=True)
class Repeat:
    """Frames that two blocks share.

    :param first: where they stand first; what is learnt comes before what is held out.
    :param second: where they stand again.
    :param count: how many.
    :param detail: in words, with both origins.
    """

    first: Use
    second: Use
    count: int
    detail: str


@dataclass(frozen=True)
class Repeats:
    """All repeats of a campaign by what they mean."""

    leaks: tuple[Repeat, ...]
    contradictions: tuple[Repeat, ...]
    twice: tuple[Repeat, ...]


@functools.lru_cache(maxsize=16)  # a campaign is checked several times, and a block never changes
def repeats(uses: tuple[Use, ...]) -> Repeats:
    """Return what stands in several of some blocks.

    :param uses: the blocks, those that are learnt first.
    """
    blocks = {uuid: load_block(uuid) for _, uuid in uses}
    content = [(use, frame) for use in uses for frame in blocks[use[1]].labelled_frames()]
    pairs: dict[tuple[Use, Use], list[tuple[LabelledFrame, LabelledFrame, str | None]]] = {}
    for index, earlier in enumerate(first_of_each([frame for _, frame in content])):
        if earlier == index:
            continue
        (use, frame), (other_use, other) = content[index], content[earlier]
        how = match(other, frame)
        said = None if how is None or use[1] == other_use[1] else contradiction(other, frame, how)
        pairs.setdefault((other_use, use), []).append((other, frame, said))
    leaks, contradictions, twice = [], [], []
    for (first, second), shared in pairs.items():
        names = f"{origin_of(blocks[first[1]])} and {origin_of(blocks[second[1]])}"
        if first[0] != second[0]:
            leaks.append(Repeat(first, second, len(shared), f"{len(shared)} frames of {names}"))
        wrong = [one for one in shared if one[2] is not None]
        if wrong:
            other, frame, said = wrong[0]
            detail = f"{len(wrong)} frames with two labels, in {names}: {other.place} and {frame.place}, {said}"
            contradictions.append(Repeat(first, second, len(wrong), detail))
        if first[0] == second[0] and len(shared) > len(wrong):
            count = len(shared) - len(wrong)
            twice.append(Repeat(first, second, count, f"{count} frames stand twice, in {names}"))
    return Repeats(tuple(leaks), tuple(contradictions), tuple(twice))


def shared_with_profile(blocks: Sequence[LabelledFramesData]) -> list[str]:
    """Return in words which frames of some blocks the profile has from other imports too, at the same level."""
    own = {block.uuid for block in blocks}
    formulas = {composition(block.symbols) for block in blocks}
    others = [
        block
        for block in blocks_of_level(blocks[0].level_of_theory["hash"])
        if block.uuid not in own and composition(block.symbols) in formulas
    ]
    found = repeats(tuple(("training", uuid) for uuid in [*(block.uuid for block in others), *sorted(own)]))
    both = [*found.contradictions, *found.twice]
    return [repeat.detail for repeat in both if repeat.second[1] in own]


def load_block(uuid: str) -> LabelledFramesData:
    """Return the block of a UUID."""
    block: Any = orm.load_node(uuid)
    return block


def origin_of(block: LabelledFramesData) -> str:
    """Return a block in words, with what made it."""
    creator = block.creator
    made = f"import <{creator.pk}>" if is_import(creator) else "computed"
    return f"{block.label or block.system} <{block.pk}> ({made})"
