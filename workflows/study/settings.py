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

    def phases(self) -> list[str]:
        """Return the phases whose structure is analysed."""
        return list(self.structure.of) if self.structure else []
