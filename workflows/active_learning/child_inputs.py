"""What each child of a campaign is given."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from aiida_zif.plugins.deepmd.training import early_stop
from aiida_zif.workflows.active_learning.state.quarantine import taking_part
from aiida_zif.workflows.active_learning.state.verdict import Verdict, newest_verdict
from aiida_zif.workflows.campaign.schema.resources import Resources
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.engine.endings import name_of_try
from aiida_zif.workflows.engine.job_options import with_layout
from aiida_zif.workflows.engine.resumable import ResumableWorkChain


class CampaignChildren(ResumableWorkChain):
    """The inputs of every child of :class:`~.active_learning.ActiveLearningWorkChain`, by what is known when it begins.

    The context holds ``plan`` and ``cycle_plan`` (nodes by name), ``frames`` and ``tasks`` (by task), ``dataset``,
    ``held_out`` and ``committee`` (nodes by label), ``verdict`` (the newest one), and the ``queue`` of what waits.
    """

    @property
    def settings(self) -> Settings:
        """What the campaign is to do."""
        return Settings.from_node(self.inputs.settings)

    @property
    def resources(self) -> Resources:
        """What its jobs may use of their computers."""
        return Resources.from_node(self.inputs.resources)

    def timing_inputs(self) -> dict[str, Any]:
        """Return what the layouts are tried on: the largest system."""
        system = max(self.inputs.systems, key=lambda name: len(self.inputs.systems[name].sites))
        return {
            "structure": self.inputs.systems[system],
            "cp2k": self.cp2k_inputs(system),
            "metadata": self.stage_metadata("timing", system),
        }

    def cp2k_inputs(self, system: str) -> dict[str, Any]:
        """Return what all labellings of a system share, in the layout that was the fastest if one was looked for."""
        options = self.resources.label.options()
        if "timing" in self.ctx and self.ctx.timing.is_finished_ok:
            layout = self.ctx.timing.outputs.layout
            options = with_layout(options, layout["n_ranks"], layout["n_threads"])
        level = self.ctx.plan.get(f"level_{system}", self.ctx.plan["level"])
        return {"code": self.inputs.codes.cp2k, "level": level, "metadata": {"options": options}}

    def labelling_inputs(self, name: str) -> dict[str, Any]:
        """Return frames and means of one of the tasks that run now."""
        inputs = {
            "frames": self.ctx.frames[name],
            "task": self.ctx.tasks[name],
            "cp2k": self.cp2k_inputs(self.ctx.frames[name].system),
            "reuse": self.settings.labelling.reuse,
            "metadata": self.stage_metadata("label", name),
        }
        if self.ctx.tasks[name]["mode"] == "batch":
            inputs["earlier"] = self.blocks_of(self.ctx.frames[name].system)
            inputs["concurrent"] = max(1, self.width("label") // len(self.ctx.running))
        return inputs

    def training_inputs(self, plan: Mapping[str, Any]) -> dict[str, Any]:
        """Return data, seeds and means of a committee.

        :param plan: by :func:`~.planning.training.plan_training`.
        """
        stage, settings = self.resources.train, self.settings
        training, budget = settings.training, settings.failure_budget.train
        inputs: dict[str, Any] = {
            "dataset": dict(self.ctx.dataset),
            "seeds": {name: seed for name, seed in plan.items() if name != "parameters"},
            "lanes": stage.lanes,
            "members": stage.members,
            "concurrent": self.width("train"),
            "min_models": max(2, math.ceil(training.models * (1.0 - budget))),
            "train": {
                "code": self.inputs.codes.dp,
                "parameters": plan["parameters"],
                "metadata": {"options": stage.options()},
            },
            "metadata": self.stage_metadata("train"),
        }
        if training.early_stop and early_stop.applies(plan["parameters"].get_dict()):
            inputs["train"]["validation"] = dict(self.ctx.held_out)
        if training.warm_start and "committee" in self.ctx:
            inputs["init_committee"] = dict(self.ctx.committee)
        return inputs

    def test_inputs(self) -> dict[str, Any]:
        """Return the newest committee and the frames that no training sees."""
        return {
            "code": self.inputs.codes.dp,
            "committee": dict(self.ctx.committee),
            "blocks": dict(self.ctx.held_out),
            "metadata": {
                **self.stage_metadata(name_of_try("test", self.ctx.evaluation_tries)),
                "options": self.resources.test.options(),
            },
        }

    def acquire_inputs(self, system: str) -> dict[str, Any]:
        """Return plan and means of one system in this cycle, and what the others have taken or may still take."""
        settings, plan = self.settings, self.ctx.cycle_plan
        may_choose = [name for name in [*self.ctx.running, *self.ctx.queue] if name != system]
        inputs = {
            "system": system,
            "crystal": self.inputs.systems[system],
            "committee": dict(self.ctx.committee),
            "plan": {name: plan[f"{name}_{system}"] for name in ("starts", "runs", "parameters", "selection", "task")},
            "dataset": self.blocks_of(system),
            "earlier": dict(self.ctx.selections),
            "waiting": {name: plan[f"selection_{name}"] for name in may_choose},
            "lost_runs": float(settings.failure_budget.explore),
            "lammps": {
                "code": self.inputs.codes.lmp,
                "python": self.inputs.codes.python,
                "metadata": {"options": self.resources.explore.options()},
            },
            "cp2k": self.cp2k_inputs(system),
            "reuse": settings.labelling.reuse,
            "concurrent": max(1, self.width("label") // len(self.ctx.running)),
            "metadata": self.stage_metadata("acquire", system),
        }
        last = self.ctx.frames.get(system)
        if last is not None and "forces_predicted" in last.per_frame:
            inputs["explored"] = last
        if self.ctx.cycle == 1:
            inputs["hopeless"] = float(settings.failure_budget.hopeless)
        return inputs

    # -- what they are made of ---------------------------------------------------------------------------------

    def stage_metadata(self, stage: str, name: str | None = None) -> dict[str, str]:
        """Name a child so that `status` and a reader of the graph can tell cycle, stage and system."""
        label = f"c{self.ctx.cycle:02d}_{stage}" + (f"_{name}" if name else "")
        return {"call_link_label": label, "label": label}

    def width(self, stage: str) -> int:
        """Return the number of jobs or systems of a stage that run side by side."""
        return int(getattr(self.resources, stage).concurrent)

    def take_turn(self, stage: str) -> None:
        """Take the next of what waits, as many as the stage may have side by side."""
        width = self.width(stage)
        self.ctx.running, self.ctx.queue = self.ctx.queue[:width], self.ctx.queue[width:]

    def active_systems(self) -> list[str]:
        """Return the systems that have not been left out."""
        return taking_part(self.inputs.systems, self.verdict.systems)

    @property
    def verdict(self) -> Verdict:
        """The newest verdict; before the first labels all systems take part."""
        node = newest_verdict(self.ctx)
        return Verdict.from_node(node) if node is not None else Verdict(cycle=0, n_labels=0)

    def in_this_cycle(self, name: str, blocks: Mapping[str, Any]) -> dict[str, Any]:
        """Return new blocks by names that no other cycle gives."""
        return {f"c{self.ctx.cycle:02d}_{name}_{label}": block for label, block in blocks.items()}

    def blocks_of(self, system: str) -> dict[str, Any]:
        """Return what is labelled of one system; imported blocks only if their atoms are those of its structure."""
        symbols = self.inputs.systems[system].get_ase().get_chemical_symbols()
        nodes = self.ctx.dataset.items()
        return {name: node for name, node in nodes if node.system == system and node.symbols == symbols}
