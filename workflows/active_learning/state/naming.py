"""Names of the children of a campaign: made and read here."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aiida import orm

from aiida_zif.plugins.data.frames import LabelledFramesData

STEP = re.compile(r"c(?P<cycle>\d+)_(?P<stage>[a-z]+)(?:_(?P<name>\w+))?")
"""How `ActiveLearningWorkChain` names its children: cycle, stage, and the system or task."""


ACQUIRE, PARTS = "acquire", ("explore", "select", "label", "compare")
"""The stage that holds the cycle of one system, and how `AcquireWorkChain` names its children."""


def systems_of(nodes: Mapping[str, orm.Data]) -> dict[str, str]:
    """Return the system of every held-out block among the inputs of a step, by the block's label.

    :param nodes: by name of the input, ``block_…`` for a block.
    """
    return {
        name.removeprefix("block_"): block.system
        for name, block in nodes.items()
        if isinstance(block, LabelledFramesData)
    }
