"""Why a process ended as it did, and what a campaign may end with."""

from __future__ import annotations

from aiida import orm

from aiida_zif.plugins.jobs.interruption_codes import STATUSES

RESUME = "After mending it, `aiida-zif run CAMPAIGN --fresh` starts again."
EXIT_CODES = (
    (301, "ERROR_NO_LABELS", "{name} got no labels: {cause}. " + RESUME),
    (
        302,
        "ERROR_LABELS_OVER_FAILURE_BUDGET",
        "{name}: {share:.0%} of the frames got no label (failure_budget.label allows {budget:.0%}), by cause: {cause}. "
        "See `aiida-zif status {pk}`. " + RESUME,
    ),
    (303, "ERROR_TRAINING", "no committee in cycle {cycle}: {cause}. " + RESUME),
    (304, "ERROR_EXPLORATION", "no exploration in cycle {cycle}: {cause}"),
    (305, "ERROR_EVALUATION", "the committee of cycle {cycle} could not be tested: {cause}"),
    (306, "ERROR_SELECTION", "no choice in cycle {cycle}: {cause}. " + RESUME),
    (
        501,
        "ERROR_COMMITTEE_HOPELESS",
        "the first committee is hopeless, no frame was labelled for it: {cause}. Train it longer (training.steps), "
        "give it more to learn from (seed_data), or explore colder (exploration.temperatures). " + RESUME,
    ),
    (
        502,
        "ERROR_NOT_LEARNING",
        "{cause}. Committee and data set are in the outputs. Train longer (training.steps), enlarge the net or the "
        "cut-off (training.deepmd, training.rcut), check the labels (aiida-zif report {pk}), or raise "
        "convergence.patience. " + RESUME,
    ),
)
"""Status, label and message of every end of a campaign that is no success."""


def why_it_ended(node: orm.ProcessNode) -> str:
    """Return exit status and message; of a process that was killed or excepted, how it was.

    :param node: a process that has ended.
    """
    if node.exit_status is not None:
        return f"[{node.exit_status}] {node.exit_message or ''}".rstrip(". ")
    state = node.process_state.value if node.process_state else "never started"
    detail = (node.exception or node.process_status or "").strip()
    return f"{state}: {detail.splitlines()[-1]}" if detail else state  # what a traceback says comes last


MOST_TRIES, MOST_TRIES_FROM_OUTSIDE = 2, 3
"""How often a job that fails is run, and one that somebody or something else ends."""


def ended_from_outside(job: orm.ProcessNode) -> bool:
    """Whether a job was ended by the batch system, a person or a machine, and not by what it did."""
    return bool(job.is_killed or job.exit_status in STATUSES)


def may_run_again(job: orm.ProcessNode, n_tries: int) -> bool:
    """Whether a job that failed is run once more.

    :param n_tries: how often it has been run.
    """
    return n_tries < (MOST_TRIES_FROM_OUTSIDE if ended_from_outside(job) else MOST_TRIES)


def name_of_try(name: str, n_tries: int) -> str:
    """Return the call link's label of the next run of a job, which has been run so often: ``x``, ``x_again``, …"""
    return (name, f"{name}_again")[n_tries] if n_tries < 2 else f"{name}_again_{n_tries}"


def blames_the_committee(exploration: orm.ProcessNode) -> bool:
    """Whether every job of an exploration ran and found the committee at fault, not the code or the machine."""
    jobs = jobs_of(exploration)
    return bool(jobs) and all(500 <= (job.exit_status or 0) < 600 for job in jobs)


def what_the_last_job_said(chain: orm.ProcessNode) -> str:
    """Return the first sentence of how the last job of a chain ended: what happened, without the advice."""
    return why_it_ended(jobs_of(chain)[-1]).partition(". ")[0]


def jobs_of(chain: orm.ProcessNode) -> list[orm.CalcJobNode]:
    """Return the jobs that a chain called, in the order of their creation."""
    return sorted((node for node in chain.called if isinstance(node, orm.CalcJobNode)), key=lambda node: node.ctime)
