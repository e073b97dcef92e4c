"""What a production run did: the summary of a whole trajectory (no AiiDA)."""

from __future__ import annotations

from typing import Literal

from aiida_zif.plugins.data.record import Entry, Report
from aiida_zif.plugins.lammps.statistics import Deviation, Mean, Reached

Ended = Literal[
    "completed",
    "walltime",
    "temperature_runaway",
    "lost_atoms",
    "box_runaway",
    "deviation_hopeless",
    "deviation_undefined",
    "forces_undefined",
    "linkers_broken",
    "pressure_wrong",
    "crashed",
    "cut_off",
]


class StageDone(Entry):
    """One stage, as far as it was run; all means are over its looks.

    :param first_step: step at which it begins, counted over the whole trajectory.
    :param last_step: step at which it ends when it is whole.
    :param temperature: asked for at its beginning and its end, K; None for a minimisation.
    :param pressure: likewise, GPa; None at constant cell.
    :param reached: mean ``temperature`` (K) and ``pressure`` (GPa), and what was asked for.
    :param missed: which of them are off their target.
    :param averages: means with errors from blocks, of the quantities of
        :data:`aiida_zif.plugins.lammps.production.series.QUANTITIES`.
    :param n_untrusted: looks above the trust level.
    :param max_deviation: largest max force deviation, eV/Å; None with one model.
    :param q99_deviation: its quantile of 99 %, eV/Å.
    :param n_broken: looks with a linker that is not whole.
    """

    name: str
    kind: str
    first_step: int
    last_step: int
    n_steps_done: int
    temperature: tuple[float, float] | None = None
    pressure: tuple[float, float] | None = None
    reached: dict[str, Reached] = {}
    missed: list[str] = []
    averages: dict[str, Mean] = {}
    n_looks: int = 0
    n_untrusted: int = 0
    max_deviation: float | None = None
    q99_deviation: float | None = None
    n_broken: int = 0


class Linkers(Entry):
    """Whether the linkers of the crystal lasted.

    :param n: linkers of the cell.
    :param n_broken_looks: looks at which one or more were not whole.
    :param first_broken_step: the first of these.
    :param reasons: their number by reason, such as ``broken_linker`` or ``lost_hydrogen``.
    """

    n: int
    n_broken_looks: int = 0
    first_broken_step: int | None = None
    reasons: dict[str, int] = {}


class StressComponent(Entry):
    """One component of the pressure tensor: from the ``virial`` and from ``minus_dedv``, −(1/V) dE/dε; GPa.

    None stands for what is no number.
    """

    virial: float | None
    minus_dedv: float | None
    difference: float | None


class PressureCheck(Entry):
    """The pressure of the driving model beside finite differences of its energy, at the start.

    :param components: by name, ``xx`` to ``xy``, and ``pressure``, the mean of the first three against −dE/dV.
    :param tolerance: largest difference that passes, GPa.
    :param strain: of the finite differences.
    """

    components: dict[str, StressComponent]
    tolerance: float | None
    strain: float
    passed: bool


class Layout(Entry):
    """What a step ran on: MPI ranks, threads of each, and ``cpu``, ``gpu`` or ``unknown``, as far as logs say."""

    n_ranks: int = 1
    n_threads: int = 1
    device: str = "unknown"


class ProductionReport(Report):
    """``output_parameters`` of ``zif.lammps.md``: one trajectory over all of its jobs.

    :param driver: index of the model that drove, in the order of the labels.
    :param n_steps: MD steps that were done.
    :param ended: how; ``cut_off`` if LAMMPS was ended from outside.
    :param detail: for reading.
    :param timestep: fs.
    :param sample_every: steps between two looks.
    :param deviation_every: steps between two evaluations of the committee; None with one model.
    :param n_looks: looks at the trajectory, its first frame left out.
    :param n_untrusted: looks above the trust level, those that did not come back included.
    :param trust: that level, eV/Å.
    :param deviation: quantiles of the max force deviation over all of its evaluations.
    :param linkers: None without a topology.
    :param pressure_check: None where no stage has a pressure, or where it was not asked for.
    :param compressed: whether the models were compressed.
    :param coordination_cutoff: Å.
    :param wall_s: s, of all parts that were finished.
    :param engine_s: s of these by the clock of LAMMPS, its models to be read included.
    :param steps_per_s: MD steps by the time of the motion alone, looks and evaluations of the committee included.
    :param steps_of_a_part: between two checkpoints.
    :param n_parts: parts of the trajectory that are done, ``n_parts_here`` of them by the last job.
    :param n_jobs: jobs that ran them.
    """

    system: str
    n_atoms: int
    n_models: int
    driver: int
    stages: list[StageDone]
    n_steps: int
    n_steps_requested: int
    ended: Ended
    detail: str | None = None
    timestep: float
    sample_every: int
    deviation_every: int | None = None
    n_looks: int
    n_untrusted: int = 0
    trust: float | None = None
    deviation: Deviation = Deviation()
    linkers: Linkers | None = None
    pressure_check: PressureCheck | None = None
    layout: Layout = Layout()
    compressed: bool = False
    coordination_cutoff: float
    wall_s: float | None = None
    engine_s: float | None = None
    steps_per_s: float | None = None
    steps_of_a_part: int = 0
    n_parts: int
    n_parts_here: int = 0
    n_jobs: int
    lammps_version: str | None = None

    def stage(self, name: str) -> StageDone:
        """Return the first stage of a name.

        :raises KeyError: if there is none.
        """
        found = [stage for stage in self.stages if stage.name == name]
        if not found:
            raise KeyError(f"no stage {name}, there are {', '.join(stage.name for stage in self.stages)}")
        return found[0]
