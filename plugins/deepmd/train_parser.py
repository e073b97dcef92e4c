"""Parser of a training job."""

from __future__ import annotations

from aiida.engine import ExitCode

from aiida_zif.plugins.deepmd.training_parser import MemberReader, TrainingParser


class DeepmdTrainParser(TrainingParser):
    """One model: its exit code is the job's."""

    def parse_members(self, temporary: str | None) -> ExitCode | None:
        """Read the one member."""
        return self.keep_scheduler_code(MemberReader(self, temporary).read())
