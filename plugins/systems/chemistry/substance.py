"""Summary of a structure for the user: formula, density, coordination, linkers (no AiiDA)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from aiida_zif.plugins.physics.geometry import densities
from aiida_zif.plugins.systems.chemistry.bonds import BondGraph
from aiida_zif.plugins.systems.chemistry.formula import hill

if TYPE_CHECKING:
    from ase import Atoms


def describe_substance(atoms: Atoms) -> dict[str, Any]:
    """Return formula, density, surroundings of the metals, linkers and guests of a structure.

    :param atoms: a periodic structure.
    :returns: ``formula`` (Hill), ``atoms``, ``density`` in g/cm³, ``metals`` (for each element, how many atoms have
        which donors), ``linkers`` (molecules that bind a metal) and ``guests`` (the others) by formula.
    """
    graph = BondGraph(atoms)
    metals: dict[str, Counter[str]] = {}
    for index, symbol in enumerate(graph.symbols):
        if graph.metal[index]:
            donors = sorted(graph.donors(index).items(), key=lambda item: (-item[1], item[0]))
            words = " + ".join(f"{count} {element}" for element, count in donors) or "none"
            metals.setdefault(symbol, Counter())[words] += 1
    return {
        "formula": hill(Counter(graph.symbols)),
        "atoms": len(atoms),
        "density": round(float(densities(graph.symbols, atoms.cell[:])[0]), 4),
        "metals": {symbol: dict(counts.most_common()) for symbol, counts in sorted(metals.items())},
        "linkers": _by_formula(graph, on_metal=True),
        "guests": _by_formula(graph, on_metal=False),
    }


def _by_formula(graph: BondGraph, on_metal: bool) -> dict[str, int]:
    return {hill(dict(composition)): count for composition, count in graph.molecules(on_metal).most_common()}


def substance_in_words(substance: dict[str, Any]) -> str:
    """Say a description of :func:`describe_substance` in one line."""
    parts = [f"{substance['formula']}, {substance['density']:.3f} g/cm³"]
    for symbol, counts in substance["metals"].items():
        parts.append(f"{symbol}: " + ", ".join(f"{count} with {donors}" for donors, count in counts.items()))
    for kind in ("linkers", "guests"):
        if substance[kind]:
            parts.append(f"{kind}: " + ", ".join(f"{count} {formula}" for formula, count in substance[kind].items()))
    return "; ".join(parts)
