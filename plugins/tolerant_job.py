"""What all our jobs do where AiiDA would end the process instead."""

from __future__ import annotations

from aiida.engine import CalcJob, ExitCode
from aiida.orm import Node


class TolerantJob(CalcJob):
    """A job whose batch system may have written anything into its files."""

    def parse_scheduler_output(self, retrieved: Node) -> ExitCode | None:
        """Return what AiiDA makes of the output of the batch system; nothing where that is no text in UTF-8."""
        try:
            return super().parse_scheduler_output(retrieved)
        except UnicodeDecodeError as error:
            self.logger.warning(f"what the batch system wrote is no text: {error}")
            return None
