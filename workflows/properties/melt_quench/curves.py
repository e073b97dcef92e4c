"""The curves of all legs in one node, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiida_zif.plugins.lammps.production.series import Series
from aiida_zif.workflows.properties.melt_quench.naming import Leg

if TYPE_CHECKING:
    from aiida import orm

BETWEEN = "__"
"""Between the name of a leg and that of an array."""


@dataclass(frozen=True)
class LegCurves:
    """The output ``curves`` of ``zif.melt_quench``: the series of every leg that brought one.

    :param legs: in the order of their names.
    """

    legs: Mapping[Leg, Series]

    @classmethod
    def from_node(cls, node: orm.ArrayData) -> LegCurves:
        """Read a node that :meth:`to_node` made."""
        arrays: dict[str, dict[str, object]] = {}
        for name in node.get_arraynames():
            leg, _, array = name.partition(BETWEEN)
            arrays.setdefault(leg, {})[array] = node.get_array(name)
        return cls({Leg.parse(leg): Series.from_arrays(own) for leg, own in sorted(arrays.items())})  # type: ignore[arg-type]

    def to_node(self) -> orm.ArrayData:
        """Return an unstored node."""
        from aiida.orm import ArrayData

        node = ArrayData()
        for leg, series in self.legs.items():
            for name, array in series.arrays().items():
                node.set_array(f"{leg.label()}{BETWEEN}{name}", array)
        return node
