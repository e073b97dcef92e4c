"""Curves with their errors in one ``ArrayData``: made and read here only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from aiida import orm

CURVES = "curves"
"""Attribute: name → the other fields of a curve and the numbers of its arrays."""


@dataclass(frozen=True)
class Curve:
    """One curve.

    :param x: shape (m,).
    :param y: mean over replicas, shape (m,).
    :param error: standard error of ``y``, shape (m,); NaN where there is none.
    :param x_unit: and ``y_unit``: as they are shown; empty for a pure number.
    :param n: independent samples behind the error.
    :param error_from: as in :class:`~aiida_zif.plugins.data.measured.Measured`.
    """

    x: np.ndarray
    y: np.ndarray
    error: np.ndarray
    x_label: str = ""
    y_label: str = ""
    x_unit: str = ""
    y_unit: str = ""
    n: int = 0
    error_from: str = "none"


class Curves(Mapping[str, Curve]):
    """Curves by name: ``g/Zn-N``, ``n/Zn-N``, ``angle/N-Zn-N``, ``S/x-ray``, ``D/neutron``, ``rings``, ``p2`` …"""

    def __init__(self, curves: Mapping[str, Curve]) -> None:
        self._curves = dict(curves)

    def __getitem__(self, name: str) -> Curve:
        return self._curves[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._curves)

    def __len__(self) -> int:
        return len(self._curves)

    def of_kind(self, kind: str) -> dict[str, Curve]:
        """Return the curves of a kind, by what they are of: ``g`` gives ``{"Zn-N": …}``."""
        return {name.partition("/")[2]: curve for name, curve in self.items() if name.partition("/")[0] == kind}

    def to_node(self) -> orm.ArrayData:
        """Return an unstored node; a grid that several curves share is stored once."""
        node = orm.ArrayData()
        grids: list[np.ndarray] = []
        entries = {}
        for index, (name, curve) in enumerate(self._curves.items()):
            place = next((place for place, grid in enumerate(grids) if np.array_equal(grid, curve.x)), len(grids))
            if place == len(grids):
                grids.append(np.asarray(curve.x, dtype=float))
                node.set_array(f"x_{place}", grids[-1])
            node.set_array(f"y_{index}", np.asarray(curve.y, dtype=float))
            node.set_array(f"error_{index}", np.asarray(curve.error, dtype=float))
            words = {key: getattr(curve, key) for key in ("x_label", "y_label", "x_unit", "y_unit", "n", "error_from")}
            entries[name] = {"x": place, "y": index, **words}
        node.base.attributes.set(CURVES, entries)
        return node

    @classmethod
    def from_node(cls, node: orm.ArrayData) -> Curves:
        """Read a node.

        :raises ValueError: it holds no curves.
        """
        entries = node.base.attributes.get(CURVES, None)
        if entries is None:
            raise ValueError(f"node <{node.pk}>: found an array without curves, allowed are the curves of a structure")
        curves = {}
        for name, entry in entries.items():
            words = {key: value for key, value in entry.items() if key not in ("x", "y")}
            x, y, error = (
                node.get_array(f"{kind}_{entry[key]}") for kind, key in (("x", "x"), ("y", "y"), ("error", "y"))
            )
            curves[name] = Curve(x, y, error, **words)
        return cls(curves)
