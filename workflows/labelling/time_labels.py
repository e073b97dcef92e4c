"""What a label costs: time two frames in every layout worth a try, and keep the fastest."""

from __future__ import annotations

from typing import Any

import numpy as np
from aiida import orm
from aiida.common import AttributeDict
from aiida.engine import ExitCode, calcfunction, if_, while_
from aiida.plugins import CalculationFactory

from aiida_zif.plugins.cp2k.batches.cost import hill_formula
from aiida_zif.plugins.cp2k.batches.layout import Layout, TimedLayout
from aiida_zif.plugins.cp2k.batches.report import JobReport
from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.workflows.engine import known_layouts
from aiida_zif.workflows.engine.endings import why_it_ended
from aiida_zif.workflows.engine.job_options import layouts, with_layout
from aiida_zif.workflows.engine.naming import Split, key_of, of_kind
from aiida_zif.workflows.engine.resumable import ResumableWorkChain
from aiida_zif.workflows.engine.seeds import derive_seed
from aiida_zif.workflows.structures.perturbation import perturbed_frames

Cp2kLabelCalculation = CalculationFactory("zif.cp2k")

ENTRY_POINT = "aiida.workflows:zif.time_labels"

RATTLE = {"displacement": 0.05, "strain": 0.02}
"""Å, and share of the cell: a frame between an ordered crystal and a hot melt."""

DYNAMICS = {"mode": "aimd", "temperature": 300.0, "timestep": 0.5, "steps": 6, "stride": 6}
"""A few steps from the crystal; the first of them still lack the history that later ones start from."""


FORCE_TOLERANCE = 0.02
"""eV/Å between layouts: well above the noise of self-consistency, well below any real difference."""


class TimeLabelsWorkChain(ResumableWorkChain):
    """Label two frames in each split of some cores into ranks and threads, one job at a time; keep the fastest.

    What was tried before, on the same computer at the same level with a cell of like size, is not tried again.
    """

    EARLIER_STEPS = {
        "setup": "plan",
        "prepare": "make_frames",
        "time_frames": "submit_frames",
        "inspect": "inspect_frames",
        "time_dynamics": "submit_dynamics",
    }

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.expose_inputs(Cp2kLabelCalculation, namespace="cp2k", include=("code", "level", "metadata"))
        spec.input("structure", valid_type=orm.StructureData, help="What the frames are made from.")
        spec.input(
            "try_layouts", valid_type=bool, default=True, non_db=True,
            help="Try every split of the cores in `cp2k.metadata.options`, not only the one given there.",
        )  # fmt: skip
        spec.input("dynamics", valid_type=bool, default=False, non_db=True, help="Time a few MD steps as well.")
        spec.output("layout", valid_type=orm.Dict, help="The fastest split, its times in s, and all that were tried.")
        spec.outline(
            cls.plan,
            if_(cls.is_unknown)(
                cls.make_frames,
                while_(cls.has_layouts_left)(
                    cls.submit_frames,
                    cls.inspect_frames,
                ),
                cls.choose,
            ),
            if_(cls.must_time_dynamics)(
                cls.submit_dynamics,
            ),
            cls.results,
        )
        spec.exit_code(
            340,
            "ERROR_NOTHING_TIMED",
            message="in no layout did a frame become a label; last cause: {cause}. Look at the last job with "
            "`verdi calcjob outputcat {pk}`; raise resources.label.walltime if it ran out of time.",
        )

    def plan(self) -> None:
        """List the layouts; look up whether they have been tried."""
        options = self.inputs.cp2k.metadata.options
        given = options["resources"]["num_mpiprocs_per_machine"], options["resources"].get("num_cores_per_mpiproc") or 1
        self.ctx.queue = [list(pair) for pair in (layouts(given[0] * given[1]) if self.inputs.try_layouts else [given])]
        symbols = self.inputs.structure.get_ase().get_chemical_symbols()
        self.ctx.layout = known_layout(
            self.inputs.cp2k.level["hash"], self.inputs.cp2k.code.computer.uuid, symbols, self.ctx.queue
        )
        self.ctx.timed, self.ctx.cause, self.ctx.last = AttributeDict(), "", self.node.pk

    def is_unknown(self) -> bool:
        """Whether something still has to be tried."""
        return self.ctx.layout is None

    def make_frames(self) -> None:
        """Make the frames to time."""
        self.ctx.plan = AttributeDict(plan_timing(self.inputs.structure))

    def has_layouts_left(self) -> bool:
        """Whether a layout still waits."""
        return bool(self.ctx.queue)

    def submit_frames(self) -> None:
        """Label the two frames in the next layout."""
        n_ranks, n_threads = self.ctx.queue[0]
        self.ctx.name = Split(n_ranks, n_threads).label()
        self.to_context(
            job=self.submit_job(self.ctx.plan.frames, self.ctx.plan.batch, self.ctx.queue[0], self.ctx.name)
        )

    def inspect_frames(self) -> None:
        """Keep the times, if both frames became labels."""
        self.ctx.queue, job = self.ctx.queue[1:], self.ctx.job
        if job.is_finished_ok and not JobReport.from_node(job.outputs.output_parameters).rejected:
            self.ctx.timed[key_of("times", self.ctx.name)] = job.outputs.output_parameters
            self.ctx.timed[key_of("labels", self.ctx.name)] = job.outputs.labelled
            return
        self.ctx.cause, self.ctx.last = why_it_ended(job), job.pk
        self.report(f"{self.ctx.name}: {job.process_label}<{job.pk}> ended with {self.ctx.cause}")

    def choose(self) -> ExitCode | None:
        """Keep the layout in which a frame took the least time."""
        if not self.ctx.timed:
            return self.exit_codes.ERROR_NOTHING_TIMED.format(cause=self.ctx.cause, pk=self.ctx.last)
        self.ctx.layout = fastest_layout(frames=self.ctx.plan.frames, **self.ctx.timed)
        return None

    def must_time_dynamics(self) -> bool:
        """Whether MD steps are to be timed; not again where nothing else was timed either."""
        return self.inputs.dynamics and "plan" in self.ctx

    def submit_dynamics(self) -> None:
        """Take a few MD steps in the layout that was chosen; later estimates find them by their job."""
        fastest = Layout.from_node(self.ctx.layout)
        pair = [fastest.n_ranks, fastest.n_threads]
        self.to_context(dynamics=self.submit_job(self.ctx.plan.start, self.ctx.plan.dynamics, pair, "dynamics"))

    def results(self) -> None:
        """Hand over the layout, timed now or long ago."""
        self.out("layout", self.ctx.layout)

    def submit_job(self, frames: FramesData, task: orm.Dict, layout: list[int], name: str) -> orm.ProcessNode:
        """Submit one job; a stored answer would tell nothing about time."""
        inputs = AttributeDict(self.exposed_inputs(Cp2kLabelCalculation, namespace="cp2k"))
        options = with_layout(dict(inputs.metadata.options), *layout)
        inputs.metadata = AttributeDict({"options": options, "call_link_label": name, "disable_cache": True})
        inputs.update(frames=frames, task=task)
        return self.submit(Cp2kLabelCalculation, **inputs)


