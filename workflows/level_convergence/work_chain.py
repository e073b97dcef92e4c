"""How well converged a level of theory is: label the same frames with every rung of its ladder, and compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiida import orm
from aiida.common import AttributeDict
from aiida.engine import ExitCode, while_
from aiida.manage.caching import enable_caching
from aiida.plugins import CalculationFactory, DataFactory

from aiida_zif.plugins.cp2k.levels import Level
from aiida_zif.plugins.cp2k.schema.missing import why_labels_are_missing
from aiida_zif.workflows.engine.resumable import ResumableWorkChain
from aiida_zif.workflows.level_convergence.comparison import COMBINED, errors
from aiida_zif.workflows.level_convergence.ladder import TIGHTEST, read_ladder
from aiida_zif.workflows.level_convergence.steps import frame_and_copies, judge_rungs, plan_study, read_job
from aiida_zif.workflows.level_convergence.study import LevelErrors, Study
from aiida_zif.workflows.structures.first_frames import frames_from_structure

Cp2kLabelCalculation = CalculationFactory("zif.cp2k")
FramesData = DataFactory("zif.frames")

CACHED = "aiida.calculations:zif.cp2k"
"""Process type of the jobs: a rung that was labelled before, in another study or with another noise, is not again."""


class ConvergeWorkChain(ResumableWorkChain):
    """Every setting of a ladder is relaxed by itself, all others at their tightest; what passes is then combined.

    Rungs are single jobs without any recovery: a setting that needs help to converge shall say so.
    """

    MAX_COMBINATIONS = 4

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.expose_inputs(Cp2kLabelCalculation, namespace="cp2k", include=("code", "metadata"))
        spec.input("structure", valid_type=orm.StructureData, required=False, help="The frames are made from it …")
        spec.input("frames", valid_type=FramesData, required=False, help="… or from one of these.")
        spec.input("level", valid_type=orm.Dict, help="`Level.as_dict()`, the level as it is.")
        spec.input("study", valid_type=orm.Dict, help="What is asked, see `Study`.")
        spec.input("concurrent", valid_type=int, default=1, non_db=True, help="Jobs at a time.")
        spec.inputs.validator = _check_inputs
        spec.output("report", valid_type=orm.Dict, help="Errors and cost of every rung, and the proposal.")
        spec.outline(
            cls.plan,
            while_(cls.has_rungs_left)(
                cls.label,
                cls.inspect,
            ),
            cls.judge,
            while_(cls.has_combination_to_try)(
                cls.combine,
                cls.label,
                cls.inspect,
                cls.judge,
            ),
            cls.results,
        )
        spec.exit_code(
            340,
            "ERROR_NO_REFERENCE",
            message="the tightest settings gave no labels, so there is nothing to compare with: {cause}. "
            "End the ladder earlier with --ladder SETTING=COARSE,…,TIGHT, or look at `verdi calcjob outputcat {pk}`.",
        )

    def plan(self) -> None:
        """Make the frames, and the level of theory of every rung, the tightest first."""
        plan = plan_study(self.inputs.level, self.inputs.study)
        if "structure" in self.inputs:
            self.ctx.frames = frames_from_structure(self.inputs.structure, plan["start"])
        else:
            self.ctx.frames = frame_and_copies(self.inputs.frames, plan["start"])
        self.ctx.task = plan["task"]
        self.ctx.levels = AttributeDict({name: node for name, node in plan.items() if name not in ("start", "task")})
        self.ctx.queue = sorted(self.ctx.levels, key=lambda name: name != TIGHTEST)
        self.ctx.total = len(self.ctx.queue)
        self.ctx.running, self.ctx.done = [], []

    def has_rungs_left(self) -> bool:
        """Whether a rung still waits to be labelled."""
        return bool(self.ctx.queue)

    def label(self) -> None:
        """Label the frames at as many rungs side by side as the cores allow."""
        width = self.inputs.concurrent
        self.ctx.running, self.ctx.queue = self.ctx.queue[:width], self.ctx.queue[width:]
        jobs = {}
        for name in self.ctx.running:
            inputs = AttributeDict(self.exposed_inputs(Cp2kLabelCalculation, namespace="cp2k"))
            inputs.update(frames=self.ctx.frames, level=self.ctx.levels[name], task=self.ctx.task)
            inputs.metadata.call_link_label = name
            with enable_caching(identifier=CACHED):
                jobs[f"job_{name}"] = self.submit(Cp2kLabelCalculation, **inputs)
        self.to_context(**jobs)

    def inspect(self) -> ExitCode | None:
        """Tell what came back; without the tightest rung there is no point in going on."""
        for name in self.ctx.running:
            job = self.ctx[f"job_{name}"]
            self.ctx.done = [*self.ctx.done, name]
            found, reference = (read_job(self.ctx[f"job_{key}"], self.ctx.frames) for key in (name, TIGHTEST))
            if reference is None:
                return self.exit_codes.ERROR_NO_REFERENCE.format(cause=why_labels_are_missing(job), pk=job.pk)
            words = why_labels_are_missing(job) if found is None else in_words(errors(found, reference), found.seconds)
            self.report(f"{len(self.ctx.done)} of {self.ctx.total}, {name}: {words}")
        return None

    def judge(self) -> None:
        """Compare all rungs with the tightest, and find the settings to try together."""
        nodes = {}
        for name in self.ctx.done:
            outputs = self.ctx[f"job_{name}"].outputs
            if "labelled" in outputs and "output_parameters" in outputs:
                nodes[f"block_{name}"] = outputs.labelled
                nodes[f"account_{name}"] = outputs.output_parameters
        self.ctx.verdict = AttributeDict(judge_rungs(self.inputs.level, self.inputs.study, self.ctx.frames, **nodes))

    def has_combination_to_try(self) -> bool:
        """Whether a combination should pass that has not been tried."""
        following = self.ctx.verdict.get("next_level")
        n_tried = sum(name.startswith(COMBINED) for name in self.ctx.done)
        if following is None or n_tried >= self.MAX_COMBINATIONS:
            return False
        return following["hash"] not in {self.ctx.levels[name]["hash"] for name in self.ctx.done}

    def combine(self) -> None:
        """Queue the combination that comes next."""
        name = f"{COMBINED}_{sum(name.startswith(COMBINED) for name in self.ctx.done)}"
        self.ctx.levels[name] = self.ctx.verdict.next_level
        self.ctx.queue, self.ctx.total = [name], self.ctx.total + 1

    def results(self) -> None:
        """Hand over the table and the proposal."""
        self.out("report", self.ctx.verdict.report)


def in_words(found: LevelErrors, seconds: float) -> str:
    """Return errors and cost in one line."""
    stress = "" if found.stress is None else f", {found.stress:.3g} GPa"
    return f"{found.energy:.3g} meV/atom, {found.force:.3g} meV/Å{stress}, {seconds:.3g} s a frame"


def _check_inputs(values: Mapping[str, Any], _: Any) -> str | None:
    if ("structure" in values) == ("frames" in values):
        return "give either a structure or frames to make the frames of the study from"
    if not {"level", "study"} <= set(values):
        return None  # AiiDA itself names the missing port
    try:
        read_ladder(Study.from_node(values["study"]).ladder, Level.from_dict(values["level"].get_dict()))
    except (KeyError, ValueError) as error:
        return str(error)
    return None
