"""What may be wrong with the inputs of any job of LAMMPS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def of_the_committee(given: Mapping[str, Any]) -> str | None:
    """One or more models that know the same elements in the same order."""
    committee = given["committee"]
    if not committee:
        return "committee: found no model, allowed is one or more; fix: add the models that drive and watch"
    first_label = min(committee)
    first = committee[first_label].type_map
    for label in sorted(committee):
        if (found := committee[label].type_map) != first:
            allowed = f"that of committee.{first_label}, {first}"
            return f"committee.{label}: found type_map {found}, allowed is {allowed}; fix: take models of one training"
    unknown = sorted(set(given["frames"].symbols) - set(first))
    if unknown:
        fix = "take models that were trained on them"
        allowed = f"the elements of the models, {', '.join(first)}"
        return f"frames: found {', '.join(unknown)}, allowed are {allowed}; fix: {fix}"
    return None


def of_the_crystal(given: Mapping[str, Any]) -> str | None:
    """A crystal, if there is one, of the atoms of the frames."""
    if "topology" in given and given["topology"].get_ase().get_chemical_symbols() != given["frames"].symbols:
        found = given["topology"].get_formula()
        return f"topology: found {found}, allowed are the atoms of the frames in their order; fix: order them alike"
    return None


def of_the_computers(given: Mapping[str, Any]) -> str | None:
    """All codes are on one computer."""
    for name in ("python", "dp"):
        if name in given and given[name].computer != given["code"].computer:
            allowed = f"one on {given['code'].computer}"
            return f"{name}: found a code on {given[name].computer}, allowed is {allowed}; fix: set one up there"
    return None
