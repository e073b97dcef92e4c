"""What a part of an AIMD run brought: written by the job that took it, read by what plans the next one (no AiiDA)."""

from __future__ import annotations

from aiida_zif.plugins.data.record import Entry


class PartOutcome(Entry):
    """What one job did for a run.

    :param first_step: number of the MD step that it began at.
    :param last_step: of the last step that the main output reports.
    :param labelled_up_to: step before which no label is missing.
    :param last_label: step of the last label; None without one.
    :param restart_steps: steps of the whole restart files whose forces were finished, ascending.
    :param stride: MD steps between two labels; None if it is not known yet.
    :param autocorrelation_fs: integrated autocorrelation time of the forces, fs, where this part measured it.
    :param n_measured: consecutive frames that it was measured on.
    """

    first_step: int
    last_step: int
    labelled_up_to: int
    last_label: int | None
    restart_steps: list[int]
    stride: int | None
    autocorrelation_fs: float | None = None
    n_measured: int | None = None
