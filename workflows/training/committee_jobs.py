"""Members of a committee and their jobs: which members share a job, and the state of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiida import orm

from aiida_zif.plugins.deepmd.training.report import Failures, TrainingReport
from aiida_zif.plugins.jobs.interruption_codes import STATUSES
from aiida_zif.workflows.engine.endings import why_it_ended

CUT_SHORT = 400
"""Exit status of a training whose log breaks off."""


def packs(names: Sequence[str], most: int) -> list[list[str]]:
    """Return the members of each job: as few jobs as they take, evenly.

    :param most: members in one job at most.
    """
    n_jobs = -(-len(names) // most)
    size = -(-len(names) // n_jobs)
    return [list(names[first : first + size]) for first in range(0, len(names), size)]


def of_member(job: orm.ProcessNode, output: str, name: str) -> Any:
    """Return an output of a training for one member, None if there is none."""
    if output not in job.outputs:
        return None
    found = job.outputs[output]
    return found if isinstance(found, orm.Data) else found.get(name)


def what_went_wrong(job: orm.ProcessNode, name: str) -> tuple[int | None, str]:
    """Return exit status and cause of the failure of one member."""
    failures = Failures.from_node(job.outputs.failures).members if "failures" in job.outputs else {}
    if name in failures:
        status, message = failures[name]
        return status, f"[{status}] {message}".rstrip(". ")
    return job.exit_status, why_it_ended(job)


def is_blameless(job: orm.ProcessNode, status: int | None) -> bool:
    """Whether a member failed because somebody or something ended its job."""
    return job.is_killed or status in STATUSES


def waits_for_its_turn(job: orm.ProcessNode, name: str, status: int | None) -> bool:
    """Whether a job was ended before it came to this member, while others of it were trained."""
    if "output_parameters" not in job.outputs or not is_blameless(job, status):
        return False
    trained = job.outputs["output_parameters"]
    return bool(trained) and not isinstance(trained, orm.Data) and name not in trained


def checkpoint_of(job: orm.ProcessNode, name: str, status: int | None) -> int:
    """Return the step from which a training that was cut off can go on, 0 if it cannot.

    DeePMD-kit saves nothing in a run that has no step left to take, so that nothing could be frozen.
    """
    numbers = of_member(job, "output_parameters", name)
    if numbers is None or "remote_folder" not in job.outputs or not (status == CUT_SHORT or is_blameless(job, status)):
        return 0
    report = TrainingReport.from_node(numbers)
    step = report.checkpoint or 0
    return 0 if step == report.steps_requested else step
