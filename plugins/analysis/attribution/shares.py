"""Shares of causes in a change, with their errors (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np

from aiida_zif.plugins.analysis.attribution.bodies import CAUSES
from aiida_zif.plugins.analysis.attribution.exchange import N_SETS, Exchanged
from aiida_zif.plugins.analysis.errors import Estimate, bootstrap

BEYOND_NOISE = 2.0
"""A change that is smaller than so many times what sampling makes is none."""
MISFIT = 2.0
"""Squared differences from the reference, over the change: a frame with some parts of its partner that is farther away
than this from the reference is no state between the two."""


@dataclass(frozen=True)
class Attribution:
    """The change of one state against another, divided between causes.

    :param change: root mean square difference of D(r), Å⁻².
    :param noise: the same between the two halves of the reference frames, scaled to all of them, Å⁻².
    :param shares: of each of ``CAUSES``; NaN where the change is not beyond the noise; shape (4,) in mean and error.
    :param alone: share of the change that disappears if this part alone is exchanged.
    :param last: share that remains if all parts but this one are exchanged.
    :param misfit: largest squared difference from the reference of frames with some parts of their partners, over the
        change. It is 1 if parts fit into each other; it is large where atoms collide.
    """

    change: Estimate
    noise: float
    shares: Estimate
    alone: Estimate
    last: Estimate
    misfit: float

    @property
    def separable(self) -> bool:
        """Whether parts of one state fit into the other, so that shares mean something."""
        return self.misfit <= MISFIT

    @property
    def significant(self) -> bool:
        """Whether the change is beyond the noise."""
        return bool(self.change.mean > BEYOND_NOISE * self.noise)


def shapley(values: np.ndarray) -> np.ndarray:
    """Return the mean drop of a value by each of n parts over all orders in which they can be taken, shape (n,).

    :param values: by set of parts, bit k of the index for part k, shape (2**n,).
    """
    count = int(np.log2(len(values)))
    drops = np.zeros(count)
    for part in range(count):
        others = [other for other in range(count) if other != part]
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for chosen in combinations(others, size):
                without = sum(1 << other for other in chosen)
                drops[part] += weight * (values[without] - values[without | 1 << part])
    return drops


def attribute(
    replicas: Sequence[Exchanged], weights: Mapping[str, float], seed: int, smoothing: float = 0.2
) -> Attribution:
    """Divide a change between its causes.

    The error is a bootstrap over replicas; of one replica over its blocks of consecutive frames.

    :param replicas: of one state, each with its own partners of the reference.
    :param weights: by element, see :meth:`~.exchange.Exchanged.correlation`.
    :param seed: of the bootstrap.
    :param smoothing: width of the Gaussian that curves are smoothed with, Å: what vibrates weighs less.
    """
    r = replicas[0].r
    blocks = [smoothed(one.correlation(weights), r, smoothing) for one in replicas]
    samples = [block.mean(axis=0) for block in blocks] if len(blocks) > 1 else list(blocks[0])
    found = bootstrap(samples, lambda drawn: _numbers(np.mean(drawn, axis=0)), seed)
    return Attribution(
        change=_part(found, slice(0, 1)),
        noise=_noise(blocks),
        shares=_part(found, slice(1, 5)),
        alone=_part(found, slice(5, 9)),
        last=_part(found, slice(9, 13)),
        misfit=float(np.asarray(found.mean)[13]),
    )


def _numbers(curves: np.ndarray) -> np.ndarray:
    """Change, shares, alone, last and misfit of curves (sets, m), shape (14,).

    :raises ValueError: there is no change.
    """
    left = np.mean((curves - curves[N_SETS - 1]) ** 2, axis=1)
    if left[0] <= 0:
        return np.concatenate([[0.0], np.full(3 * len(CAUSES) + 1, np.nan)])
    bits = [1 << bit for bit in range(len(CAUSES))]
    alone = np.array([left[0] - left[bit] for bit in bits]) / left[0]
    last = np.array([left[N_SETS - 1 - bit] for bit in bits]) / left[0]
    return np.concatenate([[left[0] ** 0.5], shapley(left) / left[0], alone, last, [left.max() / left[0]]])


def _noise(blocks: Sequence[np.ndarray]) -> float:
    """Root mean square difference that sampling makes between two means of as many frames as there are.

    Halves differ by a variance four times that of the mean of all, two means of all by twice that.
    """
    if min(len(block) for block in blocks) < 2:
        return float("nan")
    halves = [
        np.mean([part[..., N_SETS - 1, :].mean(axis=0) for part in parts], axis=0)
        for parts in zip(*(np.array_split(block, 2) for block in blocks), strict=True)
    ]
    return float(np.sqrt(np.mean((halves[0] - halves[1]) ** 2) / 2))


def smoothed(curves: np.ndarray, r: np.ndarray, width: float) -> np.ndarray:
    """Return curves that are smoothed by a Gaussian along their last axis.

    :param curves: shape (…, m).
    :param r: Å, shape (m,).
    :param width: standard deviation, Å; zero smooths nothing.
    """
    if width <= 0:
        return curves
    kernel = np.exp(-((r[:, None] - r[None, :]) ** 2) / (2 * width**2))
    kernel /= kernel.sum(axis=1, keepdims=True)
    return np.asarray(curves @ kernel.T)


def _part(found: Estimate, which: slice) -> Estimate:
    """Some of the numbers of an estimate; a single one as a plain number."""
    cut = [np.asarray(value)[which] for value in (found.mean, found.error, found.n, found.freedom)]
    mean, error, n, freedom = (float(value[0]) if len(value) == 1 else value for value in cut)
    return Estimate(mean, error, n, freedom, found.error_from, found.remark)
