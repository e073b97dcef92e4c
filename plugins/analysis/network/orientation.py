"""How planes of linkers lie: to their neighbours, their metals, a common direction, each beside chance (no AiiDA).

Every measure is of a normal that has no sign. Beside each stands what the same number of independent random normals
give, since a few hundred rings are never quite without order. How a plane turns with time is in
``analysis/dynamics/reorientation.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from .net import Contacts, Net

RANDOM_DRAWS = 4000


@dataclass(frozen=True)
class Ordered:
    """A measure of order, frame by frame, beside chance.

    :param values: one a frame, shape (N,); NaN for a frame that has nothing to measure.
    :param errors: standard error of each, from the spread within the frame, shape (N,). Neighbours move together, so
        that it is a lower bound; errors of a trajectory or of replicas come from the values of their frames.
    :param random: what random normals give in the mean, shape (N,).
    :param random_spread: standard deviation of what they give, shape (N,).
    :param n: pairs, edges or rings that were averaged over, shape (N,).
    :param unit: of all but ``n``; empty for a pure number.
    """

    values: np.ndarray
    errors: np.ndarray
    random: np.ndarray
    random_spread: np.ndarray
    n: np.ndarray
    unit: str = ""

    @property
    def sigmas(self) -> np.ndarray:
        """How many standard deviations of chance each value is away from what random normals give, shape (N,)."""
        return np.asarray((self.values - self.random) / self.random_spread)


def p2(cosines: np.ndarray) -> np.ndarray:
    """Return the second Legendre polynomial, (3 cos² - 1)/2: 1 for parallel, -1/2 for perpendicular."""
    return np.asarray(1.5 * np.asarray(cosines) ** 2 - 0.5)


def pairs_on_metals(found: Contacts) -> np.ndarray:
    """Return the pairs of linkers that share a metal, with that metal, shape (m, 3).

    A pair that shares two metals is there twice. A linker that a metal binds twice makes no pair with itself.
    """
    on = np.unique(np.stack([found.metal, found.linker], axis=1), axis=0).reshape(-1, 2)
    begin, end = np.arange(len(on)) + 1, np.searchsorted(on[:, 0], on[:, 0], side="right")
    one = np.repeat(np.arange(len(on)), end - begin)
    sizes = end - begin
    other = np.arange(len(one)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + np.repeat(begin, sizes)
    return np.stack([on[one, 1], on[other, 1], on[one, 0]], axis=1)


def neighbour_p2(normals: np.ndarray, found: Sequence[Contacts]) -> Ordered:
    """Return the mean P2 of the angle between the planes of linkers that share a metal.

    0 for random planes, -1/2 for perpendicular, 1 for parallel ones. The error is that of the mean over metals, each
    with all of its pairs. Pairs of random normals are uncorrelated even where they share a normal, and P2 of each has
    the variance 1/5: chance spreads by 1/sqrt(5 m) for m pairs.

    :param normals: unit vectors, shape (N, L, 3).
    :param found: the bonds of each frame, N of them.
    """
    rows = []
    for frame, bonds in zip(normals, found, strict=True):
        pairs = pairs_on_metals(bonds)
        value = p2(np.sum(frame[pairs[:, 0]] * frame[pairs[:, 1]], axis=1))
        n = len(value)
        rows.append((_mean(value), _grouped_error(value, pairs[:, 2]), 0.0, (5 * n) ** -0.5 if n else np.nan, n))
    return _ordered(rows)


def axis_angles(normals: np.ndarray, nets: Sequence[Net]) -> Ordered:
    """Return the mean angle between the normal of a linker and the axis of the metals that it joins, in degrees.

    90 if the ring lies along the axis. The angle of a random normal and an axis, 0 to 90 degrees, has the mean of
    one radian and the variance π - 3.

    :param normals: unit vectors, shape (N, L, 3).
    :param nets: of each frame, N of them.
    """
    rows = []
    for frame, net in zip(normals, nets, strict=True):
        value = edge_angles(frame, net)
        n = len(value)
        spread = np.degrees((np.pi - 3) ** 0.5) / n**0.5 if n else np.nan
        rows.append((_mean(value), _grouped_error(value, net.linkers), np.degrees(1.0), spread, n))
    return _ordered(rows, "degrees")


def edge_angles(normals: np.ndarray, net: Net) -> np.ndarray:
    """Return the angle between normal and metal-metal axis of every edge of one frame, degrees, shape (m,)."""
    axes = net.axes / np.linalg.norm(net.axes, axis=1, keepdims=True)
    cosines = np.abs(np.sum(normals[net.linkers] * axes, axis=1))
    return np.degrees(np.arccos(np.clip(cosines, 0, 1)))


def nematic_order(normals: np.ndarray) -> Ordered:
    """Return the nematic order S of all normals: the largest eigenvalue of ⟨(3 n n - 1)/2⟩ (P. G. de Gennes).

    1 if all are parallel. It is never negative, and 0.81/sqrt(L) for L random normals: what lies there is noise. The
    error is that of the jackknife over linkers.

    :param normals: unit vectors, shape (N, L, 3).
    """
    rows = []
    for frame in np.asarray(normals, float):
        count = len(frame)
        each = 1.5 * frame[:, :, None] * frame[:, None, :] - 0.5 * np.eye(3)
        value = float(np.linalg.eigvalsh(each.mean(axis=0))[-1])
        error = np.nan
        if count > 2:
            without = np.linalg.eigvalsh((each.sum(axis=0) - each) / (count - 1))[:, -1]
            error = float(((count - 1) * np.mean((without - without.mean()) ** 2)) ** 0.5)
        rows.append((value, error, *random_nematic_order(count), count))
    return _ordered(rows)


@cache
def random_nematic_order(count: int) -> tuple[float, float]:
    """Return mean and standard deviation of S for random normals, from a seeded sample.

    Beyond 1000 normals the tensor is a Gaussian one, and both fall as 1/sqrt(count).

    :param count: of normals, at least 1.
    """
    drawn = min(count, 1000)
    random = np.random.default_rng(20090317 + drawn)
    vectors = random.normal(size=(RANDOM_DRAWS, drawn, 3))
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    tensors = 1.5 * np.einsum("dni,dnj->dij", vectors, vectors) / drawn - 0.5 * np.eye(3)
    sample = np.linalg.eigvalsh(tensors)[:, -1] * (drawn / count) ** 0.5
    return float(sample.mean()), float(sample.std(ddof=1))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else np.nan


def _grouped_error(values: np.ndarray, groups: np.ndarray) -> float:
    """Standard error of the mean of all values, if those of one group are one sample.

    The mean is a ratio of two sums over groups; the error is that of a ratio (W. G. Cochran, Sampling Techniques,
    1977, section 6.4).
    """
    _, group = np.unique(groups, return_inverse=True)
    count = int(group.max(initial=-1)) + 1
    if count < 2:
        return np.nan
    residuals = np.bincount(group, weights=values - values.mean(), minlength=count)
    return float((np.sum(residuals**2) * count / (count - 1)) ** 0.5 / len(values))


def _ordered(rows: Sequence[tuple[float, float, float, float, int]], unit: str = "") -> Ordered:
    values, errors, random, spread, n = np.array(rows, dtype=float).reshape(-1, 5).T
    return Ordered(values, errors, random, spread, n.astype(int), unit)
