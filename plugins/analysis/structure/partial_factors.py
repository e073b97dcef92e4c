"""Partial structure factors of Faber and Ziman, from g(r) and directly from wave vectors (no AiiDA).

A_ab(Q) - 1 = ρ ∫ 4πr² (g_ab(r) - 1) sin(Qr)/(Qr) dr, with ρ the number of all atoms per Å³ (Faber and Ziman, Philos.
Mag. 11, 153 (1965)). The same from the positions: A_ab - 1 = (F_ab - c_a δ_ab)/(c_a c_b), where F_ab is the mean of
(1/N) Σ_ij exp(iQ·(r_i - r_j)) over i of a and j of b.

From g(r) every Q can be had, with a resolution that the longest distance R limits to about π/R. Wave vectors of the
cell have no cut-off in r, and no Q between them: they suit the first peaks of S(Q).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from aiida_zif.plugins.analysis.structure.pair_distribution import Pair, PairDistribution

Window = Literal["none", "lorch"]

ATOMS_AT_ONCE = 4096
"""Atoms whose phases are held at a time."""


@dataclass(frozen=True)
class PartialFactors:
    """Partial structure factors of the frames of one trajectory.

    :param q: 1/Å, shape (K,).
    :param partials: A_ab(Q) for each pair of elements a ≤ b, shape (N, K); it tends to one at large Q.
    :param numbers: number of atoms of each element.
    :param densities: atoms per Å³ of each frame, shape (N,).
    :param source: how they were computed, in words, with the longest distance or the width of a shell.
    :param reach: longest distance that is in them, Å; infinite from wave vectors.
    :param window: ``lorch`` if g - 1 was multiplied by sin(πr/R)/(πr/R) with R the longest distance, else ``none``.
    """

    q: np.ndarray
    partials: dict[Pair, np.ndarray]
    numbers: dict[str, int]
    densities: np.ndarray
    source: str
    reach: float = np.inf
    window: Window = "none"


def from_distribution(distribution: PairDistribution, q: ArrayLike, window: Window = "none") -> PartialFactors:
    """Return the partials by transforming g(r) up to the longest distance that was counted.

    Counting in bins of width w damps every wave by sin(Qw/2)/(Qw/2), which is taken back. The cut at the longest
    distance R leaves ripples where g has not come to one there.

    :param q: 1/Å, below π/w, shape (K,).
    :param window: ``lorch`` multiplies g - 1 by sin(πr/R)/(πr/R): no ripples, and peaks of A broader by about π/R.
    :raises ValueError: a Q is too large for the bins.
    """
    points = np.asarray(q, dtype=float)
    width, reach = float(distribution.edges[1]), float(distribution.edges[-1])
    if points.min() < 0 or points.max() * width > np.pi:
        raise ValueError(
            f"q: found {points.min():g} to {points.max():g} 1/Å; bins of {width:g} Å allow 0 to {np.pi / width:.4g}; "
            "count the distances in narrower bins"
        )
    shells = 4 / 3 * np.pi * np.diff(distribution.edges**3)
    waves = np.sinc(np.outer(distribution.r, points) / np.pi) / np.sinc(points * width / (2 * np.pi))
    kernel, whole = shells[:, None] * waves, _sphere_transform(reach, points)
    if window == "lorch":
        damping = np.sinc(distribution.r / reach)
        kernel, whole = kernel * damping[:, None], kernel.T @ damping
    densities = distribution.densities
    partials = {
        (a, b): 1 + densities[:, None] * (distribution.g(a, b) @ kernel - whole) for a, b in distribution.counts
    }
    source = f"g(r) up to {reach:g} Å, all images{', Lorch window in r' if window == 'lorch' else ''}"
    return PartialFactors(points, partials, distribution.numbers, densities, source, reach, window)


def from_wave_vectors(
    symbols: Sequence[str], positions: ArrayLike, cells: ArrayLike, q_max: float, width: float = 0.05
) -> PartialFactors:
    """Return the partials as means over all wave vectors of the cell in shells of Q, from the positions themselves.

    Shells that hold no wave vector in some frame are left out. The cost grows with the cube of ``q_max``.

    :param symbols: chemical symbols, shape (n,).
    :param positions: Å, shape (N, n, 3).
    :param cells: lattice vectors as rows, Å, shape (N, 3, 3).
    :param q_max: 1/Å.
    :param width: of a shell, 1/Å.
    """
    names = np.asarray(symbols)
    members = {str(element): np.flatnonzero(names == element) for element in np.unique(names)}
    frames = np.asarray(positions, dtype=float).reshape(-1, len(names), 3)
    lattices = np.asarray(cells, dtype=float).reshape(-1, 3, 3)
    n_shells = int(np.ceil(q_max / width))
    sums = [
        _shell_sums(frame, cell, members, q_max, width, n_shells) for frame, cell in zip(frames, lattices, strict=True)
    ]
    counts = np.array([count for count, _, _ in sums])
    kept = (counts > 0).all(axis=0)
    if not kept.any():
        raise ValueError(f"q_max: found {q_max:g} 1/Å; no shell of {width:g} 1/Å holds a wave vector in every frame")
    q = np.sum([total for _, total, _ in sums], axis=0)[kept] / counts.sum(axis=0)[kept]
    partials: dict[Pair, np.ndarray] = {}
    for a, b in sums[0][2]:
        shares = len(members[a]) / len(names), len(members[b]) / len(names)
        mean = np.array([found[a, b][kept] for _, _, found in sums]) / counts[:, kept] / len(names)
        partials[a, b] = 1 + (mean - (shares[0] if a == b else 0.0)) / (shares[0] * shares[1])
    numbers = {element: len(atoms) for element, atoms in members.items()}
    densities = len(names) / np.abs(np.linalg.det(lattices))
    return PartialFactors(q, partials, numbers, densities, f"wave vectors of the cell, shells of {width:g} 1/Å")


def _sphere_transform(radius: float, q: np.ndarray) -> np.ndarray:
    """Return ∫ 4πr² sin(Qr)/(Qr) dr from 0 to a radius, Å³, shape (K,)."""
    x = q * radius
    small = x < 1e-2
    safe = np.where(small, 1.0, x)
    shape = np.where(small, (1 - x**2 / 10) / 3, (np.sin(safe) - safe * np.cos(safe)) / safe**3)
    return np.asarray(4 * np.pi * radius**3 * shape)


def _shell_sums(
    frame: np.ndarray, cell: np.ndarray, members: dict[str, np.ndarray], q_max: float, width: float, n_shells: int
) -> tuple[np.ndarray, np.ndarray, dict[Pair, np.ndarray]]:
    """Return per shell the number of wave vectors, the sum of Q, and the sums of Σ_ij exp(iQ·(r_i - r_j)) by pair.

    Of Q and -Q, which scatter the same, one is visited.
    """
    fractional = frame @ np.linalg.inv(cell)
    most = np.floor(q_max * np.linalg.norm(cell, axis=1) / (2 * np.pi)).astype(int)
    reciprocal = 2 * np.pi * np.linalg.inv(cell).T
    k, m = (np.arange(-limit, limit + 1) for limit in most[1:])
    plane = (k[:, None, None] * reciprocal[1] + m[None, :, None] * reciprocal[2]).reshape(-1, 3)
    count, total = np.zeros(n_shells), np.zeros(n_shells)
    pairs = {(a, b): np.zeros(n_shells) for a in members for b in members if a <= b}
    phases = {element: _phases(fractional[atoms], k, m) for element, atoms in members.items()}
    for h in range(most[0] + 1):
        length = np.linalg.norm(plane + h * reciprocal[0], axis=1)
        inside = (length < q_max) & (length > 1e-9)
        if h == 0:
            inside &= (np.repeat(k, len(m)) > 0) | ((np.repeat(k, len(m)) == 0) & (np.tile(m, len(k)) > 0))
        shell = (length[inside] / width).astype(np.intp)
        count += np.bincount(shell, minlength=n_shells)
        total += np.bincount(shell, weights=length[inside], minlength=n_shells)
        waves = {element: _amplitudes(parts, h).ravel()[inside] for element, parts in phases.items()}
        for (a, b), found in pairs.items():
            found += np.bincount(shell, weights=(waves[a] * waves[b].conj()).real, minlength=n_shells)
    return count, total, pairs


Phases = list[tuple[np.ndarray, np.ndarray, np.ndarray]]


def _phases(fractional: np.ndarray, k: np.ndarray, m: np.ndarray) -> Phases:
    """Return for parts of the atoms x, exp(2πi k y) and exp(2πi m z), of shapes (n,), (k, n) and (n, m)."""
    return [
        (
            part[:, 0],
            np.exp(2j * np.pi * np.outer(k, part[:, 1])),
            np.exp(2j * np.pi * np.outer(part[:, 2], m)),
        )
        for part in np.array_split(fractional, max(len(fractional) // ATOMS_AT_ONCE, 1))
    ]


def _amplitudes(parts: Phases, h: int) -> np.ndarray:
    """Return Σ_j exp(2πi (h x + k y + m z)) over all atoms, complex, shape (k, m)."""
    return np.asarray(sum((np.exp(2j * np.pi * h * x) * y) @ z for x, y, z in parts))
