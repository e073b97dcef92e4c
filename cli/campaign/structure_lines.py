"""What the structures of a campaign are made of, as `aiida-zif check` shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aiida_zif.plugins.systems.chemistry.substance import describe_substance, substance_in_words
from aiida_zif.plugins.systems.chemistry.valence import oddities

if TYPE_CHECKING:
    from aiida_zif.workflows.campaign.loading import Campaign


def structures_json(campaign: Campaign) -> dict[str, dict[str, Any]]:
    """Return for each system what it is made of, notes of its reading, and what is unusual about its bonds."""
    return {
        name: {
            **describe_substance(atoms),
            "notes": [str(note) for note in atoms.info.get("notes", ())],
            "unusual": [f"{oddity}: {oddity.fix}" for oddity in oddities(atoms)],
        }
        for name, atoms in campaign.structures().items()
    }


def structure_lines(campaign: Campaign) -> Iterator[str]:
    """Yield a line for each system, and lines below it for notes and what is unusual."""
    for name, substance in structures_json(campaign).items():
        yield f"{name}: {substance['atoms']} atoms, {substance_in_words(substance)}"
        yield from (f"  note: {note}" for note in substance["notes"])
        yield from (f"  unusual: {text}" for text in substance["unusual"])
