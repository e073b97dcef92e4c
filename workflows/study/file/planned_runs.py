"""The trajectories that a study runs: how many, how long, in which cell (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiida_zif.workflows.properties.melt_quench.naming import Leg
from aiida_zif.workflows.properties.melt_quench.plan import stages_of
from aiida_zif.workflows.properties.states.settings import StatesOptions
from aiida_zif.workflows.study.schema.melt_quench import MeltQuench

if TYPE_CHECKING:
    from aiida_zif.workflows.study.file.loading import Study


@dataclass(frozen=True)
class PlannedRuns:
    """Trajectories of one length.

    :param section: that they belong to.
    :param what: such as ``quench at 20 K/ps``.
    :param runs: how many of them.
    :param steps: MD steps of each.
    :param timestep: fs.
    """

    section: str
    system: str
    what: str
    n_atoms: int
    runs: int
    steps: int
    timestep: float

    @property
    def picoseconds(self) -> float:
        """Length of one of them, ps."""
        return self.steps * self.timestep / 1000.0


def planned_runs(study: Study) -> list[PlannedRuns]:
    """Return every trajectory of a study, in the order in which they run."""
    runs: list[PlannedRuns] = []
    for system, cells in study.cells().items():
        if study.melt_quench is not None:
            runs += melt_runs(study.melt_quench, system, cells.melt_atoms)
        if study.states is not None:
            runs.append(state_runs(study.states, system, cells.melt_atoms_of(study.states.start)))
    return runs


def melt_runs(section: MeltQuench, system: str, n_atoms: int) -> Iterator[PlannedRuns]:
    """Yield the melts, then the quenches of every rate with the relaxation after them."""
    settings = section.settings(system, "", 1)
    for rate in (None, *sorted(section.rates)):
        steps = sum(stage["steps"] for stage in stages_of(settings, Leg(0, rate)))
        what = "melt" if rate is None else f"quench at {rate:g} K/ps"
        yield PlannedRuns("melt_quench", system, what, n_atoms, section.replicas, steps, section.timestep)


def state_runs(section: StatesOptions, system: str, n_atoms: int) -> PlannedRuns:
    """Return the trajectories of a grid of states."""
    steps = round((section.equilibration + section.sampling) / section.timestep)
    runs = len(section.states) * section.replicas
    return PlannedRuns("states", system, "state", n_atoms, runs, steps, section.timestep)
