"""Bonds between metals and linkers with time: lifetimes and exchange (no AiiDA).

A bond forms when nitrogen and metal come closer than one distance and ends when they go farther apart than another, so
that a bond that vibrates around one distance is not counted as broken and made again and again. Which distances is
part of a result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aiida_zif.plugins.analysis.network.linkers import Linkers
from aiida_zif.plugins.analysis.network.net import contacts

from .correlation import Curve, curve, products

FORM = 2.5
"""Å."""

RELEASE = 3.0
"""Å; between the first and the second shell of nitrogen around zinc."""


@dataclass(frozen=True)
class BondHistory:
    """Which metal and nitrogen are bonded in which frame.

    :param metal: place in ``Linkers.metals`` of each pair that is ever bonded, shape (p,).
    :param nitrogen: place in ``Linkers.nitrogens``, shape (p,).
    :param bonded: shape (T, p).
    :param distances: Å, shape (T, p); infinite where they are farther apart than ``release``.
    :param interval: between two frames, ps.
    :param form: Å.
    :param release: Å.
    """

    metal: np.ndarray
    nitrogen: np.ndarray
    bonded: np.ndarray
    distances: np.ndarray
    interval: float
    form: float
    release: float

    def broken(self) -> np.ndarray:
        """Return the number of bonds that end after each frame, shape (T - 1,)."""
        return np.asarray(np.sum(self.bonded[:-1] & ~self.bonded[1:], axis=1))


@dataclass(frozen=True)
class Lifetime:
    """How long a bond lasts, from the rate at which bonds end.

    :param value: ps; time of all bonds over number of ends. Infinite if none ended.
    :param error: standard error, ps: ends are independent events, value/sqrt(ends). NaN if none ended.
    :param at_least: ps; the lower bound of an interval of 95 % if none ended, time of all bonds over 3; NaN otherwise.
    :param n_ends: how many ended.
    :param bond_time: time of all bonds, ps.
    """

    value: float
    error: float
    at_least: float
    n_ends: int
    bond_time: float


@dataclass(frozen=True)
class Exchanges:
    """Nitrogens that left one metal and bound another.

    :param frames: the frame in which each is bound to its new metal and no longer to its old one, shape (e,).
    :param nitrogen: place in ``Linkers.nitrogens``, shape (e,).
    :param left: place in ``Linkers.metals``, shape (e,).
    :param bound: place in ``Linkers.metals``, shape (e,).
    :param free_frames: frames in between in which it was bound to no metal, shape (e,); 0 if it bound the new metal
        before it left the old one.
    :param rate: events per nitrogen and ps.
    :param rate_error: standard error of independent events, rate/sqrt(events); with none, the value of one event.
    """

    frames: np.ndarray
    nitrogen: np.ndarray
    left: np.ndarray
    bound: np.ndarray
    free_frames: np.ndarray
    rate: float
    rate_error: float

    def __len__(self) -> int:
        return len(self.frames)


def bond_history(
    linkers: Linkers,
    positions: ArrayLike,
    cells: ArrayLike,
    interval: float,
    form: float = FORM,
    release: float = RELEASE,
) -> BondHistory:
    """Follow all bonds of metals and azole nitrogens through the frames of a trajectory.

    A bond is known by its two atoms, whichever image; a bond of the first frame is one that is closer than ``form``.

    :param positions: Å, shape (T, n, 3), equally spaced in time.
    :param cells: Å, shape (T, 3, 3).
    :param interval: between two frames, ps.
    :param form: Å.
    :param release: Å, not less than ``form``.
    """
    if not 0 < form <= release:
        raise ValueError(f"release: found {release:g} Å; allowed is no less than form, {form:g} Å, both above zero")
    if not interval > 0:
        raise ValueError(f"interval: found {interval:g} ps; allowed is a time above zero between two frames")
    frames = [
        contacts(linkers, place, cell, release)
        for place, cell in zip(np.asarray(positions, float), np.asarray(cells, float), strict=True)
    ]
    n_nitrogens = len(linkers.nitrogens)
    keys = [one.metal * n_nitrogens + one.nitrogen for one in frames]
    known = np.unique(np.concatenate(keys))
    distances = np.full((len(frames), len(known)), np.inf)
    for row, key, one in zip(distances, keys, frames, strict=True):
        np.minimum.at(row, np.searchsorted(known, key), one.distances)
    bonded = distances < form
    for before, now, distance in zip(bonded[:-1], bonded[1:], distances[1:], strict=True):
        now |= before & np.isfinite(distance)
    ever = bonded.any(axis=0)
    metal, nitrogen = known[ever] // n_nitrogens, known[ever] % n_nitrogens
    return BondHistory(metal, nitrogen, bonded[:, ever], distances[:, ever], float(interval), form, release)


def intermittent_correlation(history: BondHistory, share: float = 0.5) -> Curve:
    """Return the share of bonds that exist a time later, whether or not they were broken in between.

    C(t) = ⟨h(t0) h(t0 + t)⟩/⟨h(t0)⟩ (A. Luzar and D. Chandler, Phys. Rev. Lett. 76, 928 (1996)). Errors are those over
    metals.
    """
    bonded = history.bonded.astype(float)
    return _per_metal(history, products(bonded), share)


def continuous_correlation(history: BondHistory, share: float = 0.5) -> Curve:
    """Return the share of bonds that were never broken until a time later, in any frame.

    D. C. Rapaport, Mol. Phys. 50, 1151 (1983). A bond that lasts for m frames has m - t origins for the time of t
    frames. It depends on the interval between frames, within which breaks are not seen.
    """
    bonded = history.bonded
    n_frames, n_pairs = bonded.shape
    padded = np.zeros((n_frames + 2, n_pairs), dtype=np.int8)
    padded[1:-1] = bonded
    change = np.diff(padded, axis=0).T
    begins, ends = np.nonzero(change == 1), np.nonzero(change == -1)
    lasting = np.zeros((n_frames + 1, n_pairs))
    np.add.at(lasting, (ends[1] - begins[1], begins[0]), 1.0)
    longer = np.cumsum(lasting[::-1], axis=0)[::-1]  # bonds that last for at least so many frames
    survived = np.cumsum(longer[::-1], axis=0)[::-1][1:]
    return _per_metal(history, survived, share)


def lifetime(history: BondHistory) -> Lifetime:
    """Return the mean lifetime of a bond: the time of all bonds over the number that ended.

    The estimate of greatest likelihood for a constant rate of breaking. Bonds that outlast the trajectory count with
    the time that was seen of them.
    """
    ends = int(history.broken().sum())
    time = float(history.bonded[:-1].sum()) * history.interval
    if not ends:
        return Lifetime(np.inf, np.nan, time / 3.0, 0, time)
    return Lifetime(time / ends, time / ends**1.5, np.nan, ends, time)


def exchanges(history: BondHistory, n_nitrogens: int) -> Exchanges:
    """Return the events in which a nitrogen changes its metal.

    A nitrogen belongs to a metal until that bond ends. Then it belongs to the nearest metal that it is bonded to; as
    long as there is none, it is free, and an event if the next one is another than the last one. A metal and its own
    images are one.

    :param n_nitrogens: number of azole nitrogens, also those that never bind.
    """
    owner = np.full(n_nitrogens, -1)  # pair that a nitrogen belongs to, or belonged to last
    free = np.zeros(n_nitrogens, dtype=int)
    rows: list[tuple[int, int, int, int, int]] = []
    for frame, (bonded, distances) in enumerate(zip(history.bonded, history.distances, strict=True)):
        pairs = np.flatnonzero(bonded)
        pairs = pairs[np.argsort(-distances[pairs], kind="stable")]
        nearest = np.full(n_nitrogens, -1)
        nearest[history.nitrogen[pairs]] = pairs  # the last one that is written, the nearest, stays
        holds = (owner >= 0) & bonded[owner] if len(bonded) else np.zeros(n_nitrogens, dtype=bool)
        taken = ~holds & (nearest >= 0)
        changed = np.flatnonzero(taken & (owner >= 0))
        changed = changed[history.metal[nearest[changed]] != history.metal[owner[changed]]]
        rows += [
            (frame, int(one), int(history.metal[owner[one]]), int(history.metal[nearest[one]]), int(free[one]))
            for one in changed
        ]
        owner[taken] = nearest[taken]
        free = np.where(holds | taken, 0, free + 1)
    frames, nitrogen, left, bound, gap = np.array(rows, dtype=int).reshape(-1, 5).T
    time = n_nitrogens * (len(history.bonded) - 1) * history.interval
    rate = len(rows) / time if time else np.nan
    rate_error = max(len(rows), 1) ** 0.5 / time if time else np.nan
    return Exchanges(frames, nitrogen, left, bound, gap, rate, rate_error)


def _per_metal(history: BondHistory, pairs: np.ndarray, share: float) -> Curve:
    """Curve of a sum over pairs and origins, divided by the bonds at those origins, with each metal as one sample."""
    order = np.argsort(history.metal, kind="stable")
    if not len(order):
        raise ValueError("bonds: none in any frame; check the cut-off (Å) and the linkers")
    starts = np.flatnonzero(np.diff(history.metal[order], prepend=-1))
    begun = np.cumsum(history.bonded, axis=0)[::-1]  # bonds of the origins that are left for each time
    found, weights = (np.add.reduceat(part[:, order], starts, axis=1) for part in (pairs, begun))
    return curve(found, history.interval, share, weights=weights.astype(float))
