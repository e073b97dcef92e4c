"""Errors frame by frame of a committee on held-out blocks: how they are stored, and read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from aiida import orm

from aiida_zif.plugins.data.record import SCHEMA, RecordError

FORCE_RMSE, DEVIATION = "__force_rmse", "__max_force_deviation"
"""What the names of the two arrays of a block end in, behind its label."""

SCHEMA_NUMBER = 1
"""Of the arrays; those of before there were numbers have the same names."""


@dataclass(frozen=True)
class BlockErrors:
    """Errors on one block of N frames.

    :param force_rmse: of each member on each frame, eV/Å, shape (models, N).
    :param max_force_deviation: of the committee, eV/Å, shape (N,); NaN where it was not stored.
    """

    force_rmse: np.ndarray
    max_force_deviation: np.ndarray

    @property
    def of_a_member(self) -> np.ndarray:
        """Root mean square over the members of the force RMSE of each frame, eV/Å, shape (N,)."""
        return np.sqrt(np.mean(np.square(self.force_rmse), axis=0))


FrameErrors = Mapping[str, BlockErrors]
"""By label of the block, in alphabetical order."""


def errors_node(errors: FrameErrors) -> orm.ArrayData:
    """Return the unstored ``errors`` of ``zif.deepmd.test``."""
    node = orm.ArrayData()
    for label, block in errors.items():
        node.set_array(f"{label}{FORCE_RMSE}", block.force_rmse)
        node.set_array(f"{label}{DEVIATION}", block.max_force_deviation)
    node.base.attributes.set(SCHEMA, SCHEMA_NUMBER)
    return node


def read_errors(node: orm.ArrayData) -> FrameErrors:
    """Read the errors of a test.

    :raises RecordError: if a newer version wrote them.
    """
    number = node.base.attributes.get(SCHEMA, 0)
    if number > SCHEMA_NUMBER:
        raise RecordError(
            f"node <{node.pk}>: errors: found schema {number}, allowed is up to {SCHEMA_NUMBER}; fix: update aiida-zif"
        )
    return errors_of({name: node.get_array(name) for name in node.get_arraynames()})


def errors_of(arrays: Mapping[str, np.ndarray]) -> FrameErrors:
    """Return errors from arrays by their names, as a node holds them."""
    found = {}
    for name in sorted(arrays):
        if name.endswith(FORCE_RMSE):
            label, rmse = name.removesuffix(FORCE_RMSE), arrays[name]
            unknown = np.full(rmse.shape[-1], np.nan)
            found[label] = BlockErrors(rmse, arrays.get(f"{label}{DEVIATION}", unknown))
    return found
