"""The work chain that trains the members of a committee, some at a time, each with its own seed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from aiida import orm
from aiida.common import AttributeDict
from aiida.engine import ExitCode, calcfunction, while_
from aiida.plugins import CalculationFactory, DataFactory

from aiida_zif.plugins.data.dataset import blocks_in
from aiida_zif.plugins.deepmd.checks import training_problem
from aiida_zif.workflows.engine.endings import may_run_again
from aiida_zif.workflows.engine.job_options import with_layout
from aiida_zif.workflows.engine.naming import Try, as_kind, job_of_members, key_of
from aiida_zif.workflows.engine.resumable import ResumableWorkChain
from aiida_zif.workflows.engine.turns import take_turn
from aiida_zif.workflows.training import committee_jobs as members

DeepmdTrainCalculation = CalculationFactory("zif.deepmd.train")
DeepmdTrainPackCalculation = CalculationFactory("zif.deepmd.train_pack")
DeepPotentialData = DataFactory("zif.potential")
LabelledFramesData = DataFactory("zif.frames.labelled")
DatasetData = DataFactory("zif.dataset")


class Next(Enum):
    """When a member that has no model is trained further."""

    WITH_ITS_JOB = "with the others of its job that are trained further from where it is"
    ALONE = "in a job of its own, which waits already"
    NEVER = "not any more"


@dataclass(frozen=True)
class Failure:
    """A member that a job brought no model of, and the exit status that says why."""

    name: str
    job: orm.CalcJobNode
    status: int | None


class TrainCommitteeWorkChain(ResumableWorkChain):
    """N seeds become N potentials.

    A training that was cut off goes on from its checkpoint. A member that fails is trained once more, alone and from
    another seed.
    """

    EARLIER_STEPS = {"setup": "plan", "train": "submit_trainings", "inspect": "inspect_trainings"}

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.expose_inputs(
            DeepmdTrainCalculation, namespace="train", include=("code", "parameters", "validation", "metadata")
        )
        spec.input_namespace(
            "dataset",
            valid_type=(LabelledFramesData, DatasetData),
            dynamic=True,
            help="What to learn: blocks, and data sets.",
        )
        spec.input_namespace("seeds", valid_type=orm.Int, dynamic=True, help="One a member, by its name.")
        spec.input_namespace(
            "init_committee",
            valid_type=DeepPotentialData,
            dynamic=True,
            required=False,
            help="Members to start from, by name; all others, and second tries, start from random weights.",
        )
        spec.input("lanes", valid_type=int, default=1, non_db=True, help="Members side by side in one job.")
        spec.input(
            "members",
            valid_type=int,
            default=1,
            non_db=True,
            help="Members in one job, by turns where beyond its lanes.",
        )
        spec.input("concurrent", valid_type=int, default=1, non_db=True, help="Jobs at a time.")
        spec.input("min_models", valid_type=int, default=2, non_db=True, help="Fewest members to continue with.")
        spec.output_namespace("committee", valid_type=DeepPotentialData, dynamic=True)
        spec.outline(
            cls.plan,
            while_(cls.has_members_left)(
                cls.submit_trainings,
                cls.inspect_trainings,
            ),
            cls.results,
        )
        spec.exit_code(201, "ERROR_INVALID_INPUTS", message="nothing was trained: {problem}")
        spec.exit_code(
            320,
            "ERROR_COMMITTEE_TOO_SMALL",
            message="only {n} of {total} members could be trained, {needed} are needed; last cause: {cause}. "
            "Fix it (often: smaller learning rate, larger sel, more wall time) and start the campaign again.",
        )

    def plan(self) -> ExitCode | None:
        """Queue every member, with those of the same job; what every job would refuse is said once."""
        given = self.inputs.train
        blocks, parameters = blocks_in(self.inputs.dataset), given.parameters.get_dict()
        problem = training_problem(blocks, parameters, validation=given.get("validation"))
        if problem is not None:
            return self.exit_codes.ERROR_INVALID_INPUTS.format(problem=problem)
        names = sorted(self.inputs.seeds)
        self.ctx.queue = members.packs(names, self.members_a_job)
        self.ctx.running = []
        self.ctx.alone = []
        self.ctx.runs, self.ctx.failures = AttributeDict.fromkeys(names, 0), AttributeDict.fromkeys(names, 0)
        self.ctx.reached, self.ctx.restarts = AttributeDict.fromkeys(names, 0), AttributeDict()
        self.ctx.cause = ""
        self.ctx.committee = AttributeDict()
        self.ctx.seeds = AttributeDict(dict(self.inputs.seeds))
        return None

    def has_members_left(self) -> bool:
        """Whether a member still waits for its training."""
        return bool(self.ctx.queue)

    def submit_trainings(self) -> None:
        """Submit as many jobs side by side as the resources allow."""
        jobs = {}
        for names in take_turn(self.ctx, self.inputs.concurrent):
            inputs = AttributeDict(self.exposed_inputs(DeepmdTrainCalculation, namespace="train"))
            inputs.dataset = dict(self.inputs.dataset)
            inputs.metadata.call_link_label = Try(job_of_members(names), self.ctx.runs[names[0]]).label()
            if names[0] in self.ctx.restarts:
                inputs.restart = self.ctx.restarts[names[0]]
            packed = self.members_a_job > 1 and names[0] not in self.ctx.alone
            jobs[names[0]] = self.submit_pack(names, inputs) if packed else self.submit_one(names[0], inputs)
        self.to_context(**as_kind("job", jobs))

    @property
    def members_a_job(self) -> int:
        """Members that share a job, side by side or one after the other; no lane is left empty."""
        return int(max(self.inputs.members, self.inputs.lanes))

    def submit_one(self, name: str, inputs: AttributeDict) -> Any:
        """Submit the job of one member."""
        inputs.seed = self.ctx.seeds[name]
        start = self.start_of(name)
        if start is not None:
            inputs.init_model = start
        return self.submit(DeepmdTrainCalculation, **inputs)

    def submit_pack(self, names: list[str], inputs: AttributeDict) -> Any:
        """Submit the job of several members, one process each, no more at a time than there are lanes."""
        inputs.seeds = {name: self.ctx.seeds[name] for name in names}
        starts = {name: self.start_of(name) for name in names}
        inputs.init_models = {name: start for name, start in starts.items() if start is not None}
        threads = inputs.metadata.options["resources"].get("num_cores_per_mpiproc") or 1
        options = with_layout(inputs.metadata.options, min(len(names), self.inputs.lanes), threads)
        # what is exposed of the training of one member has its parser for default
        inputs.metadata.options = {**options, "parser_name": "zif.deepmd.train_pack"}
        return self.submit(DeepmdTrainPackCalculation, **inputs)

    def start_of(self, name: str) -> Any:
        """Return the model that a member starts from: none at its second try, or if the data have outgrown it."""
        start = self.inputs.get("init_committee", {}).get(name)
        if start is None or name in self.ctx.alone:
            return None
        problem = training_problem(blocks_in(self.inputs.dataset), self.inputs.train.parameters.get_dict(), start)
        if problem is not None:
            self.report(f"{name} starts from random weights: {problem}")
            return None
        return start

    def inspect_trainings(self) -> None:
        """Keep what was trained; those that were cut off go on, with the others of their job that were."""
        for names in self.ctx.running:
            job, together = self.ctx[key_of("job", names[0])], dict[int | None, list[str]]()
            for name in names:
                self.ctx.runs[name] += 1
                model = members.of_member(job, "potential", name)
                if model is not None:
                    self.ctx.committee[name] = model
                elif self.handle_failure(name, job) is Next.WITH_ITS_JOB:
                    folder = self.ctx.restarts.get(name)
                    together.setdefault(folder.pk if folder else None, []).append(name)
            self.ctx.queue = [*self.ctx.queue, *together.values()]

    def handle_failure(self, name: str, job: orm.CalcJobNode) -> Next:
        """Give a member without a model to the first handler that knows its failure; the last one knows all."""
        status, self.ctx.cause = members.what_went_wrong(job, name)
        self.report(f"{name}: {job.process_label}<{job.pk}> ended with {self.ctx.cause}")
        handlers = (self.wait_on, self.restart, self.give_up, self.repeat, self.begin_anew)
        found = (handler(Failure(name, job, status)) for handler in handlers)
        return next(result for result in found if result is not None)

    def wait_on(self, failure: Failure) -> Next | None:
        """Cause: its job was ended before it came to this member. Action: the member waits on; it has not failed."""
        return Next.WITH_ITS_JOB if members.waits_for_its_turn(failure.job, failure.name, failure.status) else None

    def restart(self, failure: Failure) -> Next | None:
        """Cause: the training was cut off further on than any before. Action: it goes on from its checkpoint."""
        step = members.checkpoint_of(failure.job, failure.name, failure.status)
        if step <= self.ctx.reached[failure.name]:
            return None
        self.ctx.reached[failure.name] = step
        self.ctx.restarts[failure.name] = failure.job.outputs.remote_folder
        return Next.WITH_ITS_JOB

    def give_up(self, failure: Failure) -> Next | None:
        """Cause: it failed as often as a job may. Action: the committee goes without this member.

        Counts the failure, for those after it too: what comes here has brought nothing.
        """
        self.ctx.failures[failure.name] += 1
        return None if may_run_again(failure.job, self.ctx.failures[failure.name]) else Next.NEVER

    def repeat(self, failure: Failure) -> Next | None:
        """Cause: somebody or something ended its job. Action: the same again, from where it had begun."""
        return Next.WITH_ITS_JOB if members.is_blameless(failure.job, failure.status) else None

    def begin_anew(self, failure: Failure) -> Next:
        """Cause: the training itself failed. Action: once more alone, from the beginning and from another seed."""
        name = failure.name
        self.ctx.reached[name] = 0
        self.ctx.restarts.pop(name, None)
        self.ctx.alone, self.ctx.queue = [*self.ctx.alone, name], [*self.ctx.queue, [name]]
        self.ctx.seeds[name] = next_seed(self.ctx.seeds[name])
        return Next.ALONE

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
    from aiida_zif.workflows.engine.seeds import derive_seed

    return orm.Int(derive_seed(seed.value, "second try"))
