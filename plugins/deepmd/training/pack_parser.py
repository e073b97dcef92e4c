"""The parser of jobs that train several members."""

from __future__ import annotations

from aiida import orm
from aiida.engine import ExitCode

from aiida_zif.plugins.deepmd.training.member_reader import MemberReader, TrainingParser
from aiida_zif.plugins.deepmd.training.pack_calculation import folder_of
from aiida_zif.plugins.deepmd.training.report import Failures
from aiida_zif.plugins.jobs.interruption_codes import STATUSES, ending_of, exit_code_of


class DeepmdTrainPackParser(TrainingParser):
    """Several models: those that are whole are kept, those that failed are named with their cause."""

    def parse_members(self, temporary: str | None) -> ExitCode | None:
        """Read the members one after the other."""
        failures: dict[str, ExitCode] = {}
        for label in sorted(self.node.inputs.seeds):
            failure = MemberReader(self, temporary, folder_of(label), f".{label}").read()
            if failure is not None:
                failures[label] = self.told_from_outside(failure)
        if not failures:
            return None
        members = {label: (code.status, str(code.message)) for label, code in failures.items()}
        self.out("failures", orm.Dict(Failures(members=members).as_dict()))
        ending = ending_of(self.node)
        if ending is not None and any(code.status in STATUSES for code in failures.values()):
            return exit_code_of(ending)
        causes = "; ".join(f"{label} [{code.status}] {code.message}" for label, code in failures.items())
        return self.exit_codes.ERROR_MEMBERS_FAILED.format(
            n=len(failures), total=len(self.node.inputs.seeds), causes=causes
        )
