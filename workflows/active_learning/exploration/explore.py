"""Explore every system with the committee, and bring back candidates and statistics only."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.common import AttributeDict
from aiida.engine import ExitCode, while_
from aiida.plugins import CalculationFactory, DataFactory

from aiida_zif.plugins.lammps.exploration.report import ExplorationReport
from aiida_zif.workflows.engine.endings import ended_from_outside, may_run_again, why_it_ended
from aiida_zif.workflows.engine.naming import Try, as_kind, key_of
from aiida_zif.workflows.engine.resumable import ResumableWorkChain
from aiida_zif.workflows.engine.turns import take_turn

LammpsExploreCalculation = CalculationFactory("zif.lammps")
DeepPotentialData = DataFactory("zif.potential")
FramesData = DataFactory("zif.frames")


class ExploreWorkChain(ResumableWorkChain):
    """One packed LAMMPS job a system; a system that fails does not take the others along."""

    NOTHING_CAME_BACK = 300
    """Exit status of `zif.lammps` where LAMMPS left nothing; the machine may have failed."""

    EARLIER_STEPS = {"setup": "plan", "explore": "submit_explorations", "inspect": "inspect_explorations"}

    OUTPUTS = ("candidates", "control", "output_parameters")

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.expose_inputs(LammpsExploreCalculation, namespace="lammps", include=("code", "python", "metadata"))
        spec.input_namespace("committee", valid_type=DeepPotentialData, dynamic=True)
        spec.input_namespace("starts", valid_type=FramesData, dynamic=True, help="Starting points by system.")
        spec.input_namespace("runs", valid_type=orm.List, dynamic=True, help="MD runs by system.")
        spec.input_namespace(
            "topology", valid_type=orm.StructureData, dynamic=True, required=False, help="Crystals by system."
        )
        spec.input_namespace("parameters", valid_type=orm.Dict, dynamic=True, help="Settings by system.")
        spec.input("concurrent", valid_type=int, default=1, non_db=True, help="Jobs at a time.")
        spec.output_namespace("candidates", valid_type=FramesData, dynamic=True)
        spec.output_namespace("control", valid_type=FramesData, dynamic=True)
        spec.output_namespace("output_parameters", valid_type=orm.Dict, dynamic=True)
        spec.outline(
            cls.plan,
            while_(cls.has_systems_left)(
                cls.submit_explorations,
                cls.inspect_explorations,
            ),
            cls.results,
        )
        spec.exit_code(
            330,
            "ERROR_NO_EXPLORATION",
            message="exploration failed for every system; last cause: {cause}",
        )

    def plan(self) -> None:
        """Queue every system."""
        self.ctx.queue = sorted(self.inputs.starts)
        self.ctx.running = []
        self.ctx.tries = AttributeDict.fromkeys(self.ctx.queue, 0)
        self.ctx.cause = ""

    def has_systems_left(self) -> bool:
        """Whether a system still waits for its exploration."""
        return bool(self.ctx.queue)

    def submit_explorations(self) -> None:
        """Run the conditions of as many systems at a time as the cores allow."""
        jobs = {}
        for system in take_turn(self.ctx, self.inputs.concurrent):
            inputs = AttributeDict(self.exposed_inputs(LammpsExploreCalculation, namespace="lammps"))
            inputs.update(
                committee=dict(self.inputs.committee),
                frames=self.inputs.starts[system],
                runs=self.inputs.runs[system],
                parameters=self.inputs.parameters[system],
            )
            if system in self.inputs.get("topology", {}):
                inputs["topology"] = self.inputs.topology[system]
            inputs.metadata.call_link_label = Try(system, self.ctx.tries[system]).label()
            self.ctx.tries[system] += 1
            jobs[system] = self.submit(LammpsExploreCalculation, **inputs)
        self.to_context(**as_kind("job", jobs))

    def inspect_explorations(self) -> None:
        """Say which systems came back with less than everything; run again what was ended from outside or lost."""
        for system in self.ctx.running:
            job = self.ctx[key_of("job", system)]
            if not job.is_finished_ok:
                self.ctx.cause = f"{system}: {why_it_ended(job)}"
                self.report(f"{job.process_label}<{job.pk}> ended with {self.ctx.cause}")
            # LAMMPS ends by itself before the walltime: what is killed all the same may go well the next time
            lost = ended_from_outside(job) or job.exit_status == self.NOTHING_CAME_BACK
            if lost and may_run_again(job, self.ctx.tries[system]):
                self.ctx.queue = [*self.ctx.queue, system]

    def results(self) -> ExitCode | None:
        """Hand over what every system brought back, also from runs that were stopped early."""
        jobs = {system: self.ctx[key_of("job", system)] for system in sorted(self.inputs.starts)}
        usable = {system: job for system, job in jobs.items() if brought_back_frames(job)}
        for name in self.OUTPUTS:
            self.out(name, {system: job.outputs[name] for system, job in usable.items()})
        if not usable:
            return self.exit_codes.ERROR_NO_EXPLORATION.format(cause=self.ctx.cause)
        return None


def brought_back_frames(job: orm.CalcJobNode) -> bool:
    """Whether a job saw a single frame that is not hopeless; without one its silence means nothing."""
    if any(name not in job.outputs for name in ExploreWorkChain.OUTPUTS):
        return False
    seen = ExplorationReport.from_node(job.outputs.output_parameters)
    return bool(seen.n_accurate + seen.n_candidate)
