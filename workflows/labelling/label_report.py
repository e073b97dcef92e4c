"""The report of a labelling, whatever made the labels: every frame asked for is a label, or has one reason why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from aiida_zif.plugins.cp2k.batches.report import RejectedFrame
from aiida_zif.plugins.data.record import Report


class LabelReport(Report):
    """``report`` of ``zif.label`` and ``zif.aimd``.

    :param mode: of the task, ``batch`` or ``aimd``.
    :param n_reused: of the labels, those that were taken from the profile instead of computed.
    :param n_rejected: frames without a label by reason; in dynamics with those that no job reached.
    :param rejected: the frames that a job looked at, one by one.
    :param wall_s: s, of all jobs together.
    :param tried: frames by the rung of the level that they needed.
    :param recovered: labels by rung.
    :param n_flagged: labels whose rung changes the physics.
    :param n_wanted: frames on the grid of a run.
    :param stride: MD steps between two labels; None where it was never measured.
    :param autocorrelation_fs: of an automatic stride, fs.
    :param n_measured: consecutive frames that it was measured on.
    :param parts: first and last MD step of every job of a run.
    """

    mode: str = "batch"
    n_jobs: int = 0
    n_labelled: int
    n_reused: int = 0
    n_rejected: dict[str, int] = {}
    rejected: list[RejectedFrame] = []
    wall_s: float = 0.0
    tried: dict[str, int] = {}
    recovered: dict[str, int] = {}
    n_flagged: int = 0
    n_wanted: int | None = None
    stride: int | None = None
    autocorrelation_fs: float | None = None
    n_measured: int | None = None
    parts: list[tuple[int, int]] = []

    @property
    def n_lost(self) -> int:
        """Frames that got no label."""
        return sum(self.n_rejected.values())


def by_reason(rejected: Iterable[RejectedFrame]) -> dict[str, int]:
    """Return the number of frames by reason, in the order in which the reasons first appear."""
    return dict(Counter(one.reason for one in rejected))
