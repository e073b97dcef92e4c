"""Numbers that describe many frames of a trajectory, in the reports of explorations and of production (no AiiDA)."""

from __future__ import annotations

from aiida_zif.plugins.data.record import Entry


class Mean(Entry):
    """A mean over frames with its standard error; None where there are too few frames."""

    mean: float | None = None
    error: float | None = None


class Reached(Mean):
    """A mean, and what was asked for: first and last target of the run, None where nothing was controlled."""

    target: tuple[float, float] | None = None


class Deviation(Entry):
    """Quantiles of the largest force deviation over the physical frames, eV/Å; None without such a frame."""

    q50: float | None = None
    q90: float | None = None
    q99: float | None = None
    max: float | None = None
