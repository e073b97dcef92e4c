"""Calcfunctions of an AIMD run: its parts, and the account of its frames."""

from __future__ import annotations

from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.cp2k.aimd.autocorrelation import stride_bounds
from aiida_zif.plugins.cp2k.aimd.outcome import PartOutcome
from aiida_zif.plugins.cp2k.aimd.segments import first_part, next_part
from aiida_zif.plugins.cp2k.batches.report import JobReport
from aiida_zif.plugins.cp2k.reading.labels import NOT_REACHED
from aiida_zif.plugins.cp2k.task import AUTO, AimdTask, read_task
from aiida_zif.workflows.engine.naming import number_in
from aiida_zif.workflows.engine.seeds import derive_seed
from aiida_zif.workflows.labelling.label_report import LabelReport, by_reason


@calcfunction
def begin_run(task: orm.Dict) -> orm.Dict:
    """Return the task of the first part of a run."""
    return _as_node(first_part(_run(task)))


@calcfunction
def continue_run(task: orm.Dict, part: orm.Dict, outcome: orm.Dict) -> dict[str, orm.Data]:
    """Return where a run goes on after one of its parts: ``source``, and the next ``part`` if one is left.

    :param outcome: ``output_parameters`` of the job that took the part.
    """
    run, brought = _run(task), _brought(JobReport.from_node(outcome))
    seed = derive_seed(run.seed, "continued", str(brought.last_label))
    continuation = next_part(run, _run(part), brought, seed)
    plan: dict[str, orm.Data] = {"source": orm.Str(continuation.source)}
    if continuation.part is not None:
        plan["part"] = _as_node(continuation.part)
    return plan


@calcfunction
def account_for_run(task: orm.Dict, **outcomes: orm.Dict) -> orm.Dict:
    """Add up what the jobs of a run say: every frame on its grid counts once.

    For an automatic stride it holds the autocorrelation time in fs; ``parts`` are the steps that every job took.
    """
    jobs = [JobReport.from_node(outcomes[name]) for name in sorted(outcomes, key=number_in)]
    brought = [_brought(job) for job in jobs]
    run = _run(task)
    stride = next((one.stride for one in brought if one.stride), None if run.stride == AUTO else int(run.stride))
    rejected = [entry for job in jobs for entry in job.rejected if entry.reason != NOT_REACHED]
    n_labelled, causes = sum(job.n_labelled for job in jobs), by_reason(rejected)
    taken = stride or stride_bounds(run.steps, run.timestep)[1]
    wanted = len(run.model_copy(update={"stride": taken}).labelled_steps)
    if wanted > n_labelled + len(rejected):
        causes[NOT_REACHED] = wanted - n_labelled - len(rejected)
    measured = next((one for one in brought if one.n_measured is not None), None)
    report = LabelReport(
        mode=run.mode,
        n_jobs=len(jobs),
        n_wanted=wanted,
        n_labelled=n_labelled,
        n_rejected=causes,
        rejected=rejected,
        wall_s=sum(job.wall_s or 0.0 for job in jobs),
        stride=stride,
        autocorrelation_fs=measured.autocorrelation_fs if measured else None,
        n_measured=measured.n_measured if measured else None,
        parts=[(one.first_step, one.last_step) for one in brought],
    )
    return orm.Dict(report.as_dict())


def _brought(job: JobReport) -> PartOutcome:
    assert job.dynamics is not None
    return job.dynamics


def _run(task: orm.Dict) -> AimdTask:
    run = read_task(task.get_dict())
    assert isinstance(run, AimdTask)
    return run


def _as_node(part: AimdTask) -> orm.Dict:
    return orm.Dict(part.as_dict())
