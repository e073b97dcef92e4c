"""What a step of MD costs: a short trajectory in every split of the cores worth a try; the fastest is kept."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.common import AttributeDict
from aiida.engine import ExitCode, calcfunction, if_, while_
from aiida.plugins import CalculationFactory

from aiida_zif.plugins.cp2k.batches.cost import hill_formula
from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.lammps.production.report import ProductionReport
from aiida_zif.workflows.engine.endings import why_it_ended
from aiida_zif.workflows.engine.job_options import layouts, with_layout
from aiida_zif.workflows.engine.known_layouts import known_layout
from aiida_zif.workflows.engine.naming import Split, as_kind, of_kind
from aiida_zif.workflows.engine.resumable import ResumableWorkChain
from aiida_zif.workflows.properties.md.layout import MdLayout, TimedSplit, kind_of_models

LammpsMdCalculation = CalculationFactory("zif.lammps.md")

ENTRY_POINT = "aiida.workflows:zif.time_md"

TEMPERATURE, STEPS, TIMESTEP, SEED = 300.0, 60, 0.5, 1
"""K, MD steps, fs: the same for all, so that times of today and tomorrow are times of the same work."""


class TimeMdWorkChain(ResumableWorkChain):
    """Run a short trajectory in each split of some cores into ranks and threads, one job at a time; keep the fastest.

    What was tried before, on the same computer with models of the same kind and a cell of like size, is not again.
    """

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.expose_inputs(LammpsMdCalculation, namespace="md", include=("code", "python", "dp", "metadata"))
        spec.input_namespace("committee", valid_type=DeepPotentialData, dynamic=True)
        spec.input("frames", valid_type=FramesData, help="One frame, the start.")
        spec.output("layout", valid_type=orm.Dict, help="The fastest split, its steps per second, all that were tried.")
        spec.outline(
            cls.plan,
            if_(cls.is_unknown)(
                cls.plan_trajectory,
                while_(cls.has_layouts_left)(
                    cls.submit_md,
                    cls.inspect_md,
                ),
                cls.choose,
            ),
            cls.results,
        )
        spec.exit_code(
            340,
            "ERROR_NOTHING_TIMED",
            message="in no layout did a short trajectory end; last cause: {cause}. Look at the last job with "
            "`verdi calcjob outputcat {pk}`.",
        )

    def plan(self) -> None:
        """List the layouts; look up whether they have been tried."""
        resources = self.inputs.md.metadata.options["resources"]
        n_cores = resources["num_mpiprocs_per_machine"] * (resources.get("num_cores_per_mpiproc") or 1)
        self.ctx.queue = [list(pair) for pair in layouts(n_cores)]
        self.ctx.models = kind_of(dict(self.inputs.committee))
        computer, alike = self.inputs.md.code.computer.uuid, {"models": self.ctx.models}
        self.ctx.layout = known_layout(ENTRY_POINT, computer, alike, self.inputs.frames.symbols, self.ctx.queue)
        self.ctx.timed, self.ctx.cause, self.ctx.last = AttributeDict(), "", self.node.pk

    def is_unknown(self) -> bool:
        """Whether something still has to be tried."""
        return self.ctx.layout is None

    def plan_trajectory(self) -> None:
        """Say what is timed."""
        self.ctx.trajectory = AttributeDict(short_trajectory())

    def has_layouts_left(self) -> bool:
        """Whether a layout still waits."""
        return bool(self.ctx.queue)

    def submit_md(self) -> None:
        """Run the short trajectory in the next layout; a stored answer would say nothing about time."""
        pair = self.ctx.queue[0]
        self.ctx.name = Split(*pair).label()
        inputs = AttributeDict(self.exposed_inputs(LammpsMdCalculation, namespace="md"))
        options = in_split(dict(inputs.metadata.options), *pair)
        inputs.metadata = AttributeDict({"options": options, "call_link_label": self.ctx.name, "disable_cache": True})
        inputs.update(committee=dict(self.inputs.committee), frames=self.inputs.frames, **self.ctx.trajectory)
        self.to_context(job=self.submit(LammpsMdCalculation, **inputs))

    def inspect_md(self) -> None:
        """Keep the time, if the trajectory came to its end."""
        self.ctx.queue, job = self.ctx.queue[1:], self.ctx.job
        if job.is_finished_ok:
            self.ctx.timed[self.ctx.name] = job.outputs.output_parameters
            return
        self.ctx.cause, self.ctx.last = why_it_ended(job), job.pk
        self.report(f"{self.ctx.name}: {job.process_label}<{job.pk}> ended with {self.ctx.cause}")

    def choose(self) -> ExitCode | None:
        """Keep the layout of the most steps in a second."""
        if not self.ctx.timed:
            return self.exit_codes.ERROR_NOTHING_TIMED.format(cause=self.ctx.cause, pk=self.ctx.last)
        models = orm.Str(self.ctx.models)
        self.ctx.layout = fastest_split(models, self.inputs.frames, **as_kind("times", dict(self.ctx.timed)))
        return None

    def results(self) -> None:
        """Pass on the layout, timed now or long ago."""
        self.out("layout", self.ctx.layout)


def kind_of(committee: dict[str, Any]) -> str:
    """Return the kind of the models of a committee, see :func:`kind_of_models`."""
    first = committee[min(committee)]
    n_bytes = first.base.repository.get_object_size(first.filename)
    return kind_of_models(first.model_backend, first.rcut, n_bytes, len(committee))


@calcfunction
def short_trajectory() -> dict[str, orm.Data]:
    """Return ``stages`` and ``parameters`` of what is timed."""
    stage = {"kind": "nvt", "name": "timing", "steps": STEPS, "temperature": [TEMPERATURE, TEMPERATURE]}
    parameters = {"timestep": TIMESTEP, "seed": SEED, "checkpoint_every": STEPS, "pressure_check": False}
    return {"stages": orm.List([stage]), "parameters": orm.Dict(parameters)}


@calcfunction
def fastest_split(models: orm.Str, frames: FramesData, **times: orm.Dict) -> orm.Dict:
    """Compare the speed of several layouts.

    :param times: ``times_ranks_N_threads_M``, the reports of the short trajectories.
    :returns: an :class:`~aiida_zif.workflows.properties.md.layout.MdLayout`.
    """
    tried = []
    for name, node in of_kind("times", times).items():
        split, report = Split.parse(name), ProductionReport.from_node(node)
        seconds = report.engine_s or report.wall_s or 1.0
        speed = report.steps_per_s or report.n_steps / seconds
        tried.append(TimedSplit(n_ranks=split.n_ranks, n_threads=split.n_threads, steps_per_s=speed))
    tried.sort(key=lambda one: (one.n_threads, one.n_ranks))
    fastest = max(tried, key=lambda one: one.steps_per_s)
    layout = MdLayout(
        **fastest.model_dump(),
        formula=hill_formula(frames.symbols),
        n_atoms=len(frames.symbols),
        models=models.value,
        tried=tried,
    )
    return orm.Dict(layout.as_dict())


def md_options(options: dict[str, Any], layout: orm.Dict) -> dict[str, Any]:
    """Return the options of a job in a layout that was timed."""
    found = MdLayout.from_node(layout)
    return in_split(options, found.n_ranks, found.n_threads)


def in_split(options: dict[str, Any], n_ranks: int, n_threads: int) -> dict[str, Any]:
    """Return the options of a job on some ranks and threads; several ranks are started by MPI."""
    return {**with_layout(options, n_ranks, n_threads), "withmpi": n_ranks > 1}
