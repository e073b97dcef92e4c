"""The data set of one system: names of blocks, which are referred to and not copied."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from aiida import orm

from aiida_zif.plugins.data.frames import LabelledFramesData

NAME = re.compile(r"\w{1,200}", re.ASCII)
"""Names of blocks; they become folders of training jobs, so that a node from elsewhere must not name just anything."""


class DatasetData(orm.Data):
    """Which blocks of labelled frames of one system belong together.

    A campaign adds blocks in every cycle. Whatever learns from them has one link to this node instead of one to every
    block, so that the time before a process begins, which AiiDA spends link by link, does not grow with the cycles.
    The blocks themselves are what the node was made from, directly or by way of the data sets before it.
    """

    _hash_ignored_attributes = ("blocks",)  # two data sets of the same content are the same, whatever their uuids

    def __init__(self, blocks: Mapping[str, LabelledFramesData] | None = None, **kwargs: Any) -> None:
        """Build an unstored node.

        :param blocks: stored blocks by name, at least one.
        :raises ValueError: if they are not all of one system, with the same atoms in the same order, or one has a name
            with other characters than letters, digits and underscores.
        """
        super().__init__(**kwargs)
        if blocks is None:
            return  # AiiDA builds empty nodes when it loads or validates models; ``_validate`` has the last word
        kinds = {(block.system, tuple(block.symbols)) for block in blocks.values()}
        if len(kinds) != 1:
            found = ", ".join(sorted(f"{system!r} ({len(symbols)} atoms)" for system, symbols in kinds)) or "no block"
            raise ValueError(f"a data set is of one system, with its atoms in one order; found {found}")
        _require_names(blocks)
        system, symbols = kinds.pop()
        self.base.attributes.set_many(
            {
                "blocks": {name: block.uuid for name, block in blocks.items()},
                "content": {name: block.base.caching.get_hash() for name, block in blocks.items()},
                "n_frames": sum(block.n_frames for block in blocks.values()),
                "system": system,
                "symbols": list(symbols),
            }
        )

    @property
    def system(self) -> str:
        """Label of the system in its campaign."""
        return str(self.base.attributes.get("system"))

    @property
    def symbols(self) -> list[str]:
        """Chemical symbols of every frame, shape (n,)."""
        return list(self.base.attributes.get("symbols"))

    @property
    def n_frames(self) -> int:
        """Number of frames in all blocks (no block is loaded)."""
        return int(self.base.attributes.get("n_frames"))

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return len(self.base.attributes.get("blocks"))

    def blocks(self) -> dict[str, LabelledFramesData]:
        """Return the blocks by name, in the order of the names.

        :raises ValueError: if one is not in this profile, or has a name that no block can have.
        """
        uuids = self.base.attributes.get("blocks")
        _require_names(uuids)
        found = {block.uuid: block for block in _load(uuids.values())}
        missing = [f"{name} ({uuid})" for name, uuid in sorted(uuids.items()) if uuid not in found]
        if missing:
            raise ValueError(
                f"data set <{self.pk}> refers to {len(missing)} blocks that are not in this profile, the first is "
                f"{missing[0]}; import the archive that it came from again, with its ancestors"
            )
        return {name: found[uuid] for name, uuid in sorted(uuids.items())}

    def _validate(self) -> bool:
        super()._validate()
        if not self.base.attributes.get("blocks", None):
            raise ValueError("a data set needs at least one block")
        return True


def blocks_in(namespace: Mapping[str, Any]) -> dict[str, LabelledFramesData]:
    """Return the blocks of a namespace of blocks and data sets by name, in the order of the names.

    :param namespace: :class:`LabelledFramesData` and :class:`DatasetData` by label.
    :raises ValueError: if a name stands for two blocks, or a block is not in this profile.
    """
    found: dict[str, LabelledFramesData] = {}
    for label, node in namespace.items():
        new = node.blocks() if isinstance(node, DatasetData) else {label: node}
        if twice := sorted(found.keys() & new.keys()):
            raise ValueError(f"{label}: there are two blocks of the name {twice[0]}; give one of them another name")
        found |= new
    return dict(sorted(found.items()))


def _require_names(blocks: Mapping[str, object]) -> None:
    if not isinstance(blocks, Mapping):
        raise ValueError(f"blocks by name are needed, found {ascii(blocks)[:80]}")
    wrong = [name for name in blocks if not NAME.fullmatch(name)]
    if wrong:
        raise ValueError(f"blocks are named by letters, digits and underscores, found {ascii(wrong[0])[:80]}")


def _load(uuids: Iterable[str]) -> list[LabelledFramesData]:
    query = orm.QueryBuilder().append(LabelledFramesData, filters={"uuid": {"in": list(uuids)}})
    blocks: list[LabelledFramesData] = query.all(flat=True)
    return blocks
