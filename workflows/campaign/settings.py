"""The settings of a campaign: what its work chain stores of the campaign file, made and read here (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import SerializerFunctionWrapHandler, model_serializer

from aiida_zif.plugins.data.record import SCHEMA
from aiida_zif.workflows.campaign.needs import needed_codes
from aiida_zif.workflows.campaign.schema.campaign_file import OVERRIDABLE, Choices, Framework, Identity
from aiida_zif.workflows.campaign.schema.data import HeldOut, SeedData
from aiida_zif.workflows.campaign.schema.exploration import Exploration
from aiida_zif.workflows.campaign.schema.selection import Selection
from aiida_zif.workflows.campaign.schema.stored import StoredSection

if TYPE_CHECKING:
    from aiida import orm

NEVER = 1_000_000
"""Cycles."""


@dataclass(frozen=True)
class SystemSections:
    """The sections that may differ from system to system, as they hold for one."""

    seed_data: SeedData
    held_out: HeldOut
    exploration: Exploration
    selection: Selection


class SystemSettings(Framework):
    """One framework: where it comes from, the supercell that was taken, and the complete sections that differ."""

    seed_data: SeedData | None = None
    held_out: HeldOut | None = None
    exploration: Exploration | None = None
    selection: Selection | None = None

    @model_serializer(mode="wrap")
    def _what_differs(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields = type(self).model_fields
        return {key: value for key, value in handler(self).items() if value != fields[key].default}


class Settings(StoredSection, Choices, Identity):
    """The settings of a campaign's work chain: its file without codes and resources; K, GPa, fs, Å, eV/Å, s.

    What a version did not know is as it was then: no equilibration, no end for want of learning, and so on.
    """

    systems: dict[str, SystemSettings]

    earlier: ClassVar[Mapping[str, Any]] = {
        "systems": {},
        "labelling": {"reuse": False, "batch_time": 1800.0, "gates": {}},
        "training": {"warm_start": False, "early_stop": False, "deepmd": {}},
        "exploration": {"equilibration": 0, "uncertain_starts": 0.0, "preflight": 0},
        "selection": {"window": {}, "options": {}},
        "convergence": {"cycles": 1, "patience": NEVER},
        "failure_budget": {"hopeless": 1.0},
    }

    def for_system(self, name: str) -> SystemSections:
        """Return the sections as they hold for one system: its own ones win.

        :param name: label of the system.
        """
        own = self.systems.get(name)
        return SystemSections(
            **{section: getattr(own, section, None) or getattr(self, section) for section in OVERRIDABLE}
        )

    @property
    def needed_codes(self) -> Sequence[str]:
        """Codes that the campaign needs, by their names in its file."""
        of_systems = [self.for_system(name) for name in self.systems]
        return needed_codes(self.limits.cycles, [(of.seed_data, of.held_out) for of in of_systems])

    @property
    def only_trains(self) -> bool:
        """Whether the campaign computes no labels and explores nothing."""
        return "cp2k" not in self.needed_codes

    @classmethod
    def as_written(cls, node: orm.Dict) -> dict[str, Any]:
        """Return what a node says, by today's keys, without those that its version did not know."""
        content = node.get_dict()
        return cls.upgraded(content, content.pop(SCHEMA, 0))

    @classmethod
    def upgraded(cls, content: dict[str, Any], number: int) -> dict[str, Any]:
        """Return settings of today's keys: a strategy by itself becomes a list of one."""
        for section in sections_in(content, "selection"):
            if isinstance(section.get("strategy"), str):
                section["strategy"] = [section["strategy"]]
        return content

    @classmethod
    def completed(cls, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return stored settings with the keys that their version did not know; a system has those of the campaign."""
        whole = super().completed(content)
        for own in whole["systems"].values():
            own |= {name: {**whole[name], **own[name]} for name in OVERRIDABLE if own.get(name)}
        return whole


def sections_in(content: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """Yield the stored sections of a name: that of the campaign, and those of systems that have their own."""
    for holder in (content, *content.get("systems", {}).values()):
        if holder.get(name):
            yield holder[name]
