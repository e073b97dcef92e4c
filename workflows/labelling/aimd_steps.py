"""Calcfunctions of an AIMD run: its parts, and the account of its frames."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.cp2k.aimd.autocorrelation import stride_bounds
from aiida_zif.plugins.cp2k.aimd.segments import first_part, next_part
from aiida_zif.plugins.cp2k.reading.run_outcome import NOT_REACHED
from aiida_zif.plugins.cp2k.task import AUTO, AimdTask, read_task
from aiida_zif.workflows.engine.seeds import derive_seed


@calcfunction
def begin_run(task: orm.Dict) -> orm.Dict:
    """Return the task of the first part of a run."""
    return _as_node(first_part(_run(task)))


@calcfunction
def continue_run(task: orm.Dict, part: orm.Dict, outcome: orm.Dict) -> dict[str, orm.Data]:
    """Return where a run goes on after one of its parts: ``source``, and the next ``part`` if one is left.

    :param outcome: ``output_parameters`` of the job that took the part.
    """
    run, brought = _run(task), outcome["dynamics"]
    seed = derive_seed(run.seed, "continued", brought["last_label"])
    continuation = next_part(run, _run(part), brought, seed)
    plan: dict[str, orm.Data] = {"source": orm.Str(continuation.source)}
    if continuation.part is not None:
        plan["part"] = _as_node(continuation.part)
    return plan


@calcfunction
def account_for_run(task: orm.Dict, **outcomes: orm.Dict) -> orm.Dict:
    """Add up what the jobs of a run say: every frame on its grid counts once.

    Of an automatic stride it tells the autocorrelation time in fs; ``parts`` are the steps that every job took.
    """
    jobs = [outcomes[name].get_dict() for name in sorted(outcomes, key=_number)]
    brought = [job["dynamics"] for job in jobs]
    run = _run(task)
    stride = next((one["stride"] for one in brought if one["stride"]), None if run.stride == AUTO else run.stride)
    rejected = [entry for job in jobs for entry in job["rejected"] if entry["reason"] != NOT_REACHED]
    n_labelled = sum(job["n_labelled"] for job in jobs)
    causes: dict[str, int] = {}
    for entry in rejected:
        causes[entry["reason"]] = causes.get(entry["reason"], 0) + 1
    taken = stride or stride_bounds(run.steps, run.timestep)[1]
    wanted = len(run.model_copy(update={"stride": taken}).labelled_steps)
    if wanted > n_labelled + len(rejected):
        causes[NOT_REACHED] = wanted - n_labelled - len(rejected)
    measured: dict[str, Any] = next((one for one in brought if "autocorrelation_fs" in one), {})
    return orm.Dict(
        {
            "mode": run.mode,
            "n_jobs": len(jobs),
            "n_wanted": wanted,
            "n_labelled": n_labelled,
            "n_rejected": causes,
            "rejected": rejected,
            "wall_s": sum(job.get("wall_s") or 0.0 for job in jobs),
            "stride": stride,
            "autocorrelation_fs": measured.get("autocorrelation_fs"),
            "n_measured": measured.get("n_measured"),
            "parts": [[one["first_step"], one["last_step"]] for one in brought],
        }
    )


def _run(task: orm.Dict) -> AimdTask:
    run = read_task(task.get_dict())
    assert isinstance(run, AimdTask)
    return run


def _as_node(part: AimdTask) -> orm.Dict:
    return orm.Dict(part.as_dict())


def _number(name: str) -> int:
    return int(name.rsplit("_", 1)[1])
