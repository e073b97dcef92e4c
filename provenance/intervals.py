"""How sure a comparison of two samples is (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

CONFIDENCE = 0.95

Sample = Sequence[float]


def error_ratio(cycles: Sequence[tuple[Sample, Sample]]) -> dict[str, Any] | None:
    """Return how many times larger the errors of one sample are than those of another, with a confidence interval.

    The ratio of the root mean squares of every cycle, the geometric mean over the cycles. The interval is Student's t
    of its logarithm: the variance of each mean square goes through the logarithm to first order, and the degrees of
    freedom are those of B. L. Welch, Biometrika 34, 28 (1947). Frames are taken as independent.

    :param cycles: errors of the one and of the other sample, cycle by cycle, in the same unit; cycles without any of
        either are left out.
    :returns: ``ratio``, ``low`` and ``high`` (None where a sample of a cycle has a single frame), ``n_first``,
        ``n_second`` (frames) and ``n_cycles``; None without a cycle that has both.
    """
    pairs = [(np.square(first), np.square(second)) for first, second in cycles if len(first) and len(second)]
    if not pairs:
        return None
    samples = [sample for pair in pairs for sample in pair]
    logarithm = float(np.mean([np.log(first.mean() / second.mean()) / 2 for first, second in pairs]))
    counts = {
        "n_first": sum(len(first) for first, _ in pairs),
        "n_second": sum(len(second) for _, second in pairs),
        "n_cycles": len(pairs),
    }
    half = half_width(samples, len(pairs))
    ends = (None, None) if half is None else (np.exp(logarithm - half), np.exp(logarithm + half))
    low, high = (None if end is None else float(end) for end in ends)
    return {"ratio": float(np.exp(logarithm)), "low": low, "high": high, **counts}


def half_width(samples: Sequence[np.ndarray], n_cycles: int) -> float | None:
    """Return half the width of the interval of the logarithm of a ratio; None if a sample has a single value.

    :param samples: squared errors.
    """
    from scipy.special import stdtrit

    if min(map(len, samples)) < 2:
        return None
    parts = [sample.var(ddof=1) / (len(sample) * sample.mean() ** 2) / (2 * n_cycles) ** 2 for sample in samples]
    variance = sum(parts)
    if not variance:
        return 0.0
    dof = variance**2 / sum(part**2 / (len(sample) - 1) for part, sample in zip(parts, samples, strict=True))
    return float(stdtrit(dof, (1 + CONFIDENCE) / 2) * np.sqrt(variance))
