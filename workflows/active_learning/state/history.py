"""What each cycle of a campaign found, as far as a later verdict needs it (no AiiDA)."""

from __future__ import annotations

from aiida_zif.plugins.data.record import Record
from aiida_zif.plugins.lammps.exploration.report import Histogram


class HeldOutError(Record):
    """Force RMSE on the held-out frames and its confidence interval, eV/Å; the mean over the committee."""

    rmse: float
    low: float
    high: float


class RunMean(Record):
    """Mean of an observable in one MD run, in the unit of the observable.

    :param run: label of the run, which names its condition.
    :param driver: index of the member of the committee that drove it; None in runs of early versions.
    """

    system: str
    run: str
    driver: int | None = None
    mean: float


class CycleRecord(Record):
    """What one cycle found; shares are between 0 and 1, mappings are by system unless stated otherwise.

    :param n_selected: frames that were worth a label, all systems together.
    :param n_labelled: labels that were paid for.
    :param accurate_share: share of the explored frames below the lower trust level.
    :param histograms: of the deviations; empty in cycles that no criterion looks at any more.
    :param observables: means of every run by observable; empty in cycles that no criterion looks at any more.
    :param held_out: error of the committee that explored; None with fewer than two held-out frames.
    :param least_accurate: smallest share of accurate frames of a run; 1 where nothing was left to label.
    :param stages: index of the stage of its curriculum at which a system was explored.
    """

    n_selected: int
    n_labelled: int
    accurate_share: dict[str, float] = {}
    histograms: dict[str, Histogram] = {}
    observables: dict[str, list[RunMean]] = {}
    held_out: HeldOutError | None = None
    least_accurate: dict[str, float] = {}
    stages: dict[str, int] = {}
