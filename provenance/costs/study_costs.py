"""Cost of a study, estimated from the times of finished jobs of the profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida_zif.provenance.costs.estimate import Estimate, Pace, Work, estimate
from aiida_zif.workflows.study.file.planned_runs import PlannedRuns, planned_runs

if TYPE_CHECKING:
    from aiida_zif.workflows.study.file.loading import Study
    from aiida_zif.workflows.study.schema.resources import MdStage


def estimate_study(study: Study, has_profile: bool) -> list[Estimate]:
    """Return the cost of every trajectory of a study; analysis costs less than them.

    :param has_profile: whether a profile is loaded, whose jobs say what such work took before.
    """
    paces = measured_paces(study) if has_profile and study.known is not None else []
    return [estimate(work_of(runs, study.resources.md), paces) for runs in planned_runs(study)]


def measured_paces(study: Study) -> list[Pace]:
    """Return what MD steps took on the computer of the study: those of production, else those of explorations."""
    from aiida import orm

    from aiida_zif.provenance.costs.measured import exploration_paces, md_paces

    computers = dict(orm.QueryBuilder().append(orm.Computer, project=["label", "uuid"]).all())
    computer = computers.get(study.code_labels()["lmp"].split("@")[1])
    if computer is None or study.known is None:
        return []
    return md_paces(computer, list(study.known.models.values())) or exploration_paces(computer)


def work_of(runs: PlannedRuns, md: MdStage) -> Work:
    """Return trajectories of one length as an item of the cost."""
    return Work(
        runs.system, f"{runs.section}, {runs.runs} × {runs.what}", "MD steps", "md", runs.n_atoms, runs.steps,
        (md.ranks, md.threads), md.walltime, runs.runs, md.concurrent,
    )  # fmt: skip
