"""A throw-away AiiDA folder in which a campaign runs with stand-in codes, in a minute, and can be hurt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from campaign_folder import CampaignFolder
from standin_campaign import StandIns, write_campaign


class Site(CampaignFolder):
    """An AiiDA folder, its codes and one campaign.

    :param folder: to make everything in.
    :param pauses: seconds that each code (``cp2k``, ``dp``, ``lmp``) waits before it does anything.
    """

    def __init__(self, folder: Path, **pauses: float) -> None:
        self.codes, self.resumed = StandIns(folder / "codes", **pauses), ""
        super().__init__(
            folder, **{f"AIIDA_ZIF_{label.upper()}": str(path) for label, path in self.codes.paths.items()}
        )

    def write_campaign(self, systems: int = 1, **sections: Any) -> Path:
        """Write a campaign file for so many small frameworks, and return its path; JSON is YAML."""
        return write_campaign(self.folder, systems, **sections)

    def put_fault(self, label: str, fault: str, jobs: int = 1) -> None:
        """Let the next jobs of a code meet a fault of its stand-in."""
        self.codes.put_fault(label, fault, jobs)

    def faults_met(self) -> list[str]:
        """Return the faults that a job has met."""
        return self.codes.faults_met()
