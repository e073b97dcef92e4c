"""Melt a framework and quench it, some replicas and rates side by side, and judge what came out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from aiida import orm
from aiida.common import AttributeDict
from aiida.engine import ExitCode, if_, while_
from aiida.plugins import WorkflowFactory

from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.data.record import RecordError
from aiida_zif.workflows.engine.endings import why_it_ended
from aiida_zif.workflows.engine.naming import as_kind, key_of
from aiida_zif.workflows.engine.resumable import ResumableWorkChain
from aiida_zif.workflows.engine.turns import take_turn
from aiida_zif.workflows.properties.md.work_chain import MdWorkChain
from aiida_zif.workflows.properties.melt_quench import steps
from aiida_zif.workflows.properties.melt_quench.cost import faults_of
from aiida_zif.workflows.properties.melt_quench.naming import Leg
from aiida_zif.workflows.properties.melt_quench.plan import legs_of
from aiida_zif.workflows.properties.melt_quench.report import GlassReport
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings


class MeltQuenchWorkChain(ResumableWorkChain):
    """From a framework and a force field to glasses, with errors over replicas and a verdict.

    Every replica is a melt of its own; from its end goes one quench a rate. A leg that fails takes no other replica
    along.
    """

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.expose_inputs(MdWorkChain, namespace="md", include=("md",))
        spec.input_namespace("committee", valid_type=DeepPotentialData, dynamic=True, help="One or more models.")
        spec.input("structure", valid_type=orm.StructureData, help="The crystal.")
        spec.input("settings", valid_type=orm.Dict, help="`MeltQuenchSettings`.")
        spec.input("concurrent", valid_type=int, default=1, non_db=True, help="Legs at a time.")
        spec.input("try_layouts", valid_type=bool, default=False, non_db=True, help="Find the fastest split first.")
        spec.inputs.validator = _check_inputs
        spec.output_namespace("crystal", valid_type=FramesData, dynamic=True, help="Frames before heating, by replica.")
        spec.output_namespace("melt", valid_type=FramesData, dynamic=True, help="Frames of the hold, by replica.")
        spec.output_namespace("glass", valid_type=FramesData, dynamic=True, help="Relaxed frames, by replica and rate.")
        spec.output("untrusted", valid_type=FramesData, required=False, help="Where the committee disagreed.")
        spec.output("curves", valid_type=orm.ArrayData, required=False, help="Series of all legs, see `Curves`.")
        spec.output("report", valid_type=orm.Dict, required=False, help="`GlassReport`.")
        spec.outline(
            cls.plan,
            if_(cls.must_time_layouts)(
                cls.submit_timing,
                cls.inspect_timing,
            ),
            while_(cls.has_melts_left)(
                cls.submit_melts,
                cls.inspect_melts,
            ),
            cls.plan_quenches,
            while_(cls.has_quenches_left)(
                cls.submit_quenches,
                cls.inspect_quenches,
            ),
            cls.gather,
            cls.evaluate,
            cls.results,
        )
        spec.exit_code(
            360,
            "ERROR_NO_GLASS",
            message="no quench came to its end; last cause: {cause}. What was done is in the outputs; look at the "
            "trajectory with `verdi process report {pk}`.",
        )

    def plan(self) -> None:
        """Make the cell, and the stages and parameters of every leg."""
        models = as_kind("model", dict(self.inputs.committee))
        made = steps.make_cell(self.inputs.structure, self.inputs.settings, **models)
        self.ctx.crystal, self.ctx.start = made["crystal"], made["start"]
        self.ctx.planned = AttributeDict(steps.plan_legs(self.inputs.settings, **models))
        legs = legs_of(MeltQuenchSettings.from_node(self.inputs.settings))
        self.ctx.queue = [leg.label() for leg in legs if leg.is_melt]
        self.ctx.running, self.ctx.cause, self.ctx.last = [], "", self.node.pk

    def must_time_layouts(self) -> bool:
        """Whether the splits of the cores are to be tried, once for all legs."""
        return bool(self.inputs.try_layouts)

    def submit_timing(self) -> None:
        """Find the fastest split, now or in the database."""
        inputs = AttributeDict(self.exposed_inputs(MdWorkChain, namespace="md"))
        inputs.update(committee=dict(self.inputs.committee), frames=self.ctx.start)
        inputs.metadata = {"call_link_label": "times"}
        self.to_context(timing=self.submit(WorkflowFactory("zif.time_md"), **inputs))

    def inspect_timing(self) -> None:
        """Take the split; the legs go on with the one that was given where none could be timed."""
        timing = self.ctx.timing
        if timing.is_finished_ok:
            self.ctx.layout = timing.outputs.layout
        else:
            self.report(f"{timing.process_label}<{timing.pk}> ended with {why_it_ended(timing)}")

    def has_melts_left(self) -> bool:
        """Whether a replica still waits to be melted."""
        return bool(self.ctx.queue)

    def submit_melts(self) -> None:
        """Equilibrate, heat and hold as many replicas at a time as the cores allow."""
        self.submit_legs(dict.fromkeys(take_turn(self.ctx, self.inputs.concurrent), self.ctx.start))

    def inspect_melts(self) -> None:
        """Say which melts did not come to their end."""
        self.inspect_legs()

    def plan_quenches(self) -> None:
        """Queue the quenches of every replica that melted, those that take longest first."""
        legs = legs_of(MeltQuenchSettings.from_node(self.inputs.settings))
        melted = {leg for leg in legs if leg.is_melt and self.ctx[key_of("job", leg.label())].is_finished_ok}
        self.ctx.queue = [leg.label() for leg in legs if not leg.is_melt and leg.melt in melted]

    def has_quenches_left(self) -> bool:
        """Whether a melt still waits to be quenched at some rate."""
        return bool(self.ctx.queue)

    def submit_quenches(self) -> None:
        """Quench and relax, each from the last step of its melt, velocities included."""
        turn = take_turn(self.ctx, self.inputs.concurrent)
        melts = {label: self.ctx[key_of("job", Leg.parse(label).melt.label())] for label in turn}
        self.submit_legs({label: melt.outputs.final for label, melt in melts.items()})

    def inspect_quenches(self) -> None:
        """Say which quenches did not come to their end."""
        self.inspect_legs()

    def submit_legs(self, starts: Mapping[str, FramesData]) -> None:
        """Submit one trajectory a leg.

        :param starts: one frame by the label of the leg.
        """
        legs = {}
        for label, frames in starts.items():
            inputs = AttributeDict(self.exposed_inputs(MdWorkChain, namespace="md"))
            inputs.update(
                committee=dict(self.inputs.committee),
                frames=frames,
                topology=self.ctx.crystal,
                stages=self.ctx.planned[key_of("stages", label)],
                parameters=self.ctx.planned[key_of("parameters", label)],
                metadata={"call_link_label": label},
            )
            if "layout" in self.ctx:
                inputs.layout = self.ctx.layout
            legs[label] = self.submit(MdWorkChain, **inputs)
        self.to_context(**as_kind("job", legs))

    def inspect_legs(self) -> None:
        """Note what ended the legs of this turn; one that failed takes no other along."""
        for label in self.ctx.running:
            leg = self.ctx[key_of("job", label)]
            if not leg.is_finished_ok:
                self.ctx.cause, self.ctx.last = f"{label}: {why_it_ended(leg)}", leg.pk
                self.report(f"{leg.process_label}<{leg.pk}> ended with {self.ctx.cause}")

    def gather(self) -> None:
        """Sort what came back: frames by state, untrusted frames and curves of all legs in one node each."""
        legs = self.legs_run()
        whole = {label: leg for label, leg in legs.items() if leg.is_finished_ok}
        self.ctx.states = AttributeDict()
        for label in (label for label in whole if Leg.parse(label).is_melt):
            if "snapshots" in whole[label].outputs:
                self.ctx.states[label] = AttributeDict(steps.frames_of_stages(whole[label].outputs.snapshots))
        self.ctx.glasses = AttributeDict(
            {
                label: leg.outputs.snapshots
                for label, leg in whole.items()
                if not Leg.parse(label).is_melt and "snapshots" in leg.outputs
            }
        )
        untrusted = outputs_of(legs, "untrusted")
        if found := {label: node for label, node in untrusted.items() if node.n_frames}:
            self.ctx.untrusted = steps.merge_untrusted(**found)
        if series := outputs_of(legs, "series"):
            self.ctx.curves = steps.join_curves(**series)

    def evaluate(self) -> None:
        """States with errors, transitions, checks and the verdict."""
        legs = self.legs_run()
        brought = as_kind("model", dict(self.inputs.committee))
        brought |= as_kind("account", outputs_of(legs, "output_parameters"))
        brought |= as_kind("curve", outputs_of(legs, "series"))
        for kind, state in (("start", "crystal"), ("melt", "melt")):
            frames = {label: own[state] for label, own in self.ctx.states.items() if state in own}
            brought |= as_kind(kind, frames)
        brought |= as_kind("glass", dict(self.ctx.glasses))
        if "untrusted" in self.ctx:
            brought |= as_kind("untrusted", {"all": self.ctx.untrusted})
        self.ctx.verdict = steps.evaluate(self.inputs.settings, self.inputs.structure, self.ctx.start, **brought)

    def results(self) -> ExitCode | None:
        """Pass on frames, curves and report, of whatever came to its end."""
        for state in ("crystal", "melt"):
            frames = {Leg.parse(label).output(): own[state] for label, own in self.ctx.states.items() if state in own}
            self.out(state, frames)
        self.out("glass", {Leg.parse(label).output(): frames for label, frames in self.ctx.glasses.items()})
        for name in ("untrusted", "curves"):
            if name in self.ctx:
                self.out(name, self.ctx[name])
        self.out("report", self.ctx.verdict)
        self.report(GlassReport.from_node(self.ctx.verdict).verdict)
        if not self.ctx.glasses:
            return self.exit_codes.ERROR_NO_GLASS.format(cause=self.ctx.cause, pk=self.ctx.last)
        return None

    def legs_run(self) -> dict[str, orm.WorkChainNode]:
        """The legs that were run, by their labels in the order of the plan."""
        legs = legs_of(MeltQuenchSettings.from_node(self.inputs.settings))
        labels = [leg.label() for leg in legs if key_of("job", leg.label()) in self.ctx]
        return {label: self.ctx[key_of("job", label)] for label in labels}


def outputs_of(legs: Mapping[str, orm.WorkChainNode], name: str) -> dict[str, Any]:
    """Return one output of the legs that have it."""
    return {label: leg.outputs[name] for label, leg in legs.items() if name in leg.outputs}


def _check_inputs(given: Mapping[str, Any], _: object) -> str | None:
    """Return what is wrong with the inputs as a whole, or None; called before anything is stored."""
    if any(name not in given for name in ("committee", "structure", "settings")):
        return None  # a port that is missing speaks for itself
    if not given["committee"]:
        return "committee: found no model, allowed is one or more"
    try:
        settings = MeltQuenchSettings.from_dict(given["settings"].get_dict())
    except RecordError as error:
        return str(error)
    structure, committee = given["structure"], given["committee"]
    symbols = structure.get_ase().get_chemical_symbols()
    type_maps = {label: model.type_map for label, model in sorted(committee.items())}
    rcut = steps.largest_cutoff(dict(committee))
    return "\n".join(faults_of(settings, symbols, np.array(structure.cell), type_maps, rcut)) or None
