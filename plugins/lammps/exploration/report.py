"""What an exploration saw: the summary that the harvest writes beside the trajectories (no AiiDA).

The harvest itself needs nothing but NumPy, so it writes plain JSON with the number of this definition.
"""

from __future__ import annotations

from aiida_zif.plugins.data.record import Entry, Report
from aiida_zif.plugins.lammps.statistics import Deviation, Mean, Reached


class Equilibration(Entry):
    """What became of the frames before those that count.

    :param n_steps: MD steps of the equilibration.
    :param failed_reasons: its frames that are not physical, by reason.
    """

    n_steps: int
    n_frames: int
    failed_reasons: dict[str, int] = {}


class ExploredRun(Entry):
    """One MD run; each of its sampled frames is accurate, a candidate, or failed.

    :param label: of its conditions, such as ``300K_0GPa``.
    :param temperature: target, K; of a ramp its two ends; None where nothing was asked.
    :param pressure: target, GPa, likewise.
    :param driver: index of the member of the committee that drove it.
    :param failed_reasons: failed frames by reason.
    :param n_steps: MD steps that were reached.
    :param ended: how, such as ``completed``; early versions did not say.
    :param detail: for reading.
    :param reached: temperature (K) and pressure (GPa) over all its frames.
    :param missed: which of them are off their target.
    :param averages: over its physical frames: temperature (K), pressure (GPa), energy (eV), volume (Å³).
    :param observables: means such as ``density`` (g/cm³), and radial distributions ``g_…`` in the bins of
        ``radial_edges``.
    """

    label: str
    temperature: float | tuple[float, float] | None = None
    pressure: float | tuple[float, float] | None = None
    driver: int | None = None
    n_explored: int = 0
    n_accurate: int = 0
    n_candidate: int = 0
    n_failed: int = 0
    failed_reasons: dict[str, int] = {}
    n_steps: int = 0
    n_steps_requested: int | None = None
    ended: str | None = None
    detail: str | None = None
    equilibration: Equilibration | None = None
    reached: dict[str, Reached] = {}
    missed: list[str] = []
    averages: dict[str, float | None] = {}
    observables: dict[str, Mean | list[float]] = {}

    def mean_of(self, observable: str) -> float | None:
        """Return the mean of an observable; None where it was not measured."""
        found = self.observables.get(observable)
        return found.mean if isinstance(found, Mean) else None


class Histogram(Entry):
    """Of the largest force deviation of the physical frames: ``counts`` between ``edges`` in eV/Å."""

    edges: list[float] = []
    counts: list[int] = []


class ExplorationReport(Report):
    """``output_parameters`` of ``zif.lammps``.

    :param keep: which frames came back, see :class:`aiida_zif.plugins.lammps.exploration.settings.Settings`.
    :param n_explored: frames that were looked at, those of equilibrations left out.
    :param n_accurate: below the lower trust level.
    :param n_candidate: inside the trust window.
    :param n_failed: above the upper trust level, or not physical.
    :param radial_edges: bins of the radial distributions, Å.
    :param wall_s: s, of the whole job.
    :param steps_per_s: MD steps of all runs by that time.
    :param preflight: the short runs that the lanes began with; none of their frames counts.
    """

    runs: list[ExploredRun] = []
    keep: str = "uncertain"
    n_explored: int
    n_accurate: int
    n_candidate: int
    n_failed: int
    deviation: Deviation = Deviation()
    histogram: Histogram = Histogram()
    radial_edges: list[float] = []
    wall_s: float | None = None
    steps_per_s: float | None = None
    preflight: list[ExploredRun] = []
    lammps_version: str | None = None
