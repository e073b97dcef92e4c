"""Largest number of labels of a campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida_zif.workflows.campaign.planned_labels import most_labels

if TYPE_CHECKING:
    from aiida_zif.workflows.campaign.loading import Campaign


def count_labels(campaign: Campaign) -> tuple[int, int, int]:
    """Return the labels of the start, those held out, and those of one cycle, each at most."""
    first = held_out = cycle = 0
    for name in campaign.systems:
        seed_data = campaign.section(name, "seed_data").model_dump()
        first += sum(map(most_labels, seed_data["aimd"]))
        first += (seed_data["perturbed"] or {"frames": 0})["frames"]
        held_out += sum(map(most_labels, campaign.section(name, "held_out").model_dump()["aimd"]))
        selection = campaign.section(name, "selection").model_dump()
        cycle += selection["per_cycle"] + selection["control"]
    return first, held_out, cycle
