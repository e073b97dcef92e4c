"""The parser of jobs that train one model."""

from __future__ import annotations

from aiida.engine import ExitCode

from aiida_zif.plugins.deepmd.training.member_reader import MemberReader, TrainingParser


class DeepmdTrainParser(TrainingParser):
    """One model: its exit code is the job's."""

    def parse_members(self, temporary: str | None) -> ExitCode | None:
        """Read the one member."""
        failure = MemberReader(self, temporary).read()
        return None if failure is None else self.told_from_outside(failure)