@calcfunction
def plan_timing(structure: orm.StructureData) -> dict[str, orm.Data]:
    """Return what is timed: two strained and rattled copies, and a short MD run from the crystal itself.

    The seed is fixed, so that times of today and tomorrow are times of the same frames.
    """
    atoms = structure.get_ase()
    symbols, cell = atoms.get_chemical_symbols(), atoms.cell.array
    positions, cells = perturbed_frames(atoms.positions, cell, 2, seed=derive_seed(0, "time"), **RATTLE)
    return {
        "frames": FramesData(symbols, positions, cells, system=structure.label or "timing"),
        "start": FramesData(symbols, atoms.positions[None], cell[None], system=structure.label or "timing"),
        "batch": orm.Dict({"mode": "batch"}),
        "dynamics": orm.Dict({**DYNAMICS, "seed": derive_seed(0, "time")}),
    }


@calcfunction
def fastest_layout(frames: FramesData, **timed: Any) -> orm.Dict:
    """Compare the times of two frames in several layouts by what a further frame takes.

    Forces must be those of the layout with the fewest threads: a linear-algebra library that cannot be called from
    several threads at once is fast and wrong.

    :param timed: of every layout ``times_ranks_N_threads_M`` (``output_parameters``) and ``labels_…`` (the block).
    :returns: a :class:`~aiida_zif.plugins.cp2k.batches.layout.Layout`.
    """
    times, labels = of_kind("times", timed), of_kind("labels", timed)
    splits = sorted(map(Split.parse, times), key=lambda split: (split.n_threads, split.n_ranks))
    jobs = {split: JobReport.from_node(times[split.label()]) for split in splits}
    forces = {split: labels[split.label()].forces for split in splits}
    tried = []
    for split, job in jobs.items():
        assert job.seconds_per_frame is not None
        tried.append(
            TimedLayout(
                n_ranks=split.n_ranks,
                n_threads=split.n_threads,
                seconds_per_frame=job.seconds_per_frame,
                first_frame_s=job.first_frame_s,
                force_difference=float(np.abs(forces[split] - forces[splits[0]]).max()),
            )
        )
    trusted = [entry for entry in tried if (entry.force_difference or 0.0) <= FORCE_TOLERANCE]
    level = jobs[splits[0]].level
    assert level is not None
    layout = Layout(
        **min(trusted, key=lambda entry: entry.seconds_per_frame).model_dump(),
        formula=hill_formula(frames.symbols),
        n_atoms=len(frames.symbols),
        level_hash=level.hash,
        tried=tried,
    )
    return orm.Dict(layout.as_dict())


def known_layout(level_hash: str, computer_uuid: str, symbols: list[str], wanted: list[list[int]]) -> orm.Dict | None:
    """Return the newest comparison at a level that holds here; see :mod:`aiida_zif.workflows.engine.known_layouts`."""
    return known_layouts.known_layout(ENTRY_POINT, computer_uuid, {"level_hash": level_hash}, symbols, wanted)
