"""The loop: label, train, explore with the committee, choose what it does not know, label that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiida import orm
from aiida.common import AttributeDict
from aiida.engine import ExitCode, ProcessBuilder, if_, while_
from aiida.plugins import CalculationFactory, DataFactory, WorkflowFactory

from aiida_zif.plugins.words import counts_in_words
from aiida_zif.workflows.active_learning.child_inputs import (
    acquire_inputs,
    labelling_inputs,
    stage_metadata,
    test_inputs,
    timing_inputs,
    training_inputs,
)
from aiida_zif.workflows.active_learning.exit_codes import EXIT_CODES
from aiida_zif.workflows.active_learning.extension.first_step import choose_frames, needed_codes, take_over
from aiida_zif.workflows.active_learning.extension.verdict import not_chosen_in_words, reopen_campaign
from aiida_zif.workflows.active_learning.judging.calibration import calibrate, recent_evidence
from aiida_zif.workflows.active_learning.judging.judge import TRAINED, judge, open_campaign
from aiida_zif.workflows.active_learning.judging.judge_training import judge_training
from aiida_zif.workflows.active_learning.planning.cycle import plan_exploration
from aiida_zif.workflows.active_learning.planning.first_labels import plan_campaign
from aiida_zif.workflows.active_learning.planning.training import plan_training
from aiida_zif.workflows.active_learning.selection.choice_report import Choice
from aiida_zif.workflows.active_learning.state.naming import Evidence, FirstTask, block_in_dataset, use_of
from aiida_zif.workflows.active_learning.state.quarantine import taking_part
from aiida_zif.workflows.active_learning.state.verdict import Verdict, newest_verdict
from aiida_zif.workflows.campaign.schema.resources import Resources
from aiida_zif.workflows.campaign.schema.training_steps import first_and_last
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.engine.endings import may_run_again, why_it_ended
from aiida_zif.workflows.engine.naming import Kind, as_kind, key_of, of_kind
from aiida_zif.workflows.engine.resumable import ResumableWorkChain
from aiida_zif.workflows.engine.turns import take_turn
from aiida_zif.workflows.labelling.label_report import LabelReport
from aiida_zif.workflows.structures.first_frames import frames_from_structure
from aiida_zif.workflows.structures.recipe import StartRecipe
from aiida_zif.workflows.training.dataset import extend_dataset

DeepPotentialData = DataFactory("zif.potential")
FramesData = DataFactory("zif.frames")
LabelledFramesData = DataFactory("zif.frames.labelled")
DatasetData = DataFactory("zif.dataset")
DeepmdTestCalculation = CalculationFactory("zif.deepmd.test")
TrainCommitteeWorkChain = WorkflowFactory("zif.train_committee")
AcquireWorkChain = WorkflowFactory("zif.acquire")
TimeLabelsWorkChain = WorkflowFactory("zif.time_labels")

LABELLING = {"aimd": WorkflowFactory("zif.aimd"), "batch": WorkflowFactory("zif.label")}
"""Work chain that labels, by mode of the task."""

FOUND: dict[Kind, str] = {"exploration": "explorations", "selection": "selections", "labelling": "reports"}
"""What a verdict is made of: by output of `zif.acquire` where the context keeps it, system by system."""


def validate_codes(inputs: Mapping[str, Any] | None, _: Any) -> str | None:
    """Refuse a campaign without a code that it needs."""
    if not inputs or "settings" not in inputs or "codes" not in inputs:
        return None
    goes_on = "verdict" in inputs.get("previous", {})
    needed = needed_codes(inputs) if goes_on else Settings.from_node(inputs["settings"]).needed_codes
    missing = [name for name in needed if name not in inputs["codes"]]
    return f"codes: found no {', '.join(missing)}, which the campaign needs; fix: add them" if missing else None


class ActiveLearningWorkChain(ResumableWorkChain):
    """From crystal structures to a committee of deep potentials and the data set that taught it."""

    EARLIER_STEPS = {
        "time_labels": "submit_timing",
        "label": "submit_labels",
        "train": "submit_training",
        "inspect_committee": "inspect_training",
        "evaluate": "submit_test",
        "acquire": "submit_systems",
        "inspect_acquired": "inspect_systems",
    }

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input_namespace("codes", help="The codes, each on the computer where its stage runs.")
        for name in ("cp2k", "dp", "lmp", "python"):
            spec.input(f"codes.{name}", valid_type=orm.AbstractCode, required=name == "dp")
        spec.inputs.validator = validate_codes
        spec.input_namespace("systems", valid_type=orm.StructureData, dynamic=True, help="By label.")
        spec.input_namespace("imported", required=False, help="Frames from elsewhere: `training` and `held_out`.")
        for use in ("training", "held_out"):
            spec.input_namespace(f"imported.{use}", valid_type=LabelledFramesData, dynamic=True, required=False)
        spec.input_namespace("previous", required=False, help="Results of a campaign that this one continues.")
        spec.input("previous.verdict", valid_type=orm.Dict, help="Its last verdict.")
        spec.input_namespace("previous.committee", valid_type=DeepPotentialData, dynamic=True)
        spec.input_namespace("previous.dataset", valid_type=(LabelledFramesData, DatasetData), dynamic=True)
        spec.input_namespace("previous.held_out", valid_type=LabelledFramesData, dynamic=True)
        spec.input_namespace(
            "untrusted", valid_type=FramesData, dynamic=True, required=False, help="What a study did not trust."
        )
        spec.input("settings", valid_type=orm.Dict, help="The campaign in canonical units, see docs/campaign.md.")
        spec.input("resources", valid_type=orm.Dict, help="Ranks, lanes, threads and wall time by stage.")
        spec.output_namespace("committee", valid_type=DeepPotentialData, dynamic=True)
        spec.output_namespace("dataset", valid_type=(LabelledFramesData, DatasetData), dynamic=True)
        spec.output_namespace("held_out", valid_type=LabelledFramesData, dynamic=True)
        spec.output("verdict", valid_type=orm.Dict, help="Which criterion ended the campaign.")
        spec.outline(
            cls.plan,
            if_(cls.may_choose_layout)(
                cls.submit_timing,
            ),
            while_(cls.has_frames_to_label)(
                cls.submit_labels,
                cls.inspect_labels,
            ),
            cls.open,
            cls.submit_training,
            cls.inspect_training,
            while_(cls.is_untested)(
                cls.submit_test,
            ),
            while_(cls.has_more_to_learn)(
                cls.plan_cycle,
                while_(cls.has_systems_left)(
                    cls.submit_systems,
                    cls.inspect_systems,
                ),
                cls.judge,
                if_(cls.must_train)(
                    cls.submit_training,
                    cls.inspect_training,
                    while_(cls.is_untested)(
                        cls.submit_test,
                    ),
                ),
            ),
            cls.results,
        )
        for status, label, message in EXIT_CODES:
            spec.exit_code(status, label, message=message)

    @classmethod
    def get_builder_from_protocol(
        cls,
        codes: dict[str, orm.AbstractCode],
        structures: dict[str, orm.StructureData],
        protocol: str = "balanced",
        overrides: dict[str, Any] | None = None,
    ) -> ProcessBuilder:
        """Return a builder with everything filled in.

        :param codes: ``cp2k``, ``dp``, ``lmp`` and ``python``.
        :param structures: crystal structures by system label.
        :param protocol: ``demo``, ``fast``, ``balanced`` or ``precise``.
        :param overrides: sections of the campaign file that differ, quantities with their units.
        :raises CampaignError: if a key, a value or a structure does not do.
        """
        from aiida_zif.workflows.active_learning.builder import builder_from_protocol

        return builder_from_protocol(codes, structures, protocol, overrides or {})

    # -- labels ------------------------------------------------------------------------------------------------

    def plan(self) -> ExitCode | None:
        """Derive the inputs of every first step from the campaign's settings, or from the campaign of before."""
        if not self.goes_on:
            self.plan_first_labels()
            return None
        take_over(self.inputs, self.ctx)
        failure = choose_frames(self.inputs, self.ctx)
        if failure is None:
            return None
        return self.exit_codes.ERROR_SELECTION.format(cycle=self.ctx.cycle, cause=failure)

    def plan_first_labels(self) -> None:
        """Derive the first labellings from the campaign's settings."""
        self.ctx.plan = AttributeDict(plan_campaign(self.inputs.settings))
        self.ctx.cycle = 0
        imported = self.inputs.get("imported", {})
        self.ctx.dataset = AttributeDict(imported.get("training", {}))
        self.ctx.held_out, self.ctx.held_out_names = AttributeDict(imported.get("held_out", {})), []
        self.ctx.frames, self.ctx.tasks, self.ctx.reports = AttributeDict(), AttributeDict(), AttributeDict()
        for name, task in of_kind("task", self.ctx.plan).items():
            start = self.ctx.plan[key_of("start", name)]
            system = StartRecipe.from_node(start).system
            if use_of(FirstTask.within(system, name).task) == "held_out":
                self.ctx.held_out_names = [*self.ctx.held_out_names, name]
            self.ctx.tasks[name] = task
            self.ctx.frames[name] = frames_from_structure(self.inputs.systems[system], start)
        self.ctx.queue, self.ctx.failed, self.ctx.evidence = list(self.ctx.tasks), [], AttributeDict()

    def may_choose_layout(self) -> bool:
        """Whether the cores of a labelling job may be split into ranks and threads as is the fastest."""
        return "level" in self.ctx.plan and self.resources.label.layout == "fastest"

    def submit_timing(self) -> None:
        """Try the layouts on the largest system, unless they have been tried before."""
        self.to_context(timing=self.submit(TimeLabelsWorkChain, **timing_inputs(self.inputs, self.ctx)))

    def has_frames_to_label(self) -> bool:
        """Whether a labelling task still waits."""
        return bool(self.ctx.queue)

    def submit_labels(self) -> None:
        """Label the next tasks, as many at a time as the resources allow."""
        running = take_turn(self.ctx, self.resources.label.concurrent)
        children = {
            name: self.submit(LABELLING[self.ctx.tasks[name]["mode"]], **labelling_inputs(self.inputs, self.ctx, name))
            for name in running
        }
        self.to_context(**as_kind("label", children))

    def inspect_labels(self) -> ExitCode | None:
        """Add the new blocks to the data set, or to the frames that no training sees."""
        for name in self.ctx.running:
            child = self.ctx[key_of("label", name)]
            if "report" not in child.outputs:
                failure = self.exit_codes.ERROR_NO_LABELS.format(name=name, cause=why_it_ended(child))
                if not self.leave_out(self.ctx.frames[name].system, failure):
                    return failure
                continue
            self.ctx.reports[name] = child.outputs.report
            blocks = child.outputs.blocks if "blocks" in child.outputs else {}
            if name in self.ctx.held_out_names:
                self.ctx.held_out |= self.named_for_dataset(name, blocks)
            else:
                self.extend_dataset(name, blocks)
            exceeded = self.over_failure_budget(name, child.outputs.report, child)
            if exceeded is not None and not self.leave_out(self.ctx.frames[name].system, exceeded):
                return exceeded
        self.ctx.queue = [name for name in self.ctx.queue if self.ctx.frames[name].system not in self.ctx.failed]
        return None

    def leave_out(self, system: str, failure: ExitCode) -> set[str]:
        """Leave a system that failed out of this cycle, and return the others, with which the campaign goes on."""
        systems = self.active_systems()
        if len(systems) > 1:
            self.report(f"cycle {self.ctx.cycle} goes on without {system}. {failure.message}")
        self.ctx.failed = sorted({*self.ctx.failed, system})
        return set(systems) - set(self.ctx.failed)

    def over_failure_budget(self, name: str, report: orm.Dict, child: orm.WorkChainNode) -> ExitCode | None:
        """Return an exit code if more frames of a task were lost than the campaign tolerates."""
        budget = self.settings.failure_budget.label
        said = LabelReport.from_node(report)
        lost, labelled = said.n_lost, said.n_labelled
        if self.ctx.cycle == 0 and not labelled:
            return self.exit_codes.ERROR_NO_LABELS.format(name=name, cause=why_it_ended(child))
        share = lost / (lost + labelled) if lost + labelled else 1.0
        if share > budget:
            return self.exit_codes.ERROR_LABELS_OVER_FAILURE_BUDGET.format(
                name=name,
                share=share,
                budget=budget,
                cause=counts_in_words(said.n_rejected) or why_it_ended(child),
                pk=self.node.pk,
            )
        return None

    def open(self) -> ExitCode | None:
        """Count the first labels; a campaign that goes on needs new ones, or more cycles."""
        if not self.goes_on:
            self.ctx.verdict = open_campaign(settings=self.inputs.settings, **self.ctx.reports)
            return None
        self.ctx.verdict = reopen_campaign(
            settings=self.inputs.settings,
            verdict=self.inputs.previous.verdict,
            **as_kind("selection", self.ctx.selections),
            **as_kind("labelling", self.ctx.reports),
        )
        if self.has_new_labels() or not self.verdict.finished:
            return None
        return self.exit_codes.ERROR_NOTHING_NEW.format(cause=not_chosen_in_words(self.ctx.selections))

    @property
    def goes_on(self) -> bool:
        """Whether the campaign begins with the results of another one."""
        return "verdict" in self.inputs.get("previous", {})

    def takes_committee_over(self) -> bool:
        """Whether a campaign that goes on has nothing new to learn yet, and begins with the committee of before."""
        return self.goes_on and "training" not in self.ctx and not self.has_new_labels()

    # -- training ----------------------------------------------------------------------------------------------

    def submit_training(self) -> None:
        """Train a committee on everything labelled so far."""
        if self.takes_committee_over():
            return
        plan: dict[str, Any] = plan_training(self.inputs.settings, newest_verdict(self.ctx))
        self.ctx.trained_steps = plan["parameters"]["training"]["numb_steps"]
        self.to_context(training=self.submit(TrainCommitteeWorkChain, **training_inputs(self.inputs, self.ctx, plan)))

    def inspect_training(self) -> ExitCode | None:
        """Take the new committee over."""
        self.ctx.evaluation_tries = 0
        if self.takes_committee_over():
            return None
        if not self.ctx.training.is_finished_ok:
            return self.exit_codes.ERROR_TRAINING.format(cycle=self.ctx.cycle, cause=why_it_ended(self.ctx.training))
        committee = self.ctx.training.outputs.committee
        self.ctx.committee = AttributeDict({name: committee[name] for name in committee})
        return None

    def is_untested(self) -> bool:
        """Whether no test of the newest committee has ended well yet."""
        return self.ctx.evaluation_tries == 0 or not self.ctx.evaluation.is_finished_ok

    def submit_test(self) -> ExitCode | None:
        """Test the committee on the frames that no training sees; one that failed once too often ends the campaign."""
        tries = self.ctx.evaluation_tries
        if tries and not may_run_again(self.ctx.evaluation, tries):
            if self.verdict.finished:
                self.hand_over()
            cause = why_it_ended(self.ctx.evaluation)
            return self.exit_codes.ERROR_EVALUATION.format(cycle=self.ctx.cycle, cause=cause)
        inputs = test_inputs(self.inputs, self.ctx)
        self.ctx.evaluation_tries += 1
        self.to_context(evaluation=self.submit(DeepmdTestCalculation, **inputs))
        return None

    # -- cycles --------------------------------------------------------------------------------------------------

    def has_more_to_learn(self) -> bool:
        """Whether the last verdict asks for another cycle."""
        return not self.verdict.finished

    def plan_cycle(self) -> None:
        """Plan runs, trust levels and choices of the next cycle; what asked for least before goes first."""
        known = {"calibration": self.ctx.calibration} if "calibration" in self.ctx else {}
        if "errors" in self.ctx.evaluation.outputs:
            known |= {"errors": self.ctx.evaluation.outputs.errors, **self.held_out_blocks()}
        self.ctx.cycle_plan = AttributeDict(plan_exploration(self.inputs.settings, newest_verdict(self.ctx), **known))
        asked = {name: Choice.from_node(node).n_selected for name, node in self.ctx.get("selections", {}).items()}
        self.ctx.queue = sorted(self.active_systems(), key=lambda name: (asked.get(name, 0), name))
        self.ctx.cycle += 1
        for taken in FOUND.values():
            self.ctx[taken] = AttributeDict()
        self.ctx.failed = []

    def has_systems_left(self) -> bool:
        """Whether a system still waits for its exploration in this cycle."""
        return bool(self.ctx.queue)

    def submit_systems(self) -> None:
        """Explore the next systems, choose from them and label the choice, as many at a time as the resources allow."""
        running = take_turn(self.ctx, self.resources.explore.concurrent)
        children = {
            system: self.submit(AcquireWorkChain, **acquire_inputs(self.inputs, self.ctx, system)) for system in running
        }
        self.to_context(**as_kind("acquire", children))

    def inspect_systems(self) -> ExitCode | None:
        """Take over what the systems brought; one that failed is counted, and the others go on."""
        for system in self.ctx.running:
            child = self.ctx[key_of("acquire", system)]
            found = child.outputs
            for name, taken in FOUND.items():
                if name in found:
                    self.ctx[taken][system] = found[name]
            if "frames" in found:
                self.ctx.frames[system] = found.frames
            if "comparison" in found:
                self.ctx.evidence[Evidence("compare", self.ctx.cycle, system).label()] = found.comparison
            self.extend_dataset(system, found.blocks if "blocks" in found else {})
            failure = self.failure_of(system, child)
            if failure is not None and (
                failure.status == self.exit_codes.ERROR_SELECTION.status or not self.leave_out(system, failure)
            ):
                return failure
        return None

    def failure_of(self, system: str, child: orm.WorkChainNode) -> ExitCode | None:
        """Return the exit code that a system of this cycle asks for, if it failed."""
        if child.is_finished_ok:
            report = child.outputs.labelling if "labelling" in child.outputs else None
            return self.over_failure_budget(system, report, child) if report is not None else None
        by_status = {code.status: code for code in self.exit_codes.values()}
        failure: ExitCode = by_status.get(child.exit_status, self.exit_codes.ERROR_EXPLORATION)
        cycle = self.ctx.cycle
        return failure.format(cycle=cycle, name=f"cycle {cycle}", cause=child.exit_message or why_it_ended(child))

    def judge(self) -> None:
        """Relate deviation and error, and say whether the campaign is finished."""
        evidence: dict[str, Any] = {}
        for kind, taken in FOUND.items():
            evidence |= as_kind(kind, self.ctx[taken])
        if "errors" in self.ctx.evaluation.outputs:
            evidence["errors"] = self.ctx.evaluation.outputs.errors
        if self.has_new_labels():
            self.calibrate()
        self.ctx.verdict = judge(
            settings=self.inputs.settings,
            verdict=newest_verdict(self.ctx),
            metadata=stage_metadata(self.ctx.cycle, "judge"),
            **evidence,
        )

    def judge_training(self) -> None:
        """Say what the one committee of a campaign without (further) cycles is worth."""
        found = self.ctx.evaluation.outputs
        self.ctx.verdict = judge_training(
            settings=self.inputs.settings,
            verdict=newest_verdict(self.ctx),
            metadata=stage_metadata(self.ctx.cycle, "judge"),
            **({"errors": found.errors} if "errors" in found else {}),
        )

    def calibrate(self) -> None:
        """Relate the deviation to the true error, by what the last cycles labelled and the held-out frames."""
        if "errors" in self.ctx.evaluation.outputs:
            tested = Evidence.of_test(self.ctx.evaluation.label)
            self.ctx.evidence[tested.label()] = self.ctx.evaluation.outputs.errors
        self.ctx.evidence = AttributeDict(recent_evidence(self.ctx.evidence, self.ctx.cycle))
        self.ctx.calibration = calibrate(
            settings=self.inputs.settings,
            verdict=newest_verdict(self.ctx),
            metadata=stage_metadata(self.ctx.cycle, "calibrate"),
            **self.ctx.evidence,
            **self.held_out_blocks(),
        )

    def has_new_labels(self) -> bool:
        """Whether this cycle added anything to learn from."""
        return any(LabelReport.from_node(report).n_labelled for report in self.ctx.reports.values())

    def must_train(self) -> bool:
        """Whether there is more to learn from, or the last committee was not trained as long as the last one is."""
        longest = first_and_last(self.settings.training.steps)[1]
        return self.has_new_labels() or (self.verdict.finished and self.ctx.trained_steps < longest)

    def results(self) -> ExitCode | None:
        """Hand over the force field, what it learnt from, and why the campaign ended."""
        if self.verdict.stop_reason == TRAINED:
            self.judge_training()
        self.hand_over()
        futile = self.verdict.criterion("not_learning")
        if futile is not None and self.verdict.stop_reason == futile.name:
            return self.exit_codes.ERROR_NOT_LEARNING.format(cause=futile.words, pk=self.node.pk)
        return None

    # -- helpers -----------------------------------------------------------------------------------------------

    def hand_over(self) -> None:
        """Give the outputs of a campaign that has come to its end."""
        self.out("committee", dict(self.ctx.committee))
        self.out("dataset", dict(self.ctx.dataset))
        self.out("held_out", dict(self.ctx.held_out))
        self.out("verdict", newest_verdict(self.ctx))

    @property
    def settings(self) -> Settings:
        """What the campaign is to do."""
        return Settings.from_node(self.inputs.settings)

    @property
    def resources(self) -> Resources:
        """What its jobs may use of their computers."""
        return Resources.from_node(self.inputs.resources)

    def active_systems(self) -> list[str]:
        """Return the systems that have not been left out."""
        return taking_part(self.inputs.systems, self.verdict.systems)

    @property
    def verdict(self) -> Verdict:
        """The newest verdict; before the first labels all systems take part."""
        node = newest_verdict(self.ctx)
        return Verdict.from_node(node) if node is not None else Verdict(cycle=0, n_labels=0)

    def named_for_dataset(self, name: str, blocks: Mapping[str, Any]) -> dict[str, Any]:
        """Return new blocks of a task or system by names that no other cycle gives."""
        return {block_in_dataset(self.ctx.cycle, name, label): block for label, block in blocks.items()}

    def held_out_blocks(self) -> dict[str, Any]:
        """Return the held-out blocks by the names that a step takes them by."""
        return as_kind("block", self.ctx.held_out)

    def extend_dataset(self, name: str, blocks: Mapping[str, Any]) -> None:
        """Add new blocks of a task or system to the data set of their system; imported ones stay beside it."""
        if not blocks:
            return
        system = next(iter(blocks.values())).system
        before = {"previous": self.ctx.dataset[system]} if system in self.ctx.dataset else {}
        new = self.named_for_dataset(name, blocks)
        self.ctx.dataset[system] = extend_dataset(
            **before, **new, metadata=stage_metadata(self.ctx.cycle, "extend", name)
        )
