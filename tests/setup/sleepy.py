"""A work chain of jobs that wait for a file, for the kill tests. Daemon workers import it by PYTHONPATH."""

from __future__ import annotations

from aiida.calculations.arithmetic.add import ArithmeticAddCalculation
from aiida.engine import ToContext, WorkChain, append_
from aiida.orm import Code, Int


class SleepyWorkChain(WorkChain):
    """Two steps of two jobs each; every job waits until a file is there, then adds."""

    @classmethod
    def define(cls, spec):  # type: ignore[no-untyped-def]
        super().define(spec)
        spec.input("code", valid_type=Code)
        spec.input("gate", valid_type=str, non_db=True)
        spec.output("total", valid_type=Int)
        spec.outline(cls.run_jobs, cls.run_jobs, cls.finish)

    def run_jobs(self):  # type: ignore[no-untyped-def]
        for number in range(2):
            options = {"prepend_text": f"until [ -e '{self.inputs.gate}' ]; do sleep 0.1; done"}
            job = self.submit(
                ArithmeticAddCalculation,
                x=Int(number),
                y=Int(1),
                code=self.inputs.code,
                metadata={"options": options},
            )
            self.to_context(jobs=append_(job))
        return ToContext()

    def finish(self):  # type: ignore[no-untyped-def]
        self.out("total", Int(sum(job.outputs.sum.value for job in self.ctx.jobs)).store())
