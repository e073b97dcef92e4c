"""Base class of all calculation jobs of this package."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from aiida.engine import CalcJob, ExitCode, ProcessState
from aiida.orm import Node

from aiida_zif.plugins.jobs.local_waiting import PatientWaiting
from aiida_zif.plugins.jobs.software import RecordsSoftware


class TolerantJob(RecordsSoftware, CalcJob):
    """A job whose batch system may have written anything into its files, and that leaves the cores to its code."""

    @classmethod
    def get_state_classes(cls) -> dict[Hashable, Any]:
        """Return AiiDA's states, but for the waiting."""
        return {**super().get_state_classes(), ProcessState.WAITING: PatientWaiting}

    def parse_scheduler_output(self, retrieved: Node) -> ExitCode | None:
        """Return what AiiDA makes of the output of the batch system; nothing where that is no text in UTF-8."""
        try:
            return super().parse_scheduler_output(retrieved)
        except UnicodeDecodeError as error:
            self.logger.warning(f"what the batch system wrote is no text: {error}")
            return None
