"""The word ``imported`` for a level of theory or a structure: only where a campaign computes neither labels nor MD."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aiida_zif.workflows.campaign.needs import labels_first
from aiida_zif.workflows.campaign.schema.campaign_file import IMPORTED
from aiida_zif.workflows.campaign.schema.section import Section
from aiida_zif.workflows.campaign.supercell import AUTO
from aiida_zif.workflows.user_input.problems import Problem, shown
from aiida_zif.workflows.user_input.yaml_source import Source, YamlPath

ALLOWED = "imported, where nothing is computed: limits.cycles 0, no aimd and no perturbed frames"


def imported_only_problems(
    parts: Mapping[str, Any], own: Mapping[str, Mapping[str, Section]], source: Source
) -> Iterator[Problem]:
    """What is described by imported frames alone is not computed, and names its elements.

    :param own: complete sections by system, of those that a system sets for itself.
    """
    if not {"level_of_theory", "systems", "limits", "seed_data", "held_out"} <= parts.keys():
        return
    computed = what_is_computed(parts, own)
    described = [name for name, system in parts["systems"].items() if system.structure == IMPORTED]
    if parts["level_of_theory"].name == IMPORTED and computed:
        fix = "name the level of the labels, or leave all frames to imports"
        yield source.problem(("level_of_theory",), f"imported, where {computed}", ALLOWED, fix)
    for name in described:
        path: YamlPath = ("systems", name, "structure")
        if computed:
            fix = "give a structure, or leave all frames to imports"
            yield source.problem(path, f"imported, where {computed}", ALLOWED, fix)
        supercell = parts["systems"][name].supercell
        if supercell != AUTO:
            allowed = "no supercell of a system that its imported frames describe"
            yield source.problem((*path[:-1], "supercell"), shown(supercell), allowed, "leave it out")
    if described and parts.get("type_map") is None:
        found = f"nothing, and systems.{described[0]} is described by imported frames"
        fix = "write for example type_map: [H, C, N, Zn]"
        yield source.problem(("type_map",), found, "the elements of all frames", fix)


def what_is_computed(parts: Mapping[str, Any], own: Mapping[str, Mapping[str, Section]]) -> str:
    """Say what a campaign computes, empty for one that only trains."""
    if parts["limits"].cycles:
        return f"limits.cycles is {parts['limits'].cycles}"
    for name in parts["systems"]:
        sections = {**parts, **own.get(name, {})}
        if labels_first(sections["seed_data"], sections["held_out"]):
            return f"frames of systems.{name} are labelled first"
    return ""
