"""The cause of missing labels of a labelling job, as one line."""

from __future__ import annotations

from aiida import orm

from aiida_zif.plugins.cp2k.batches.report import JobReport


def why_labels_are_missing(job: orm.CalcJobNode) -> str:
    """Return how the job ended, or, if it ended well, why it rejected the first of the rejected frames.

    :param job: a `Cp2kLabelCalculation` that has ended.
    """
    if not job.is_finished_ok:
        state = f"[{job.exit_status}] {job.exit_message or ''}" if job.is_finished else job.exception or "killed"
        return state.strip()
    said = JobReport.from_node(job.outputs.output_parameters) if "output_parameters" in job.outputs else None
    return f"{said.rejected[0].reason}: {said.rejected[0].detail}" if said and said.rejected else "it gave no labels"
