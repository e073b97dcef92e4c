"""Label given frames until every frame has a label or a reason why not."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.common import AttributeDict
from aiida.engine import ExitCode, if_, while_
from aiida.plugins import CalculationFactory, DataFactory

from aiida_zif.workflows.engine.endings import why_it_ended
from aiida_zif.workflows.engine.naming import key_of
from aiida_zif.workflows.engine.resumable import ResumableWorkChain
from aiida_zif.workflows.labelling.batch_plan import BatchPlan, PlannedJob
from aiida_zif.workflows.labelling.batch_steps import (
    account_for_batch,
    batch_task,
    begin_batch,
    continue_batch,
    pick_frames,
)
from aiida_zif.workflows.labelling.label_cache import take_known
from aiida_zif.workflows.labelling.label_report import LabelReport

Cp2kLabelCalculation = CalculationFactory("zif.cp2k")
FramesData = DataFactory("zif.frames")
LabelledFramesData = DataFactory("zif.frames.labelled")
DatasetData = DataFactory("zif.dataset")


class LabelWorkChain(ResumableWorkChain):
    """Label frames with CP2K, in jobs of about the same time, and find for every frame a way or a reason why not.

    A frame whose self-consistency fails climbs the rungs of its level, each with the other frames that need it. A
    frame in which a job broke off is tried once more by itself; all others go on without it.
    """

    EARLIER_STEPS = {
        "setup": "prepare",
        "begin": "plan",
        "label": "submit_jobs",
        "inspect": "inspect_jobs",
        "go_on": "plan_next",
    }

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.expose_inputs(Cp2kLabelCalculation, namespace="cp2k", include=("code", "level", "metadata"))
        spec.input("frames", valid_type=FramesData, help="What to label.")
        spec.input("task", valid_type=orm.Dict, validator=_check_task, help="`BatchTask` in `task.py`.")
        spec.input("reuse", valid_type=bool, default=True, non_db=True, help="Take labels that the profile holds.")
        spec.input("concurrent", valid_type=int, default=1, non_db=True, help="Jobs at a time.")
        spec.input_namespace(
            "earlier",
            valid_type=(LabelledFramesData, DatasetData),
            dynamic=True,
            required=False,
            help="What is labelled already: the energies of the same atoms and level show which are unusual.",
        )
        spec.output_namespace("blocks", valid_type=LabelledFramesData, dynamic=True, help="One block a job.")
        spec.output("report", valid_type=orm.Dict, help="What was asked for, labelled, recovered, rejected and why.")
        spec.outline(
            cls.prepare,
            cls.reuse,
            if_(cls.has_frames_left)(
                cls.plan,
                while_(cls.has_jobs)(
                    while_(cls.has_jobs_waiting)(
                        cls.submit_jobs,
                        cls.inspect_jobs,
                    ),
                    cls.plan_next,
                ),
            ),
            cls.results,
        )
        spec.exit_code(
            310,
            "ERROR_NO_LABELS",
            message="not one of the frames could be labelled: {causes}. Look at the last job with "
            "`verdi calcjob outputcat {pk}`, fix the cause and start the campaign again.",
        )

    def prepare(self) -> None:
        """Begin with all the frames."""
        self.ctx.frames, self.ctx.attempt, self.ctx.blocks = self.inputs.frames, 0, AttributeDict()

    def reuse(self) -> None:
        """Take over every label of this level that the profile holds already; only the rest is computed."""
        known = take_known(self.ctx.frames, self.inputs.cp2k.level) if self.inputs.reuse else None
        if known is not None:
            self.ctx.reused, self.ctx.frames = known["labelled"], known["left"]

    def has_frames_left(self) -> bool:
        """Whether anything has to be computed."""
        return bool(self.ctx.frames.n_frames)

    def plan(self) -> None:
        """Refuse what no job should see; plan the first jobs by what a frame is known to cost."""
        fixed = {**self.what_is_labelled(), "code": self.inputs.cp2k.code}
        self.take(begin_batch(**fixed, **self.inputs.get("earlier", {})))

    def has_jobs(self) -> bool:
        """Whether the plan has jobs."""
        return bool(self.planned_jobs())

    def has_jobs_waiting(self) -> bool:
        """Whether a job of the plan still waits."""
        return self.ctx.submitted < len(self.planned_jobs())

    def submit_jobs(self) -> None:
        """Run the next jobs of the plan, as many at a time as the resources allow."""
        first = self.ctx.submitted
        self.ctx.submitted = min(first + self.inputs.concurrent, len(self.planned_jobs()))
        self.ctx.running = list(range(first, self.ctx.submitted))
        jobs = {}
        for place in self.ctx.running:
            inputs = AttributeDict(self.exposed_inputs(Cp2kLabelCalculation, namespace="cp2k"))
            inputs.update(frames=self.frames_of(place), task=self.inputs.task)
            if (rung := key_of("rung", place)) in self.ctx.planned:
                inputs.rung = self.ctx.planned[rung]
            if "references" in self.ctx.planned:
                inputs.references = self.ctx.planned["references"]
            attempt = self.ctx.attempt + place
            inputs.metadata.call_link_label = key_of("attempt", attempt)
            jobs[key_of("job", attempt)] = self.submit(Cp2kLabelCalculation, **inputs)
        self.to_context(**jobs)

    def inspect_jobs(self) -> None:
        """Keep every label that came back, whatever became of its job."""
        for place in self.ctx.running:
            attempt = self.ctx.attempt + place
            job = self.ctx[key_of("job", attempt)]
            if not job.is_finished_ok:
                self.report(f"{job.process_label}<{job.pk}> ended with {why_it_ended(job)}")
            if "labelled" in job.outputs and job.outputs.labelled.n_frames:
                self.ctx.blocks[key_of("attempt", attempt)] = job.outputs.labelled

    def plan_next(self) -> None:
        """Decide frame by frame: done, once more, by another rung, or given up; plan the next jobs."""
        places = range(self.ctx.submitted)
        jobs = {place: self.ctx[key_of("job", self.ctx.attempt + place)] for place in places}
        accounts = {
            key_of("account", place): job.outputs.output_parameters
            for place, job in jobs.items()
            if "output_parameters" in job.outputs
        }
        self.ctx.attempt += len(jobs)
        fixed = {**self.what_is_labelled(), "plan": self.ctx.plan}
        self.take(continue_batch(**fixed, **accounts, **self.inputs.get("earlier", {}), **self.ctx.blocks))

    def results(self) -> ExitCode | None:
        """Hand over the blocks and the account of every frame."""
        known = {name: self.ctx[name] for name in ("plan", "reused") if name in self.ctx}
        blocks = dict(self.ctx.blocks) | {name: known[name] for name in ("reused",) if name in known}
        report = account_for_batch(self.inputs.task, **known)
        self.out("blocks", blocks)
        self.out("report", report)
        if not blocks and self.inputs.frames.n_frames:
            last = self.ctx[key_of("job", self.ctx.attempt - 1)] if self.ctx.attempt else self.node
            lost = LabelReport.from_node(report).n_rejected
            causes = ", ".join(f"{count} {reason}" for reason, count in lost.items())
            return self.exit_codes.ERROR_NO_LABELS.format(causes=causes, pk=last.pk)
        return None

    # -- helpers -----------------------------------------------------------------------------------------------

    def take(self, planned: dict[str, orm.Data]) -> None:
        """Turn to the jobs of a new plan."""
        self.ctx.plan, self.ctx.planned, self.ctx.submitted = planned["plan"], AttributeDict(planned), 0

    def planned_jobs(self) -> list[PlannedJob]:
        """Return the jobs of the plan."""
        return BatchPlan.from_node(self.ctx.plan).jobs

    def frames_of(self, place: int) -> Any:
        """Return the frames of a job of the plan; all of them need no picking."""
        job = self.ctx.planned[key_of("job", place)]
        whole = PlannedJob.from_node(job).indices == list(range(self.ctx.frames.n_frames))
        return self.ctx.frames if whole else pick_frames(self.ctx.frames, job)

    def what_is_labelled(self) -> dict[str, Any]:
        """Return frames, level and task as the planning takes them."""
        return {"frames": self.ctx.frames, "level": self.inputs.cp2k.level, "task": self.inputs.task}


def _check_task(value: orm.Dict | None, _: Any) -> str | None:
    try:
        if value is not None:
            batch_task(value)
    except (ValueError, KeyError, TypeError) as error:
        return str(error)
    return None
