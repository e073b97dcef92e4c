"""Calcfunction that adds new blocks to the data set of a system."""

from __future__ import annotations

from aiida.engine import calcfunction

from aiida_zif.plugins.data.dataset import DatasetData
from aiida_zif.plugins.data.frames import LabelledFramesData


@calcfunction
def extend_dataset(previous: DatasetData | None = None, **blocks: LabelledFramesData) -> DatasetData:
    """Return the data set before, if there is one, with new blocks.

    :param previous: left out for the first one.
    :param blocks: by the names that they have in the data set.
    :raises ValueError: if a name is taken, or a block is of another system.
    """
    known = previous.blocks() if previous is not None else {}
    if taken := sorted(known.keys() & blocks.keys()):
        raise ValueError(f"the data set has a block of the name {taken[0]} already")
    return DatasetData({**known, **blocks})
