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
        of_system = campaign.for_system(name)
        perturbed, selection = of_system.seed_data.perturbed, of_system.selection
        first += sum(map(most_labels, of_system.seed_data.aimd)) + (perturbed.frames if perturbed else 0)
        held_out += sum(map(most_labels, of_system.held_out.aimd))
        cycle += selection.per_cycle + selection.control
    return first, held_out, cycle
