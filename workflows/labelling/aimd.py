"""Label the frames of an AIMD run, however many jobs it takes."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.common import AttributeDict
from aiida.engine import ExitCode, while_
from aiida.plugins import CalculationFactory, DataFactory

from aiida_zif.workflows.engine.endings import why_it_ended
from aiida_zif.workflows.engine.naming import key_of
from aiida_zif.workflows.engine.resumable import ResumableWorkChain
from aiida_zif.workflows.labelling.aimd_steps import account_for_run, begin_run, continue_run
from aiida_zif.workflows.labelling.run_cache import take_known_run
from aiida_zif.workflows.structures.first_frames import last_frame

Cp2kLabelCalculation = CalculationFactory("zif.cp2k")
FramesData = DataFactory("zif.frames")
LabelledFramesData = DataFactory("zif.frames.labelled")


class AimdWorkChain(ResumableWorkChain):
    """Take an AIMD run part by part, every step once, and label what lies on its grid.

    A part ends with a stair of a ramp, once an automatic stride can be measured, or where a job was cut off. The next
    one goes on from the restart file that was retrieved (small, and there even if the computer's scratch has been
    cleaned), else from the last labelled frame.
    """

    EARLIER_STEPS = {"begin": "plan", "run_part": "submit_part", "go_on": "inspect_part"}

    MOST_IN_VAIN = 3
    """Jobs in a row that bring the run no step further."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.expose_inputs(Cp2kLabelCalculation, namespace="cp2k", include=("code", "level", "metadata"))
        spec.input("frames", valid_type=FramesData, help="Where the run starts.")
        spec.input("task", valid_type=orm.Dict, validator=_check_task, help="The run, `AimdTask` in `task.py`.")
        spec.input("reuse", valid_type=bool, default=True, non_db=True, help="Take a run that the profile holds.")
        spec.output_namespace("blocks", valid_type=LabelledFramesData, dynamic=True, help="One block a job.")
        spec.output("report", valid_type=orm.Dict, help="What was asked for, labelled, rejected and why; the stride.")
        spec.outline(
            cls.plan,
            cls.reuse,
            while_(cls.has_steps_left)(
                cls.submit_part,
                cls.inspect_part,
            ),
            cls.results,
        )
        spec.exit_code(
            310,
            "ERROR_NO_LABELS",
            message="not one of the frames could be labelled; the report lists the causes. Look at the last job "
            "with `verdi calcjob outputcat {pk}`, fix the cause and start the campaign again.",
        )

    def plan(self) -> None:
        """Take the first part of the run."""
        self.ctx.part, self.ctx.frames = begin_run(self.inputs.task), self.inputs.frames
        self.ctx.attempt, self.ctx.in_vain, self.ctx.finished = 0, 0, False

    def reuse(self) -> None:
        """Take the labels of this very run, if it was run before."""
        level = self.inputs.cp2k.level
        known = take_known_run(self.inputs.frames, self.inputs.task, level) if self.inputs.reuse else None
        if known is not None:
            self.ctx.reused, self.ctx.reused_report, self.ctx.finished = known["labelled"], known["report"], True

    def has_steps_left(self) -> bool:
        """Whether steps are left to label, and a hope to come to them."""
        return not self.ctx.finished and self.ctx.in_vain < self.MOST_IN_VAIN

    def submit_part(self) -> None:
        """Run one CP2K job."""
        inputs = AttributeDict(self.exposed_inputs(Cp2kLabelCalculation, namespace="cp2k"))
        inputs.update(frames=self.ctx.frames, task=self.ctx.part)
        if "restart" in self.ctx:
            inputs.restart = self.ctx.restart
        inputs.metadata.call_link_label = key_of("attempt", self.ctx.attempt)
        job = self.submit(Cp2kLabelCalculation, **inputs)
        self.to_context(**{key_of("job", self.ctx.attempt): job})

    def inspect_part(self) -> None:
        """Decide from what the job brought where the next one begins."""
        job = self.ctx[key_of("job", self.ctx.attempt)]
        self.ctx.attempt += 1
        self.ctx.in_vain += 1
        if not job.is_finished_ok:
            self.report(f"{job.process_label}<{job.pk}> ended with {why_it_ended(job)}")
        if "output_parameters" not in job.outputs:
            return  # nothing came back: the same again
        plan = continue_run(self.inputs.task, part=self.ctx.part, outcome=job.outputs.output_parameters)
        self.ctx.finished = "part" not in plan
        if plan["source"] == "again":
            return
        self.ctx.in_vain = 0
        if self.ctx.finished:
            return
        self.ctx.part = plan["part"]
        self.ctx.pop("restart", None)
        if plan["source"] == "restart":
            self.ctx.restart = job.outputs.retrieved
        else:
            self.report("no restart file was left; new velocities are drawn at the last labelled frame")
            self.ctx.frames = last_frame(job.outputs.labelled)

    def results(self) -> ExitCode | None:
        """Hand over the blocks and the account of every frame."""
        if "reused" in self.ctx:
            self.out("blocks", {"reused": self.ctx.reused})
            self.out("report", self.ctx.reused_report)
            return None
        attempts = range(self.ctx.attempt)
        jobs = {key_of("attempt", attempt): self.ctx[key_of("job", attempt)] for attempt in attempts}
        blocks = {name: job.outputs.labelled for name, job in jobs.items() if "labelled" in job.outputs}
        accounts = {
            name: job.outputs.output_parameters for name, job in jobs.items() if "output_parameters" in job.outputs
        }
        self.out("blocks", blocks)
        self.out("report", account_for_run(self.inputs.task, **accounts))
        if not blocks:
            return self.exit_codes.ERROR_NO_LABELS.format(pk=jobs[key_of("attempt", self.ctx.attempt - 1)].pk)
        return None


def _check_task(value: orm.Dict | None, _: Any) -> str | None:
    from aiida_zif.plugins.cp2k.task import read_task

    if value is None:
        return None
    if value.get("mode") == "batch":
        return "task.mode: batch found, aimd needed; given frames go to zif.label"
    try:
        read_task(value.get_dict())
    except (ValueError, KeyError, TypeError) as error:
        return str(error)
    return None
