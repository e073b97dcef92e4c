"""The settings of a study: what its work chain stores of the study file (no AiiDA)."""

from __future__ import annotations

from aiida_zif.workflows.campaign.schema.stored import StoredSection
from aiida_zif.workflows.study.schema.study_file import Computed, StudyIdentity


class StudySettings(StoredSection, Computed, StudyIdentity):
    """The settings of a study's work chain: its file without codes and resources; K, GPa, fs, Å, eV/Å, s.

    A section that is None was not asked for. Of every system ``supercell`` is what was taken.
    """

    def phases(self) -> list[str]:
        """Return the phases whose structure is analysed."""
        return list(self.structure.of) if self.structure else []
