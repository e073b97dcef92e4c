"""Label frames, or an AIMD run, until every frame has a label or a reason why not."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.common import AttributeDict
from aiida.engine import ExitCode, WorkChain, calcfunction, while_
from aiida.plugins import CalculationFactory, DataFactory

from aiida_zif.workflows.ending import why_it_ended
from aiida_zif.workflows.frame_steps import NOT_REACHED, last_frame, pick_unfinished, remaining_task

Cp2kLabelCalculation = CalculationFactory("zif.cp2k")
FramesData = DataFactory("zif.frames")
LabelledFramesData = DataFactory("zif.frames.labelled")


class LabelWorkChain(WorkChain):
    """Run CP2K on given frames, or along an AIMD run, and go on where a job was cut off."""

    MAX_ATTEMPTS = 4

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.expose_inputs(Cp2kLabelCalculation, namespace="cp2k", include=("code", "level", "metadata"))
        spec.input("frames", valid_type=FramesData, help="What to label, or where the AIMD run starts.")
        spec.input("task", valid_type=orm.Dict, help="`mode` batch or aimd, and the settings of an AIMD run.")
        spec.output_namespace("blocks", valid_type=LabelledFramesData, dynamic=True, help="One block a job.")
        spec.output("report", valid_type=orm.Dict, help="What was asked for, labelled, rejected and why.")
        spec.outline(
            cls.setup,
            while_(cls.has_frames_left)(
                cls.label,
                cls.inspect,
            ),
            cls.results,
        )
        spec.exit_code(
            310,
            "ERROR_NO_LABELS",
            message="not one of the frames could be labelled; the report lists the causes. Look at the last job "
            "with `verdi calcjob outputcat {pk}`, mend the cause and start the campaign again.",
        )

    def setup(self) -> None:
        """Begin with all the frames, or the whole AIMD run."""
        self.ctx.frames, self.ctx.task = self.inputs.frames, self.inputs.task
        self.ctx.attempt = 0
        self.ctx.finished = self.inputs.frames.n_frames == 0

    def has_frames_left(self) -> bool:
        """Whether frames without a verdict are left, and attempts to try them."""
        return not self.ctx.finished and self.ctx.attempt < self.MAX_ATTEMPTS

    def label(self) -> None:
        """Label all that is left in one CP2K job."""
        inputs = AttributeDict(self.exposed_inputs(Cp2kLabelCalculation, namespace="cp2k"))
        inputs.update(frames=self.ctx.frames, task=self.ctx.task)
        inputs.metadata.call_link_label = f"attempt_{self.ctx.attempt}"
        job = self.submit(Cp2kLabelCalculation, **inputs)
        self.to_context(**{f"job_{self.ctx.attempt}": job})

    def inspect(self) -> None:
        """Keep every label; decide what is left to do from what the job says of each frame."""
        job = self.ctx[f"job_{self.ctx.attempt}"]
        self.ctx.attempt += 1
        if not job.is_finished_ok:
            self.report(f"{job.process_label}<{job.pk}> ended with {why_it_ended(job)}")
        if "output_parameters" not in job.outputs:
            return  # nothing came back: the same again
        block = job.outputs.labelled if "labelled" in job.outputs else None
        reasons = {entry["reason"] for entry in job.outputs.output_parameters["rejected"]}
        self.ctx.finished = job.is_finished_ok or NOT_REACHED not in reasons
        if self.ctx.finished:
            return
        if self.ctx.task["mode"] == "batch":
            self.ctx.frames = pick_unfinished(self.ctx.frames, job.outputs.output_parameters)
        elif block is not None and block.n_frames:
            self.ctx.task = remaining_task(self.ctx.task, block)
            self.ctx.frames = last_frame(block)
            self.ctx.finished = self.ctx.task["steps"] < self.ctx.task["stride"]

    def results(self) -> ExitCode | None:
        """Hand over the blocks and the account of every frame."""
        jobs = [self.ctx[f"job_{attempt}"] for attempt in range(self.ctx.attempt)]
        blocks = {
            f"attempt_{attempt}": job.outputs.labelled
            for attempt, job in enumerate(jobs)
            if "labelled" in job.outputs and job.outputs.labelled.n_frames
        }
        accounts = {
            f"attempt_{attempt}": job.outputs.output_parameters
            for attempt, job in enumerate(jobs)
            if "output_parameters" in job.outputs
        }
        self.out("blocks", blocks)
        self.out("report", account_for_frames(self.inputs.task, **accounts))
        if not blocks and jobs:
            return self.exit_codes.ERROR_NO_LABELS.format(pk=jobs[-1].pk)
        return None


@calcfunction
def account_for_frames(task: orm.Dict, **accounts: orm.Dict) -> orm.Dict:
    """Add up what the jobs of one labelling say; a frame tried again counts by its last verdict."""
    jobs = [accounts[name].get_dict() for name in sorted(accounts)]
    rejected = [entry for job in jobs for entry in job["rejected"] if entry["reason"] != NOT_REACHED]
    if jobs:
        rejected += [entry for entry in jobs[-1]["rejected"] if entry["reason"] == NOT_REACHED]
    causes: dict[str, int] = {}
    for entry in rejected:
        causes[entry["reason"]] = causes.get(entry["reason"], 0) + 1
    return orm.Dict(
        {
            "mode": task["mode"],
            "n_jobs": len(jobs),
            "n_labelled": sum(job["n_labelled"] for job in jobs),
            "n_rejected": causes,
            "rejected": rejected,
            "wall_s": sum(job.get("wall_s") or 0.0 for job in jobs),
        }
    )
