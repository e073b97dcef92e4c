"""Acquire what one system still has to teach: explore it, choose what the committee does not know, label that."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.common import AttributeDict
from aiida.engine import ExitCode, if_
from aiida.plugins import DataFactory, WorkflowFactory

from aiida_zif.plugins.lammps.exploration.report import ExplorationReport
from aiida_zif.workflows.active_learning.exploration.draw_starts import draw_starts
from aiida_zif.workflows.active_learning.selection.choice_report import Choice
from aiida_zif.workflows.active_learning.selection.select_frames import compare_choice, select_frames
from aiida_zif.workflows.active_learning.state.blame import blames_the_committee, what_the_last_job_said
from aiida_zif.workflows.active_learning.state.naming import part_label
from aiida_zif.workflows.active_learning.state.quarantine import LOST, is_hopeless
from aiida_zif.workflows.engine.endings import why_it_ended
from aiida_zif.workflows.engine.naming import as_kind
from aiida_zif.workflows.engine.resumable import ResumableWorkChain

DeepPotentialData = DataFactory("zif.potential")
FramesData = DataFactory("zif.frames")
LabelledFramesData = DataFactory("zif.frames.labelled")
DatasetData = DataFactory("zif.dataset")
ExploreWorkChain = WorkflowFactory("zif.explore")
LabelWorkChain = WorkflowFactory("zif.label")


class AcquireWorkChain(ResumableWorkChain):
    """One cycle of one system; several systems go side by side, one explored while another is labelled."""

    EARLIER_STEPS = {"explore": "submit_exploration", "label": "submit_labels"}

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.expose_inputs(ExploreWorkChain, include=("lammps", "committee"))
        spec.expose_inputs(LabelWorkChain, include=("cp2k", "reuse", "concurrent"))
        spec.input(
            "crystal", valid_type=orm.StructureData, help="The system; what is explored must stay this substance."
        )
        spec.input("system", valid_type=str, non_db=True, help="Label of the system.")
        spec.input_namespace("plan", help="Of this cycle, by `plan_exploration`.")
        for name in ("starts", "parameters", "selection", "task"):
            spec.input(f"plan.{name}", valid_type=orm.Dict)
        spec.input("plan.runs", valid_type=orm.List)
        spec.input_namespace(
            "dataset",
            valid_type=(LabelledFramesData, DatasetData),
            dynamic=True,
            help="Blocks and data sets of the system: starts, and what is known.",
        )
        spec.input("explored", valid_type=FramesData, required=False, help="What the last cycle chose.")
        spec.input_namespace(
            "earlier", valid_type=orm.Dict, dynamic=True, required=False, help="Choices of other systems in this cycle."
        )
        spec.input_namespace(
            "waiting", valid_type=orm.Dict, dynamic=True, required=False, help="Plans of systems that may still choose."
        )
        spec.input(
            "lost_runs", valid_type=float, default=1.0, non_db=True, help="Share of the MD runs that may be lost."
        )
        spec.input(
            "hopeless",
            valid_type=float,
            required=False,
            non_db=True,
            help="Share of failed frames from which on no frame is labelled. Without it, frames are always labelled.",
        )
        spec.output("exploration", valid_type=orm.Dict, required=False, help="What was explored.")
        spec.output("frames", valid_type=FramesData, required=False, help="What was chosen, and the random control.")
        spec.output("selection", valid_type=orm.Dict, required=False, help="What became of every explored frame.")
        spec.output("labelling", valid_type=orm.Dict, required=False, help="What was labelled, rejected and why.")
        spec.output("comparison", valid_type=orm.Dict, required=False, help="True errors of chosen and random frames.")
        spec.output_namespace("blocks", valid_type=LabelledFramesData, dynamic=True)
        spec.outline(
            cls.submit_exploration,
            cls.inspect_exploration,
            cls.select,
            if_(cls.has_frames_to_label)(
                cls.submit_labels,
                cls.inspect_labels,
            ),
        )
        for status, name in ((301, "NO_LABELS"), (304, "EXPLORATION"), (306, "SELECTION"), (501, "COMMITTEE_HOPELESS")):
            spec.exit_code(status, f"ERROR_{name}", message="{system}: {cause}")

    def submit_exploration(self) -> None:
        """Let the committee drive MD at every condition, from starts among what is labelled."""
        plan, known = self.inputs.plan, {"explored": self.inputs.explored} if "explored" in self.inputs else {}
        starts = draw_starts(plan.starts, crystal=self.inputs.crystal, **known, **self.inputs.dataset)
        by_system = {
            "starts": starts,
            "topology": self.inputs.crystal,
            "runs": plan.runs,
            "parameters": plan.parameters,
        }
        inputs = AttributeDict(self.exposed_inputs(ExploreWorkChain))
        inputs.update({name: {self.inputs.system: node} for name, node in by_system.items()})
        self.to_context(exploration=self.submit(ExploreWorkChain, **inputs, metadata=self.stage("explore")))

    def inspect_exploration(self) -> ExitCode | None:
        """Go no further without an exploration, or if more of its runs were lost than is tolerated."""
        exploration = self.ctx.exploration
        if not exploration.is_finished_ok:
            if "hopeless" in self.inputs and blames_the_committee(exploration):
                return self.ending("COMMITTEE_HOPELESS", what_the_last_job_said(exploration))
            return self.ending("EXPLORATION", why_it_ended(exploration))
        self.out("exploration", exploration.outputs.output_parameters[self.inputs.system])
        runs = ExplorationReport.from_node(self.outputs["exploration"]).runs
        lost = [f"{run.label} {run.ended}" for run in runs if run.ended in LOST]
        if len(lost) > self.inputs.lost_runs * len(runs):
            return self.ending("EXPLORATION", ", ".join(lost))
        return None

    def select(self) -> ExitCode | None:
        """Choose the frames that are worth a label."""
        found = self.ctx.exploration.outputs
        earlier, waiting = self.inputs.get("earlier", {}), self.inputs.get("waiting", {})
        result, call = select_frames.run_get_node(
            candidates=found.candidates[self.inputs.system],
            control=found.control[self.inputs.system],
            exploration=self.outputs["exploration"],
            selection=self.inputs.plan.selection,
            metadata=self.stage("select"),
            **as_kind("known", self.inputs.dataset),
            **as_kind("earlier", earlier),
            **as_kind("waiting", waiting),
        )
        if result is None or not call.is_finished_ok:
            return self.ending("SELECTION", call.exit_message)
        self.out("frames", result["frames"])
        self.out("selection", result["report"])
        share = self.inputs.get("hopeless")
        if share is not None and is_hopeless(Choice.from_node(result["report"]), share):
            return self.ending(
                "COMMITTEE_HOPELESS", f"at least {share:.0%} of its frames are above the upper level or not physical"
            )
        return None

    def has_frames_to_label(self) -> bool:
        """Whether any frame was chosen; random ones alone would compare nothing."""
        return bool(Choice.from_node(self.outputs["selection"]).n_selected)

    def submit_labels(self) -> None:
        """Label the chosen frames, and the random ones that tell what the choice was worth."""
        inputs = AttributeDict(self.exposed_inputs(LabelWorkChain))
        inputs.update(frames=self.outputs["frames"], task=self.inputs.plan.task, earlier=dict(self.inputs.dataset))
        self.to_context(labelling=self.submit(LabelWorkChain, **inputs, metadata=self.stage("label")))

    def inspect_labels(self) -> ExitCode | None:
        """Hand over the labels, and what the committee did not know of them."""
        outputs = self.ctx.labelling.outputs
        if "report" not in outputs:
            return self.ending("NO_LABELS", why_it_ended(self.ctx.labelling))
        blocks = dict(outputs.blocks) if "blocks" in outputs else {}
        self.out("labelling", outputs.report)
        self.out("blocks", blocks)
        self.out("comparison", compare_choice(frames=self.outputs["frames"], metadata=self.stage("compare"), **blocks))
        return None

    # -- helpers -----------------------------------------------------------------------------------------------

    def stage(self, name: str) -> dict[str, str]:
        """Name a child by its stage; cycle and system stand in the name of this chain."""
        return {"call_link_label": name, "label": part_label(name, self.inputs.system)}

    def ending(self, name: str, cause: str | None) -> ExitCode:
        """Return one of the exit codes, with its cause."""
        exit_code: ExitCode = self.exit_codes[f"ERROR_{name}"]
        return exit_code.format(system=self.inputs.system, cause=cause)
