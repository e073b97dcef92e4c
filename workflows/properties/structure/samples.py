"""What was measured of the frames of one replica, in one ``ArrayData``: made and read here only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from aiida import orm

from aiida_zif.plugins.analysis.structure.pair_distribution import PairDistribution
from aiida_zif.workflows.properties.structure.quantities import QUANTITIES

SAMPLES, DISTANCES = "samples", "distances"
"""Attributes: what the arrays of a node are."""


@dataclass(frozen=True)
class Number:
    """One number of every analysed frame.

    :param quantity: one of :data:`~.quantities.QUANTITIES`.
    :param of: element pair, species, size …; empty for the whole system.
    :param values: shape (F,).
    :param random: what chance gives in the mean of the frames; None where chance gives no value.
    :param random_spread: standard deviation of what it gives for one frame.
    :param definition: how it is computed.
    """

    quantity: str
    of: str
    values: np.ndarray
    random: float | None = None
    random_spread: float | None = None
    definition: str = ""
    remark: str = ""
    error: float | None = None
    """Standard error of a replica by itself, of what is no mean over frames."""
    squared: bool = False
    """Values are squares: what is stated is the root of their mean, such as a width of all frames together."""


@dataclass(frozen=True)
class Line:
    """One curve of every block of consecutive frames.

    :param x: shape (m,).
    :param y: shape (blocks, m).
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    x_label: str = ""
    y_label: str = ""
    x_unit: str = ""
    y_unit: str = ""


@dataclass(frozen=True)
class Samples:
    """What one calcfunction measured of one replica.

    :param groups: of observables that it is about.
    :param n_used: frames that were analysed, of those that there are.
    :param conventions: by what they are for.
    :param limits: what the numbers cannot say, in sentences.
    """

    groups: Sequence[str]
    n_used: int
    numbers: list[Number] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    conventions: Mapping[str, str] = field(default_factory=dict)
    limits: list[str] = field(default_factory=list)

    def to_node(self) -> orm.ArrayData:
        """Return an unstored node."""
        node = orm.ArrayData()
        numbers, lines = [], []
        for index, number in enumerate(self.numbers):
            assert number.quantity in QUANTITIES, number.quantity
            node.set_array(f"number_{index}", np.asarray(number.values, dtype=float))
            words = ("quantity", "of", "random", "random_spread", "definition", "remark", "error", "squared")
            numbers.append({key: getattr(number, key) for key in words})
        for index, line in enumerate(self.lines):
            node.set_array(f"x_{index}", np.asarray(line.x, dtype=float))
            node.set_array(f"y_{index}", np.asarray(line.y, dtype=float))
            lines.append({key: getattr(line, key) for key in ("name", "x_label", "y_label", "x_unit", "y_unit")})
        content = {"groups": list(self.groups), "n_used": self.n_used, "numbers": numbers, "lines": lines}
        content |= {"conventions": dict(self.conventions), "limits": self.limits}
        node.base.attributes.set(SAMPLES, content)
        return node

    @classmethod
    def from_node(cls, node: orm.ArrayData) -> Samples:
        """Read a node."""
        content = node.base.attributes.get(SAMPLES)
        numbers = [
            Number(values=node.get_array(f"number_{index}"), **entry) for index, entry in enumerate(content["numbers"])
        ]
        lines = [
            Line(x=node.get_array(f"x_{index}"), y=node.get_array(f"y_{index}"), **entry)
            for index, entry in enumerate(content["lines"])
        ]
        return cls(content["groups"], content["n_used"], numbers, lines, content["conventions"], content["limits"])


def distances_to_node(counted: PairDistribution) -> orm.ArrayData:
    """Return an unstored node with the counted distances of one replica; counts take four bytes each."""
    node = orm.ArrayData()
    node.set_array("edges", counted.edges)
    node.set_array("volumes", counted.volumes)
    pairs = [list(pair) for pair in counted.counts]
    node.set_array("counts", np.stack(list(counted.counts.values())).astype(np.float32))
    node.base.attributes.set(DISTANCES, {"numbers": dict(counted.numbers), "pairs": pairs})
    return node


def distances_from_node(node: orm.ArrayData) -> PairDistribution:
    """Read a node of :func:`distances_to_node`."""
    content = node.base.attributes.get(DISTANCES)
    counts = node.get_array("counts").astype(float)
    pairs = {(one, other): array for (one, other), array in zip(content["pairs"], counts, strict=True)}
    return PairDistribution(content["numbers"], node.get_array("edges"), pairs, node.get_array("volumes"))
