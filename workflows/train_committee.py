"""Train the members of a committee, a few at a time, each from a seed of its own."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.common import AttributeDict
from aiida.engine import ExitCode, calcfunction, while_
from aiida.plugins import CalculationFactory, DataFactory

from aiida_zif.plugins.deepmd.checks import training_problem
from aiida_zif.workflows.ending import why_it_ended
from aiida_zif.workflows.resumable import ResumableWorkChain

DeepmdTrainCalculation = CalculationFactory("zif.deepmd.train")
DeepPotentialData = DataFactory("zif.potential")
LabelledFramesData = DataFactory("zif.frames.labelled")


class TrainCommitteeWorkChain(ResumableWorkChain):
    """N seeds become N potentials; a member that fails is trained once more from another seed."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.expose_inputs(
            DeepmdTrainCalculation, namespace="train", include=("code", "parameters", "validation", "metadata")
        )
        spec.input_namespace("dataset", valid_type=LabelledFramesData, dynamic=True, help="Blocks to learn.")
        spec.input_namespace("seeds", valid_type=orm.Int, dynamic=True, help="One a member, by its name.")
        spec.input_namespace(
            "init_committee",
            valid_type=DeepPotentialData,
            dynamic=True,
            required=False,
            help="Members to start from, by name; all others, and second tries, start from random weights.",
        )
        spec.input("concurrent", valid_type=int, default=1, non_db=True, help="Trainings at a time.")
        spec.input("min_models", valid_type=int, default=2, non_db=True, help="Fewest members to go on with.")
        spec.output_namespace("committee", valid_type=DeepPotentialData, dynamic=True)
        spec.outline(
            cls.setup,
            while_(cls.has_members_left)(
                cls.train,
                cls.inspect,
            ),
            cls.results,
        )
        spec.exit_code(
            320,
            "ERROR_COMMITTEE_TOO_SMALL",
            message="only {n} of {total} members could be trained, {needed} are needed; last cause: {cause}. "
            "Mend it (often: smaller learning rate, larger sel, more walltime) and start the campaign again.",
        )

    def setup(self) -> None:
        """Queue every member."""
        self.ctx.queue = sorted(self.inputs.seeds)
        self.ctx.running = []
        self.ctx.retried = []
        self.ctx.cause = ""
        self.ctx.committee = AttributeDict()
        self.ctx.seeds = AttributeDict(dict(self.inputs.seeds))

    def has_members_left(self) -> bool:
        """Whether a member still waits for its training."""
        return bool(self.ctx.queue)

    def train(self) -> None:
        """Train as many members side by side as the cores allow."""
        width = self.inputs.concurrent
        self.ctx.running, self.ctx.queue = self.ctx.queue[:width], self.ctx.queue[width:]
        jobs = {}
        for name in self.ctx.running:
            inputs = AttributeDict(self.exposed_inputs(DeepmdTrainCalculation, namespace="train"))
            inputs.update(dataset=dict(self.inputs.dataset), seed=self.ctx.seeds[name])
            start = self.start_of(name)
            if start is not None:
                inputs.init_model = start
            inputs.metadata.call_link_label = name if name not in self.ctx.retried else f"{name}_again"
            jobs[f"job_{name}"] = self.submit(DeepmdTrainCalculation, **inputs)
        self.to_context(**jobs)

    def start_of(self, name: str) -> Any:
        """Return the model that a member starts from: none at its second try, or if the data have outgrown it."""
        start = self.inputs.get("init_committee", {}).get(name)
        if start is None or name in self.ctx.retried:
            return None
        problem = training_problem(self.inputs.dataset, self.inputs.train.parameters.get_dict(), start)
        if problem is not None:
            self.report(f"{name} starts from random weights: {problem}")
            return None
        return start

    def inspect(self) -> None:
        """Keep what was trained; queue a failed member once more with another seed."""
        for name in self.ctx.running:
            job = self.ctx[f"job_{name}"]
            if job.is_finished_ok:
                self.ctx.committee[name] = job.outputs.potential
                continue
            self.ctx.cause = why_it_ended(job)
            self.report(f"{name}: {job.process_label}<{job.pk}> ended with {self.ctx.cause}")
            if name not in self.ctx.retried:
                self.ctx.retried = [*self.ctx.retried, name]
                self.ctx.queue = [*self.ctx.queue, name]
                self.ctx.seeds[name] = next_seed(self.ctx.seeds[name])

    def results(self) -> ExitCode | None:
        """Hand over the committee, if it is large enough to disagree."""
        self.out("committee", dict(self.ctx.committee))
        needed = min(self.inputs.min_models, len(self.inputs.seeds))
        if len(self.ctx.committee) < needed:
            return self.exit_codes.ERROR_COMMITTEE_TOO_SMALL.format(
                n=len(self.ctx.committee), total=len(self.inputs.seeds), needed=needed, cause=self.ctx.cause
            )
        return None


@calcfunction
def next_seed(seed: orm.Int) -> orm.Int:
    """Return the seed of a second try."""
    from aiida_zif.workflows.seeds import derive_seed

    return orm.Int(derive_seed(seed.value, "second try"))
