"""The settings of a study: what its work chain stores of the study file (no AiiDA)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiida_zif.plugins.data.record import SCHEMA
from aiida_zif.workflows.campaign.schema.stored import StoredSection
from aiida_zif.workflows.study.schema.study_file import Computed, StudyIdentity

if TYPE_CHECKING:
    from aiida import orm


class StudySettings(StoredSection, Computed, StudyIdentity):
    """The settings of a study's work chain: its file without codes and resources; K, GPa, fs, Å, eV/Å, s.

    A section that is None was not asked for. Of every system ``supercell`` is what was taken.
    """

    @classmethod
    def as_written(cls, node: orm.Dict) -> dict[str, Any]:
        """Return what a node says, by today's keys, without those that its version did not know."""
        content = node.get_dict()
        return cls.upgraded(content, content.pop(SCHEMA, 0))

    @property
    def moves(self) -> bool:
        """Whether it runs molecular dynamics; else it analyses crystals and frames as they are."""
        return self.force_field is not None

    def phases(self, system: str) -> list[str]:
        """Return the phases of a system whose structure is analysed."""
        if self.structure is None:
            return []
        return list(self.structure.of) if self.moves else [self.systems[system].phase or "crystal"]
