"""Progress of a running study: what runs now, the share that is done, the estimated time left."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from aiida import orm

from aiida_zif.plugins.lammps.production.progress import Progress, progress_of
from aiida_zif.plugins.lammps.production.report import ProductionReport
from aiida_zif.provenance.campaigns.progress import state_of
from aiida_zif.provenance.campaigns.workload import local_folder
from aiida_zif.provenance.queries.calls import plain_outputs
from aiida_zif.provenance.studies.view import StudyView, Trajectory
from aiida_zif.provenance.words import clock
from aiida_zif.workflows.study.file.planned_runs import PlannedRuns, melt_runs, state_runs

LEAST_SHARE = 0.005
"""Share of the work that must be done before its pace says how long the rest takes."""


@dataclass(frozen=True)
class Activity:
    """One thing that runs now: a trajectory, or a part between or without trajectories.

    :param progress: of the running job; None where its folder says nothing or is not on this machine.
    :param state: of the job as long as it has done nothing; empty for a part.
    """

    section: str
    name: str
    trajectory: str
    elapsed_s: float
    progress: Progress | None = None
    state: str = ""

    @property
    def line(self) -> str:
        """One readable line: trajectory, steps, ps, temperature, density, deviation, share above the trust level."""
        what = f"{self.section.replace('_', ' ')} of {self.name.replace('_', ' ')}"
        parts = [f"{what}: {self.trajectory.replace('_', ' ')}" if self.trajectory else what]
        if self.progress is not None and self.progress.n_steps:
            parts += progress_in_words(self.progress)
        elif self.state:
            parts.append(self.state)
        return ", ".join([*parts, f"{clock(self.elapsed_s)} elapsed"])

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {**asdict(self), "line": self.line}


def progress_in_words(progress: Progress) -> list[str]:
    """Return the numbers of a running trajectory as text."""
    of = f" of {progress.n_steps_requested}" if progress.n_steps_requested else ""
    parts = [f"{progress.n_steps}{of} steps ({progress.time_ps:.3g} ps)"]
    parts += [progress.stage] if progress.stage else []
    for value, words in (
        (progress.temperature, "{:.0f} K"),
        (progress.density, "{:.3f} g/cm³"),
        (progress.deviation, "deviation {:.2f} eV/Å"),
        (progress.share_untrusted, "{:.1%} above the trust level"),
    ):
        parts += [words.format(value)] if value is not None else []
    return parts


def current_activity(view: StudyView) -> list[Activity]:
    """Return what runs now, one entry a trajectory; a part without one gives an entry without numbers.

    :param view: the study, freshly loaded.
    """
    if view.node.is_terminated:
        return []
    running = [one for one in view.trajectories if one.is_running]
    found = [activity_of(one) for one in running]
    busy = {(one.part.section, one.part.name) for one in running}
    idle = [part for part in view.parts if part.call.is_running and (part.section, part.name) not in busy]
    return found + [Activity(part.section, part.name, "", part.call.wall_s) for part in idle]


def activity_of(trajectory: Trajectory) -> Activity:
    """Return how far one running trajectory is."""
    job = running_job(trajectory)
    return Activity(
        trajectory.part.section,
        trajectory.part.name,
        trajectory.name,
        trajectory.call.wall_s,
        None if job is None else job_progress(job),
        "between two jobs" if job is None else state_of(job),
    )


def running_job(trajectory: Trajectory) -> orm.CalcJobNode | None:
    """Return the job of a trajectory that runs now."""
    running: list[Any] = [job.node for job in trajectory.jobs if job.is_running]
    return running[-1] if running else None


def job_progress(job: orm.CalcJobNode) -> Progress | None:
    """Look into the folder of a running job; None if it is not on this machine or holds nothing to count."""
    folder = local_folder(job)
    if folder is None:
        return None
    try:
        return progress_of(folder)
    except (OSError, ValueError, KeyError):  # the job is writing this very moment, or the folder is being cleaned
        return None


# -- how long it may take ------------------------------------------------------------------------------------


def work_of(view: StudyView) -> tuple[int, int]:
    """Return the MD steps of a study that are done, and all that it will take as far as is known.

    A trajectory that ended early counts with the steps that it did, since nothing more of it will come.
    """
    done, planned = 0, planned_steps(view)
    ended = [one for one in view.trajectories if not one.is_running]
    reports = plain_outputs([one.call.pk for one in ended], ("output_parameters",), view.node.backend)
    for one in ended:
        report = ProductionReport.from_dict(reports[one.call.pk]) if one.call.pk in reports else None
        done += report.n_steps if report is not None else 0
        planned -= max(0, report.n_steps_requested - report.n_steps) if report is not None else 0
    for activity in current_activity(view):
        done += activity.progress.n_steps if activity.progress is not None else 0
    return done, max(planned, done)


def planned_steps(view: StudyView) -> int:
    """Return the MD steps of all trajectories that a study has or will have."""
    melts, states = view.settings.melt_quench, view.settings.states
    runs: list[PlannedRuns] = []
    for system in view.settings.systems:
        runs += [] if melts is None else melt_runs(melts, system, 0)
        runs += [] if states is None else [state_runs(states, system, 0)]
    return sum(run.runs * run.steps for run in runs)


def expected_remaining_s(view: StudyView) -> float | None:
    """Estimate the seconds until the molecular dynamics of a study ends, from the pace so far.

    :param view: the study, freshly loaded.
    :returns: None if the study has ended, or if too little is done to say.
    """
    if view.node.is_terminated or not view.trajectories:
        return None
    done, planned = work_of(view)
    if done < LEAST_SHARE * planned:
        return None
    elapsed = max(time.time() - min(one.call.begun for one in view.trajectories), 0.0)
    return elapsed * (planned - done) / done
