"""The work chain of a grid of states: one trajectory a state and replica, its structure, and what it changed by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiida import orm
from aiida.common import AttributeDict
from aiida.engine import ExitCode, while_
from aiida.plugins import CalculationFactory, DataFactory, WorkflowFactory

from aiida_zif.plugins.data.record import RecordError
from aiida_zif.workflows.engine.endings import why_it_ended
from aiida_zif.workflows.engine.naming import as_kind, key_of
from aiida_zif.workflows.engine.resumable import ResumableWorkChain
from aiida_zif.workflows.engine.turns import take_turn
from aiida_zif.workflows.properties.states.plan import replica_name, run_name, states_of
from aiida_zif.workflows.properties.states.settings import StatesSettings
from aiida_zif.workflows.properties.states.steps import exchange_parts, plan_runs, report_states, start_of
from aiida_zif.workflows.properties.structure.settings import StructureSettings

LammpsMdCalculation = CalculationFactory("zif.lammps.md")
DeepPotentialData = DataFactory("zif.potential")
FramesData = DataFactory("zif.frames")


class StatesWorkChain(ResumableWorkChain):
    """Bring a start to every temperature and pressure; the first state is what the others are compared with."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.expose_inputs(LammpsMdCalculation, namespace="md", include=("code", "python", "dp", "metadata"))
        spec.input_namespace("committee", valid_type=DeepPotentialData, dynamic=True)
        spec.input_namespace(
            "start",
            valid_type=FramesData,
            dynamic=True,
            help="Starts; the replicas use them in turn, the last frame of each.",
        )
        spec.input(
            "topology",
            valid_type=orm.StructureData,
            required=False,
            help="The crystal; linkers are compared with its linkers.",
        )
        spec.input("settings", valid_type=orm.Dict, help="A `StatesSettings`.")
        spec.input("structure", valid_type=orm.Dict, help="A `StructureSettings`, for every state.")
        spec.input("concurrent", valid_type=int, default=1, non_db=True, help="Trajectories at a time.")
        spec.input("try_layouts", valid_type=bool, default=False, non_db=True, help="As of `zif.md`.")
        spec.inputs.validator = _check_inputs
        spec.output("report", valid_type=orm.Dict, help="A `StatesReport`, with the decompositions.")
        spec.output_namespace("structure", dynamic=True, help="Report and curves of every state.")
        spec.output_namespace("frames", valid_type=FramesData, dynamic=True, help="Snapshots of every run.")
        spec.outline(
            cls.plan,
            while_(cls.has_runs_left)(
                cls.submit_runs,
                cls.inspect_runs,
            ),
            cls.submit_structures,
            cls.inspect_structures,
            while_(cls.has_partners_left)(
                cls.exchange,
            ),
            cls.results,
        )
        spec.exit_code(
            340,
            "ERROR_NO_STATE",
            message="no trajectory of any state returned a frame; last cause: {cause}. See "
            "`verdi process report {pk}`, fix the cause and start again.",
        )
        spec.exit_code(
            440,
            "ERROR_STATES_MISSING",
            message="{n} of {wanted} trajectories failed, the first with {cause}. The others are in the report; "
            "see `verdi process report {pk}`.",
        )

    def plan(self) -> None:
        """Pick the starts, and plan every run."""
        settings = StatesSettings.from_node(self.inputs.settings)
        self.ctx.plan = AttributeDict(plan_runs(self.inputs.settings, self.inputs.structure))
        self.ctx.starts = AttributeDict({name: start_of(node) for name, node in sorted(self.inputs.start.items())})
        self.ctx.states = [state.label() for state in states_of(settings)]
        self.ctx.queue = [[state, index] for index in range(settings.replicas) for state in self.ctx.states]
        self.ctx.running, self.ctx.total = [], len(self.ctx.queue)
        self.ctx.failed, self.ctx.snapshots, self.ctx.last = {}, AttributeDict(), self.node.pk

    def has_runs_left(self) -> bool:
        """Whether a trajectory still waits."""
        return bool(self.ctx.queue)

    def submit_runs(self) -> None:
        """Run as many trajectories at a time as the cores allow."""
        runs = {}
        names = sorted(self.ctx.starts)
        for state, index in take_turn(self.ctx, self.inputs.concurrent):
            run = run_name(state, replica_name(index))
            inputs: dict[str, Any] = {
                "md": dict(self.inputs.md),
                "committee": dict(self.inputs.committee),
                "frames": self.ctx.starts[names[index % len(names)]],
                "stages": self.ctx.plan[f"stages_{state}"],
                "parameters": self.ctx.plan[f"parameters_{run}"],
                "try_layouts": self.inputs.try_layouts,
                "metadata": {"call_link_label": run},
            }
            if "topology" in self.inputs:
                inputs["topology"] = self.inputs.topology
            runs[run] = self.submit(WorkflowFactory("zif.md"), **inputs)
        self.to_context(**as_kind("job", runs))

    def inspect_runs(self) -> None:
        """Keep the frames of the trajectories that ended well, and the cause of the end of the others."""
        for state, index in self.ctx.running:
            run = run_name(state, replica_name(index))
            job = self.ctx[key_of("job", run)]
            if job.is_finished_ok and "snapshots" in job.outputs and job.outputs.snapshots.n_frames:
                self.ctx.snapshots[run] = job.outputs.snapshots
            else:
                self.ctx.failed = {**self.ctx.failed, run: why_it_ended(job)}
                self.ctx.last = job.pk
                self.report(f"{run}: {job.process_label}<{job.pk}> ended with {why_it_ended(job)}")

    def submit_structures(self) -> ExitCode | None:
        """Analyse the structure of every state that has frames."""
        if not self.ctx.snapshots:
            return self.exit_codes.ERROR_NO_STATE.format(cause=self._first_cause(), pk=self.ctx.last)
        children = {}
        for state in self.ctx.states:
            frames = self._frames_of(state)
            if frames:
                inputs: dict[str, Any] = {"frames": frames, "settings": self.ctx.plan[f"structure_{state}"]}
                if "topology" in self.inputs:
                    inputs["topology"] = self.inputs.topology
                inputs["metadata"] = {"call_link_label": f"structure_{state}"}
                children[state] = self.submit(WorkflowFactory("zif.structure"), **inputs)
        self.to_context(**as_kind("account", children))
        return None

    def inspect_structures(self) -> None:
        """Queue what is compared with the first state."""
        reference, *others = self.ctx.states
        for state in self.ctx.states:
            child = self.ctx.get(key_of("account", state))
            if child is not None and not child.is_finished_ok:
                self.report(f"structure of {state}: {child.process_label}<{child.pk}> ended with {why_it_ended(child)}")
        known = self._frames_of(reference)
        self.ctx.partners = [[state, name] for state in others for name in self._frames_of(state) if name in known]
        self.ctx.exchanged = AttributeDict()

    def has_partners_left(self) -> bool:
        """Whether a run has not been compared with its partner."""
        return bool(self.ctx.partners)

    def exchange(self) -> None:
        """Exchange the parts of the frames of one run for those of its partner."""
        (state, name), *self.ctx.partners = self.ctx.partners
        run, reference = run_name(state, name), run_name(self.ctx.states[0], name)
        inputs: dict[str, Any] = {"frames": self.ctx.snapshots[run], "reference": self.ctx.snapshots[reference]}
        if "topology" in self.inputs:
            inputs["topology"] = self.inputs.topology
        label = key_of("exchanged", run)
        self.ctx.exchanged[run] = exchange_parts(
            settings=self.inputs.settings, **inputs, metadata={"call_link_label": label}
        )

    def results(self) -> ExitCode | None:
        """Make the record."""
        structures = {state: self.ctx[key_of("account", state)] for state in self.ctx.states
                      if key_of("account", state) in self.ctx}  # fmt: skip
        reports = {state: child.outputs.report for state, child in structures.items() if "report" in child.outputs}
        nodes = as_kind("report", reports) | as_kind("exchanged", dict(self.ctx.exchanged))
        nodes |= {f"settings_{state}": self.ctx.plan[f"structure_{state}"] for state in reports}
        nodes |= as_kind("job", self._accounts()) | as_kind("frames", dict(self.ctx.snapshots))
        self.out("report", report_states(self.inputs.settings, **nodes))
        self.out("frames", dict(self.ctx.snapshots))
        for state, child in structures.items():
            for name in ("report", "curves"):
                if name in child.outputs:
                    self.out(f"structure.{state}.{name}", child.outputs[name])
        if self.ctx.failed:
            numbers = {"n": len(self.ctx.failed), "wanted": self.ctx.total}
            return self.exit_codes.ERROR_STATES_MISSING.format(cause=self._first_cause(), pk=self.node.pk, **numbers)
        return None

    def _accounts(self) -> dict[str, Any]:
        """What the trajectories that did not end well said of themselves."""
        jobs = {run: self.ctx[key_of("job", run)] for run in self.ctx.failed}
        return {run: job.outputs.output_parameters for run, job in jobs.items() if "output_parameters" in job.outputs}

    def _frames_of(self, state: str) -> dict[str, Any]:
        """Frames of a state by replica."""
        indices = range(StatesSettings.from_node(self.inputs.settings).replicas)
        names = {replica_name(index): run_name(state, replica_name(index)) for index in indices}
        return {name: self.ctx.snapshots[run] for name, run in names.items() if run in self.ctx.snapshots}

    def _first_cause(self) -> str:
        return next((f"{run}: {cause}" for run, cause in self.ctx.failed.items()), "none")


def _check_inputs(values: Mapping[str, Any], _: Any) -> str | None:
    if not {"settings", "structure"} <= set(values):
        return None  # AiiDA itself names the missing port
    try:
        StatesSettings.from_node(values["settings"])
        StructureSettings.from_node(values["structure"])
    except RecordError as error:
        return str(error)
    starts = values.get("start", {})
    if not starts:
        return "start: found none, allowed is at least one set of frames; fix: add the crystal or the glasses"
    symbols = next(iter(starts.values())).symbols
    for name, frames in starts.items():
        if frames.n_frames == 0 or frames.symbols != symbols:
            allowed = "frames of one order of atoms"
            return f"start.{name}: found no frame or other atoms, allowed are {allowed}; fix: leave it out"
    return None
