"""Layouts of jobs that were timed before, on the same computer with a cell of like size: found in the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.workflows.engine.naming import Split

OUTPUT = "layout"
"""Label of the output of a chain that compares layouts: a record with the field ``formula``."""


def known_layout(
    entry_point: str,
    computer_uuid: str,
    alike: Mapping[str, Any],
    symbols: list[str],
    wanted: list[list[int]],
) -> orm.Dict | None:
    """Return the newest comparison that holds here: same computer, same work and elements, a cell of like size.

    :param entry_point: process type of the chain that compares, which calls one job a layout, named by its split.
    :param alike: fields of the record that must be these, by name, such as the level of theory.
    :param symbols: of the cell, whose number of atoms may differ by a quarter.
    :param wanted: ranks and threads of all the layouts that must have been tried, if in vain.
    """
    query = orm.QueryBuilder().append(orm.Computer, filters={"uuid": computer_uuid}, tag="computer")
    query.append(orm.CalcJobNode, with_computer="computer", tag="job")
    query.append(orm.WorkChainNode, with_outgoing="job", filters={"process_type": entry_point}, tag="chain")
    query.append(
        orm.Dict,
        with_incoming="chain",
        edge_filters={"label": OUTPUT},
        filters={f"attributes.{field}": value for field, value in alike.items()},
        project=["*", "attributes.formula"],
        tag="layout",
    )
    query.add_projection("chain", "*")
    query.order_by({"chain": {"id": "desc"}}).distinct()
    for chain, layout, formula in query.all():
        tried = chain.base.links.get_outgoing(link_type=LinkType.CALL_CALC).all_link_labels()
        if is_like(formula, symbols) and all(Split(*pair).label() in tried for pair in wanted):
            found: orm.Dict = layout
            return found
    return None


def is_like(formula: str, symbols: list[str]) -> bool:
    """Whether cells of a formula cost about as much: the same elements, and as many atoms but for a quarter."""
    from ase.formula import Formula

    counts = Formula(formula).count()
    return set(counts) == set(symbols) and 0.8 <= sum(counts.values()) / len(symbols) <= 1.25
