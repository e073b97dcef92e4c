"""The series of every trajectory of a melt and quench, as the jobs brought them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aiida_zif.plugins.lammps.production.report import ProductionReport
from aiida_zif.plugins.lammps.production.series import Series
from aiida_zif.provenance.queries.calls import output_arrays, plain_outputs
from aiida_zif.provenance.studies.view import Part, StudyView, Trajectory
from aiida_zif.workflows.properties.melt_quench.naming import Leg

RAMP = "ramp"
"""Kind of the stages in which the temperature changes."""


@dataclass(frozen=True)
class LegSeries:
    """One trajectory of a melt and quench: its series, and the report that names its stages."""

    leg: Leg
    trajectory: Trajectory
    report: ProductionReport
    series: Series

    def ramps(self) -> Series:
        """Return the blocks of the stages in which the temperature changes."""
        places = [index for index, stage in enumerate(self.report.stages) if stage.kind == RAMP]
        return self.series.take(np.flatnonzero(np.isin(self.series.stage, places)))

    @property
    def stage_names(self) -> list[str]:
        """Name of the stage of every block."""
        names = [stage.name for stage in self.report.stages]
        return [names[index] if index < len(names) else str(index) for index in self.series.stage]


def leg_series(view: StudyView, part: Part) -> list[LegSeries]:
    """Return the series of the trajectories of one melt and quench, melts first; those without one are left out."""
    named = {}
    for trajectory in view.trajectories:
        leg = leg_of(trajectory.name) if trajectory.part.name == part.name else None
        if leg is not None and trajectory.part.section == part.section:
            named[trajectory.call.pk] = (leg, trajectory)
    arrays = output_arrays(named, "series")
    reports = plain_outputs(named, ("output_parameters",), view.node.backend)
    found = [
        LegSeries(leg, trajectory, ProductionReport.from_dict(reports[pk]), Series.from_arrays(arrays[pk]))
        for pk, (leg, trajectory) in named.items()
        if pk in arrays and pk in reports
    ]
    return sorted(found, key=lambda one: (one.leg.rate is not None, one.leg.rate or 0.0, one.leg.replica))


def leg_of(label: str) -> Leg | None:
    """Return the leg that a call link says; None for another name."""
    try:
        return Leg.parse(label)
    except ValueError:
        return None
