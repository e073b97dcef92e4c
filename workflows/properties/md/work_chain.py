"""One trajectory, whatever the wall time of a job."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.common import AttributeDict
from aiida.engine import ExitCode, if_, while_
from aiida.plugins import CalculationFactory, DataFactory, WorkflowFactory

from aiida_zif.plugins.lammps.production.report import ProductionReport
from aiida_zif.plugins.lammps.production.settings import Settings
from aiida_zif.workflows.engine.endings import ended_from_outside, may_run_again, why_it_ended
from aiida_zif.workflows.engine.naming import key_of
from aiida_zif.workflows.engine.resumable import ResumableWorkChain
from aiida_zif.workflows.properties.md.checkpoints import steps_done
from aiida_zif.workflows.properties.md.parts import cut_into_parts
from aiida_zif.workflows.properties.md.time_md import md_options

LammpsMdCalculation = CalculationFactory("zif.lammps.md")
DeepPotentialData = DataFactory("zif.potential")
FramesData = DataFactory("zif.frames")

OUTPUTS = ("output_parameters", "series", "snapshots", "untrusted", "final", "remote_folder")
"""Those of the last job, which describe the whole trajectory."""


class MdWorkChain(ResumableWorkChain):
    """Run one trajectory in as many jobs as it takes: each goes on, to the step, where the one before it ended."""

    MOST_IN_VAIN = 3
    """Jobs in a row that bring the trajectory no step further."""

    NOTHING_CAME_BACK = 300
    """Exit status of `zif.lammps.md` where the job left nothing; the machine may have failed."""

    CAN_GO_ON = (400, 401)
    """Exit statuses of `zif.lammps.md` whose trajectory goes on: out of wall time, LAMMPS ended from outside."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.expose_inputs(LammpsMdCalculation, namespace="md", include=("code", "python", "dp", "metadata"))
        spec.input_namespace("committee", valid_type=DeepPotentialData, dynamic=True)
        spec.input("frames", valid_type=FramesData, help="One frame, the start; its velocities are used if it has any.")
        spec.input(
            "topology",
            valid_type=orm.StructureData,
            required=False,
            help="The crystal; linkers are compared with its linkers.",
        )
        spec.input("stages", valid_type=orm.List, help="The stages in their order, `MdStage` each.")
        spec.input("parameters", valid_type=orm.Dict, help="`Settings` of `zif.lammps.md`.")
        spec.input("layout", valid_type=orm.Dict, required=False, help="A split of the cores that was timed before.")
        spec.input(
            "try_layouts", valid_type=bool, default=False, non_db=True,
            help="Without `layout`: try every split of the cores, or take what was found on this computer before.",
        )  # fmt: skip
        spec.expose_outputs(LammpsMdCalculation, include=OUTPUTS)
        for name in OUTPUTS:
            spec.outputs[name].required = False
        spec.outline(
            if_(cls.must_time_layouts)(
                cls.submit_timing,
                cls.inspect_timing,
            ),
            cls.plan,
            while_(cls.has_steps_left)(
                cls.submit_job,
                cls.inspect_job,
            ),
            cls.results,
        )
        spec.exit_code(
            350,
            "ERROR_NOTHING_DONE",
            message="no job of the trajectory finished a step: {cause}. Look at the last job with "
            "`verdi calcjob outputcat {pk}`, fix the cause and start again.",
        )
        spec.exit_code(
            450,
            "ERROR_STOPPED_EARLY",
            message="the trajectory stopped after {done} of {wanted} steps: {cause}. What was done is in the outputs; "
            "look at the last job with `verdi process report {pk}`.",
        )

    def must_time_layouts(self) -> bool:
        """Whether the splits of the cores are to be tried."""
        return bool(self.inputs.try_layouts and "layout" not in self.inputs)

    def submit_timing(self) -> None:
        """Find the fastest split, now or in the database."""
        inputs: dict[str, Any] = {
            "md": self.exposed_inputs(LammpsMdCalculation, namespace="md"),
            "committee": dict(self.inputs.committee),
            "frames": self.inputs.frames,
            "metadata": {"call_link_label": "times"},
        }
        self.to_context(timing=self.submit(WorkflowFactory("zif.time_md"), **inputs))

    def inspect_timing(self) -> None:
        """Take the split; go on with the one that was given where none could be timed."""
        timing = self.ctx.timing
        if timing.is_finished_ok:
            self.ctx.layout = timing.outputs.layout
        else:
            self.report(f"{timing.process_label}<{timing.pk}> ended with {why_it_ended(timing)}")

    def plan(self) -> None:
        """Cut the trajectory into parts."""
        layout = self.inputs.get("layout", self.ctx.get("layout"))
        self.ctx.parameters = self.inputs.parameters
        if layout is not None and Settings.from_node(self.inputs.parameters).checkpoint_every is None:
            self.ctx.parameters = cut_into_parts(self.inputs.parameters, self.inputs.stages, layout)
        self.ctx.layout = layout
        self.ctx.attempt, self.ctx.n_steps, self.ctx.in_vain, self.ctx.finished = 0, 0, 0, False

    def has_steps_left(self) -> bool:
        """Whether steps are left to do, and a hope to come to them."""
        return not self.ctx.finished and self.ctx.in_vain < self.MOST_IN_VAIN

    def submit_job(self) -> None:
        """Run one job: from the start, or from the last checkpoint."""
        inputs = AttributeDict(self.exposed_inputs(LammpsMdCalculation, namespace="md"))
        inputs.update(
            committee=dict(self.inputs.committee),
            frames=self.inputs.frames,
            stages=self.inputs.stages,
            parameters=self.ctx.parameters,
        )
        if "topology" in self.inputs:
            inputs.topology = self.inputs.topology
        if "restart" in self.ctx:
            inputs.restart = self.ctx.restart
        options = dict(inputs.metadata.options)
        if self.ctx.layout is not None:
            options = md_options(options, self.ctx.layout)
        label = key_of("attempt", self.ctx.attempt)
        inputs.metadata = AttributeDict({**inputs.metadata, "options": options, "call_link_label": label})
        job = self.submit(LammpsMdCalculation, **inputs)
        self.to_context(**{key_of("job", self.ctx.attempt): job})

    def inspect_job(self) -> None:
        """Decide from how the job ended whether the trajectory goes on, and from where."""
        job = self.last_job()
        self.ctx.attempt += 1
        n_steps = steps_done(job)
        further = n_steps > self.ctx.n_steps
        self.ctx.in_vain = 0 if further else self.ctx.in_vain + 1
        if job.is_finished_ok:
            self.ctx.finished = True
            return
        self.report(f"{job.process_label}<{job.pk}> ended after {n_steps} steps with {why_it_ended(job)}")
        lost = ended_from_outside(job) or job.exit_status == self.NOTHING_CAME_BACK
        goes_on = job.exit_status in self.CAN_GO_ON or (lost and (further or may_run_again(job, self.ctx.in_vain)))
        self.ctx.finished = not goes_on
        if further:
            self.ctx.n_steps, self.ctx.restart = n_steps, job.outputs.remote_folder
            self.ctx.best = job if "output_parameters" in job.outputs else self.ctx.get("best")

    def last_job(self) -> orm.CalcJobNode:
        """The job that was submitted last."""
        return self.ctx[key_of("job", self.ctx.attempt)]

    def results(self) -> ExitCode | None:
        """Pass on what the last job brought that brought anything, and why it is not everything."""
        last = self.ctx[key_of("job", self.ctx.attempt - 1)]
        best = last if "output_parameters" in last.outputs else self.ctx.get("best")
        if best is None or "output_parameters" not in best.outputs:
            return self.exit_codes.ERROR_NOTHING_DONE.format(cause=why_it_ended(last), pk=last.pk)
        for name in OUTPUTS:
            if name in best.outputs:
                self.out(name, best.outputs[name])
        if last.is_finished_ok:
            return None
        report = ProductionReport.from_node(best.outputs.output_parameters)
        numbers = {"done": report.n_steps, "wanted": report.n_steps_requested}
        return self.exit_codes.ERROR_STOPPED_EARLY.format(cause=why_it_ended(last), pk=last.pk, **numbers)
