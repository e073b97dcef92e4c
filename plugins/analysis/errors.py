"""Standard errors: of a correlated series, over replicas, of both together, and by bootstrap (no AiiDA).

The replica is the sampling unit. Blocks of one trajectory come second: they cannot show what a trajectory
never visited. Every function takes numbers or whole curves; the first dimension counts the samples, others are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

FEWEST_BLOCKS = 4
"""An error from fewer blocks than this is none."""

Sample = TypeVar("Sample")

Value = Any
"""A float, or an array of the shape of one sample."""


@dataclass(frozen=True)
class Estimate:
    """A mean with its standard error; ``mean, error, n = estimate`` unpacks it.

    :param mean: of the samples, a number or the shape of one sample.
    :param error: standard error of the mean; NaN where the samples allow none.
    :param n: number of independent samples behind the mean.
    :param freedom: degrees of freedom of ``error``: few make an interval of a stated confidence wider (Student).
    :param error_from: ``replicas``, ``blocks``, ``bootstrap`` or ``none``, as in a measured value.
    :param remark: what a reader must know before the error is used; empty if nothing.
    """

    mean: Value
    error: Value
    n: Value
    freedom: Value
    error_from: str
    remark: str = ""

    def __iter__(self) -> Iterator[Value]:
        """Yield mean, error and number of independent samples."""
        return iter((self.mean, self.error, self.n))

    def half_width(self, confidence: float = 0.95) -> Value:
        """Return half the width of the interval that holds the true mean with this confidence (Student's t)."""
        from scipy.stats import t as student

        freedom = np.asarray(self.freedom, dtype=float)
        width = student.ppf(0.5 + confidence / 2, np.where(freedom > 0, freedom, np.nan)) * np.asarray(self.error)
        return _plain(width)


def block_error(series: ArrayLike) -> Estimate:
    """Return the mean of a correlated series and its standard error, by blocking.

    Neighbours are averaged in pairs, again and again; the error of the mean from the blocks grows until blocks are
    longer than the correlations, and stays there (Flyvbjerg and Petersen, J. Chem. Phys. 91, 461 (1989)). The plateau
    begins at the first block length b with b³ > 2 N (e_b/e_1)⁴, where the statistical error of e_b equals what
    correlations still hide (Lee et al., Phys. Rev. E 83, 066706 (2011)). The correlation that neighbouring blocks
    have there is added: e² (1 + 2ρ). Where no block length with :data:`FEWEST_BLOCKS` blocks reaches the plateau, the
    remark says that the error is a lower bound.

    The number of independent samples is the variance of the series over the squared error.

    :param series: equally spaced in time, shape (N,) or (N, ...).
    :raises ValueError: the series is empty or holds what is no number.
    """
    values = _samples(series)
    first, n_samples = values.reshape(len(values), -1), len(values)
    if n_samples < FEWEST_BLOCKS:
        remark = f"{n_samples} {'sample is' if n_samples == 1 else 'samples are'} too few for an error by blocks"
        unknown = np.full(values.shape[1:], np.nan)
        return _estimate(values.mean(axis=0), unknown, np.full(unknown.shape, 1.0), unknown, "none", remark)
    variance = first.var(axis=0, ddof=1)
    # a constant computed from equal samples may differ from them by rounding
    variance[variance <= (1e-14 * np.abs(first).max(axis=0)) ** 2] = 0.0
    squared, blocks, found = _plateau(first, variance / n_samples)
    steady = variance == 0.0
    squared, blocks, found = np.where(steady, 0.0, squared), np.where(steady, n_samples, blocks), found | steady
    n_effective = np.minimum(
        n_samples, np.divide(variance, squared, out=np.full_like(squared, n_samples), where=~steady)
    )
    short = int(np.sum(~found))
    of = f" in {short} of {len(found)} values" if len(found) > 1 else ""
    remark = f"too short for its correlations{of}: the error is a lower bound" if short else ""
    shape = values.shape[1:]
    error, n, freedom = (part.reshape(shape) for part in (squared**0.5, n_effective, blocks - 1.0))
    return _estimate(values.mean(axis=0), error, n, freedom, "blocks", remark)


def replica_error(values: ArrayLike) -> Estimate:
    """Return the mean over independent replicas and its standard error, from their spread.

    :param values: one number or curve a replica, shape (R,) or (R, ...).
    :returns: with R - 1 degrees of freedom; the remark gives the factor of Student's t for a 95 % interval.
    :raises ValueError: there is none, or one holds what is no number.
    """
    replicas = _samples(values)
    count, shape = len(replicas), replicas.shape[1:]
    if count == 1:
        unknown = np.full(shape, np.nan)
        return _estimate(replicas[0], unknown, np.ones(shape), np.zeros(shape), "none", "one replica: no error")
    error = replicas.std(axis=0, ddof=1) / count**0.5
    factor = student_factor(count - 1)
    remark = f"95 % interval: ±{factor:.3g} standard errors (Student's t, {count} replicas)"
    n, freedom = np.full(shape, float(count)), np.full(shape, count - 1.0)
    return _estimate(replicas.mean(axis=0), error, n, freedom, "replicas", remark)


def combine(replicas: Sequence[ArrayLike]) -> Estimate:
    """Return the mean over replicas, each a series, with the error of their spread or of their blocks.

    Replicas weigh the same, whatever their lengths. The spread between them contains what varies within them, so an
    error from the spread that is smaller than the one from the blocks is chance: the larger one is returned, value by
    value. One replica has the error of its blocks alone, and the remark says so.

    :param replicas: series of shape (B,) or (B, ...), one a replica, of any lengths.
    """
    if not replicas:
        raise ValueError("replicas: none given; at least one is needed")
    within = [block_error(series) for series in replicas]
    if len(replicas) == 1:
        only = within[0]
        remark = _joined("one replica: the error of its blocks", only.remark)
        return _estimate(only.mean, only.error, only.n, only.freedom, only.error_from, remark)
    between = replica_error(np.stack([one.mean for one in within]))
    blocks = np.sqrt(np.sum([np.nan_to_num(one.error) ** 2 for one in within], axis=0)) / len(within)
    larger = np.asarray(blocks > between.error)
    error = np.where(larger, blocks, between.error)
    n = np.where(larger, np.sum([one.n for one in within], axis=0), between.n)
    freedom = np.where(larger, np.sum([np.nan_to_num(one.freedom) for one in within], axis=0), between.freedom)
    remark = ""
    if larger.any():
        of = f" in {int(larger.sum())} of {larger.size} values" if larger.ndim else ""
        remark = f"error of the blocks{of}, which is larger than that of the spread of the replicas"
    source = "blocks" if larger.all() else "replicas"
    return _estimate(between.mean, error, n, freedom, source, _joined(between.remark, remark))


def bootstrap(
    samples: Sequence[Sample],
    statistic: Callable[[list[Sample]], ArrayLike],
    seed: int,
    draws: int = 400,
) -> Estimate:
    """Return a statistic of independent samples, with its standard error by drawing them again with replacement.

    For what is no mean: a peak position, a fitted temperature, a ratio. The spread of the draws is scaled by
    sqrt(R/(R - 1)), without which R samples give too small an error (Efron and Tibshirani, 1993, section 5.3). A draw
    for which the statistic is not defined (NaN or ValueError) is left out and counted in the remark.

    :param samples: one a replica (or a block as long as the correlations), of any kind.
    :param statistic: takes as many samples and returns a number or an array of one shape.
    :param seed: of the draws; the same seed gives the same error.
    """
    count = len(samples)
    value = np.asarray(statistic(list(samples)), dtype=float)
    if count == 1:
        unknown = np.full(value.shape, np.nan)
        return _estimate(value, unknown, np.ones(value.shape), np.zeros(value.shape), "none", "one sample: no error")
    random = np.random.default_rng(seed)
    drawn: list[np.ndarray] = []
    for _ in range(draws):
        chosen = [samples[index] for index in random.integers(count, size=count)]
        try:
            drawn.append(np.asarray(statistic(chosen), dtype=float))
        except ValueError:
            drawn.append(np.full(value.shape, np.nan))
    table = np.stack(drawn)
    undefined = int(np.isnan(table).reshape(draws, -1).any(axis=1).sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        n_kept = np.sum(~np.isnan(table), axis=0)
        centred = table - np.nansum(table, axis=0) / n_kept
        error = np.sqrt(np.nansum(centred**2, axis=0) / (n_kept - 1) * count / (count - 1))
    remark = f"undefined in {undefined} of {draws} draws" if undefined else ""
    shape = value.shape
    return _estimate(value, error, np.full(shape, float(count)), np.full(shape, count - 1.0), "bootstrap", remark)


def resampling_units(replicas: Sequence[np.ndarray], fewest: int = 3, blocks: int = 8) -> tuple[list[np.ndarray], str]:
    """Return the samples that :func:`bootstrap` may draw from, and a remark on what they are.

    With enough replicas these are their means. With fewer they are the means of consecutive blocks of each, which
    hides what differs between replicas, and what blocks still have in common.

    :param replicas: one a replica, of shape (B, ...).
    :param fewest: replicas that are enough.
    :param blocks: of a replica, fewer if it has fewer samples.
    """
    if len(replicas) >= fewest:
        return [np.mean(one, axis=0) for one in replicas], ""
    parts = [part for one in replicas for part in np.array_split(one, min(blocks, len(one)))]
    many = "s" if len(replicas) > 1 else ""
    return [part.mean(axis=0) for part in parts], f"drawn from {len(parts)} blocks of {len(replicas)} replica{many}"


def student_factor(freedom: int, confidence: float = 0.95) -> float:
    """Return how many standard errors to either side hold the true mean with this confidence."""
    from scipy.stats import t as student

    return float(student.ppf(0.5 + confidence / 2, freedom))


def _plateau(series: np.ndarray, naive: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return squared error of the mean, number of blocks and whether it is a plateau, for each column of (N, K)."""
    n_samples, length = len(series), 1
    squared, blocks = naive.copy(), np.full(series.shape[1], float(n_samples))
    found = np.zeros(series.shape[1], dtype=bool)
    while len(series) >= FEWEST_BLOCKS and not found.all():
        count = len(series)
        centred = series - series.mean(axis=0)
        variance = np.sum(centred**2, axis=0) / (count - 1)
        neighbours = np.sum(centred[1:] * centred[:-1], axis=0) / count
        # the estimated correlation of n independent values is -1/n in the mean
        correlation = np.divide(neighbours, variance, out=np.zeros_like(variance), where=variance > 0) + 1 / count
        # an error below that of independent samples is chance, as where all blocks happen to be alike
        here = np.maximum(variance / count * (1 + 2 * np.maximum(correlation, 0.0)), naive)
        squared[~found], blocks[~found] = here[~found], count
        ratio = np.divide(here, naive, out=np.ones_like(here), where=naive > 0)
        found |= length**3 > 2 * n_samples * ratio**2
        series = (series[: 2 * (count // 2) : 2] + series[1 : 2 * (count // 2) : 2]) / 2
        length *= 2
    return squared, blocks, found


def _samples(values: ArrayLike) -> np.ndarray:
    samples = np.asarray(values, dtype=float)
    if samples.ndim == 0 or len(samples) == 0:
        raise ValueError(f"samples: found {samples.shape or 'one number'}; an array of at least one sample is needed")
    if not np.isfinite(samples).all():
        bad = int(np.sum(~np.isfinite(samples)))
        raise ValueError(f"samples: {bad} of {samples.size} numbers are not finite; leave out what was not measured")
    return samples


def _estimate(
    mean: ArrayLike, error: ArrayLike, n: ArrayLike, freedom: ArrayLike, source: str, remark: str
) -> Estimate:
    return Estimate(_plain(mean), _plain(error), _plain(n), _plain(freedom), source, remark)


def _plain(value: ArrayLike) -> Value:
    array = np.asarray(value, dtype=float)
    return float(array) if array.ndim == 0 else array


def _joined(*remarks: str) -> str:
    return "; ".join(remark for remark in remarks if remark)
