"""Curves of frames with exchanged parts in one ``ArrayData``: made and read here only."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from aiida import orm

from aiida_zif.plugins.analysis.attribution.exchange import Exchanged

ARRAYS = ("r", "partials", "density", "rotation", "swing", "changed", "volume", "variables")
EXCHANGED, WHY_NOT = "exchanged", "why_not"


def exchanged_to_node(found: Exchanged) -> orm.ArrayData:
    """Return an unstored node."""
    assert {field.name for field in fields(Exchanged)} == {*ARRAYS, "pairs", "concentrations"}
    node = orm.ArrayData()
    for name in ARRAYS:
        node.set_array(name, np.asarray(getattr(found, name), dtype=float))
    content = {"pairs": [list(pair) for pair in found.pairs], "concentrations": dict(found.concentrations)}
    node.base.attributes.set(EXCHANGED, content)
    return node


def not_exchanged(why: str) -> orm.ArrayData:
    """Return an unstored node that says why parts could not be exchanged."""
    node = orm.ArrayData(np.zeros(0))
    node.base.attributes.set(WHY_NOT, why)
    return node


def why_not(node: orm.ArrayData) -> str:
    """Return why parts could not be exchanged; empty if they were."""
    return str(node.base.attributes.get(WHY_NOT, ""))


def exchanged_from_node(node: orm.ArrayData) -> Exchanged:
    """Read a node of :func:`exchanged_to_node`."""
    content = node.base.attributes.get(EXCHANGED)
    pairs = tuple((one, other) for one, other in content["pairs"])
    arrays = {name: node.get_array(name) for name in ARRAYS}
    return Exchanged(pairs=pairs, concentrations=content["concentrations"], **arrays)
