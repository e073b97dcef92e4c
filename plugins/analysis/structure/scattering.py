"""Total scattering: F(Q), S(Q), D(r), G(r), T(r) of neutrons and X-rays in a named convention (no AiiDA).

Names are those of Keen (J. Appl. Cryst. 34, 172 (2001)), with b for the scattering length of neutrons and for the form
factor f(Q) of X-rays:

- F(Q) = Σ c_a c_b b_a b_b (A_ab(Q) - 1) / norm, with the partials A_ab of Faber and Ziman. The norm is 1 (barn per
  steradian and atom, or electrons²), ⟨b⟩² or ⟨b²⟩. With X-rays it depends on Q and sharpens peaks.
- S(Q) = 1 + F(Q), where F is normalised; without a norm S(Q) = 1 + F(Q)/⟨b⟩².
- D(r) = (2/π) ∫ Q F(Q) M(Q) sin(Qr) dQ from Q = 0 to Q_max, M being the window.
- G(r) = D(r)/(4πρr), and T(r) = D(r) + 4πρr W with W = ⟨b⟩²/norm at Q = 0.

Below the first distance D(r) is -4πρr W. W is 1 with ⟨b⟩², and ⟨b⟩²/⟨b²⟩ with ⟨b²⟩, so that the slope shows
which of the two it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from aiida_zif.plugins.analysis.errors import Estimate, combine
from aiida_zif.plugins.analysis.structure.partial_factors import PartialFactors
from aiida_zif.plugins.analysis.structure.scattering_lengths import Normalisation, ScatteringLengths

FM2_PER_BARN = 100.0


@dataclass(frozen=True)
class TotalScattering:
    """A total structure factor and its transform, with what they mean.

    :param convention: of F, S and D, in words with formula and unit.
    :param normalisation: what F is divided by.
    :param density: mean number of atoms per Å³.
    :param window: of the transform, in words.
    :param source: of the partials, in words.
    :param q: 1/Å, shape (K,).
    :param f: F(Q) and its standard error, shape (K,).
    :param s: S(Q) likewise.
    :param r: Å, shape (R,).
    :param d: D(r) and its standard error, shape (R,).
    :param g: G(r) likewise; NaN at r = 0.
    :param t: T(r) likewise.
    """

    convention: str
    normalisation: Normalisation
    density: float
    window: str
    source: str
    q: np.ndarray
    f: Estimate
    s: Estimate
    r: np.ndarray
    d: Estimate
    g: Estimate
    t: Estimate


def total_factor(
    partials: PartialFactors, lengths: ScatteringLengths, normalisation: Normalisation = "<b2>"
) -> np.ndarray:
    """Return F(Q) of each frame, shape (N, K); neutrons without a norm in barn.

    :raises ValueError: a pair of elements is missing among the partials.
    """
    elements = sorted(partials.numbers)
    missing = [(a, b) for a in elements for b in elements if a <= b and (a, b) not in partials.partials]
    if missing:
        raise ValueError(
            f"partials: {', '.join('–'.join(pair) for pair in missing)} missing; count all pairs of elements"
        )
    q = partials.q
    weighted = sum(lengths.weight(a, b, q) * (partial - 1) for (a, b), partial in partials.partials.items())
    unit = FM2_PER_BARN if lengths.radiation == "neutron" and normalisation == "none" else 1.0
    return np.asarray(weighted / lengths.norm(normalisation, q) / unit)


def total_scattering(
    replicas: Sequence[PartialFactors],
    lengths: ScatteringLengths,
    r: ArrayLike,
    normalisation: Normalisation = "<b2>",
    broadening: float | None = None,
) -> TotalScattering:
    """Return F, S, D, G and T with standard errors over replicas, or else blocks of frames.

    :param replicas: partials of each, at the same Q.
    :param r: Å, shape (R,).
    :param broadening: Δ of Lorch's window M(Q) = sin(QΔ)/(QΔ), Å; π/Q_max if not given, none if 0.
    :raises ValueError: Q differ, or r goes beyond what the partials hold.
    """
    if not replicas:
        raise ValueError("replicas: none given; at least one is needed")
    q, distances = replicas[0].q, np.asarray(r, dtype=float)
    if any(len(one.q) != len(q) or not np.allclose(one.q, q) for one in replicas):
        raise ValueError("replicas: their partials are at different Q; compute them at the same")
    delta = np.pi / float(q[-1]) if broadening is None else broadening
    curves = [total_factor(one, lengths, normalisation) for one in replicas]
    f = combine(curves)
    d = combine([to_real_space(q, one, distances, delta) / _window_in_r(replicas[0], distances) for one in curves])
    density = float(np.mean([one.densities.mean() for one in replicas]))
    unit = FM2_PER_BARN if lengths.radiation == "neutron" and normalisation == "none" else 1.0
    per_s = (
        lengths.norm("<b>2" if normalisation == "none" else normalisation, q) / lengths.norm(normalisation, q) / unit
    )
    slope = 4 * np.pi * density * distances
    with np.errstate(divide="ignore", invalid="ignore"):
        g = _scaled(d, np.where(slope > 0, 1 / slope, np.nan))
    return TotalScattering(
        convention=describe(lengths, normalisation),
        normalisation=normalisation,
        density=density,
        window=f"Lorch, Δ = {delta:.4g} Å" if delta else f"none; Q up to {q[-1]:g} 1/Å",
        source=replicas[0].source,
        q=q,
        f=f,
        s=_scaled(f, 1 / per_s, 1.0),
        r=distances,
        d=d,
        g=g,
        t=_scaled(d, 1.0, slope * low_r_weight(lengths, normalisation)),
    )


def to_real_space(q: np.ndarray, f: np.ndarray, r: np.ndarray, broadening: float = 0.0) -> np.ndarray:
    """Return D(r) = (2/π) ∫ Q F(Q) M(Q) sin(Qr) dQ, shape (..., R); for measured F(Q) as well.

    Trapezoids; below the first Q, F is taken as constant.

    :param q: 1/Å, increasing, shape (K,).
    :param f: shape (..., K).
    :param broadening: Δ of Lorch's window sin(QΔ)/(QΔ), Å (J. Phys. C 2, 229 (1969)).
    """
    points, values = np.asarray(q, dtype=float), np.asarray(f, dtype=float)
    step = float(np.median(np.diff(points)))
    if points[0] > step / 2:
        below = np.arange(0.0, points[0] - step / 2, step)
        points = np.concatenate([below, points])
        values = np.concatenate([np.repeat(values[..., :1], len(below), axis=-1), values], axis=-1)
    weights = np.gradient(points)
    weights[[0, -1]] /= 2
    windowed = weights * points * np.sinc(points * broadening / np.pi)
    return np.asarray(2 / np.pi * (values * windowed) @ np.sin(np.outer(points, r)))


def to_reciprocal_space(r: np.ndarray, d: np.ndarray, q: np.ndarray, reach: float | None = None) -> np.ndarray:
    """Return F(Q) = (1/Q) ∫ D(r) L(r) sin(Qr) dr, shape (..., K): F as a finite range of distances shows it.

    With L(r) = sin(πr/R)/(πr/R) the ripples of a cut at R are gone, and peaks of F are broader by about π/R. Used on a
    computed and on a measured D(r) alike, it makes their F comparable.

    :param r: Å, equally spaced, shape (R,).
    :param d: shape (..., R).
    :param q: 1/Å, above zero, shape (K,).
    :param reach: R in Å; no window if not given.
    """
    distances, points = np.asarray(r, dtype=float), np.asarray(q, dtype=float)
    weights = np.gradient(distances)
    weights[[0, -1]] /= 2
    if reach is not None:
        weights = np.where(distances < reach, weights * np.sinc(distances / reach), 0.0)
    return np.asarray((d * weights) @ np.sin(np.outer(distances, points)) / points)


def low_r_weight(lengths: ScatteringLengths, normalisation: Normalisation) -> float:
    """Return W, with D(r) = -4πρrW below the first distance; barn for neutrons without a norm."""
    unit = FM2_PER_BARN if lengths.radiation == "neutron" and normalisation == "none" else 1.0
    zero = np.zeros(1)
    return float((lengths.mean(zero) ** 2 / lengths.norm(normalisation, zero))[0] / unit)


def renormalised(
    q: np.ndarray, f: np.ndarray, lengths: ScatteringLengths, given: Normalisation, wanted: Normalisation
) -> np.ndarray:
    """Return F(Q) of one normalisation in another, shape (..., K); neutrons without a norm in barn."""
    unit = FM2_PER_BARN if lengths.radiation == "neutron" else 1.0
    from_unit = unit if given == "none" else 1.0
    to_unit = unit if wanted == "none" else 1.0
    return np.asarray(f * lengths.norm(given, q) * from_unit / (lengths.norm(wanted, q) * to_unit))


def normalisation_of(
    r: np.ndarray, d: np.ndarray, lengths: ScatteringLengths, density: float, below: float = 1.0
) -> tuple[Normalisation, dict[Normalisation, float]]:
    """Return by what a measured D(r) is normalised, from its slope below the first distance.

    :param density: atoms per Å³.
    :param below: Å, shorter than any distance between atoms.
    :returns: the normalisation, and for each the measured slope over the one that it would have (1 where it is right).
    :raises ValueError: the slope is not negative: the curve is no D(r).
    """
    near = r < below
    slope = float(np.dot(r[near], d[near]) / np.dot(r[near], r[near]))
    if slope >= 0:
        raise ValueError(f"D(r): its slope below {below:g} Å is {slope:.3g}; that of a D(r) is negative there")
    candidates: tuple[Normalisation, ...] = ("none", "<b>2", "<b2>")
    ratios = {name: slope / (-4 * np.pi * density * low_r_weight(lengths, name)) for name in candidates}
    return min(candidates, key=lambda name: abs(np.log(ratios[name]))), ratios


def describe(lengths: ScatteringLengths, normalisation: Normalisation) -> str:
    """Return the convention in words: formula, norm and unit, radiation, isotopes."""
    symbol = "b" if lengths.radiation == "neutron" else "f(Q)"
    unit = "" if normalisation != "none" else ", barn" if lengths.radiation == "neutron" else ", electrons²"
    norm = {"none": "", "<b>2": f" / ⟨{symbol}⟩²", "<b2>": f" / ⟨{symbol}²⟩"}[normalisation]
    isotopes = "".join(f", {element} is {mass}{element}" for element, mass in sorted(lengths.isotopes.items()))
    hydrogen = ", H natural" if lengths.radiation == "neutron" and "H" in lengths.concentrations else ""
    return (
        f"Keen 2001, {lengths.radiation}: F(Q) = Σ c c {symbol} {symbol} (A - 1){norm}{unit}; "
        f"D(r) = (2/π) ∫ Q F sin(Qr) dQ{isotopes or hydrogen}"
    )


def _window_in_r(partials: PartialFactors, r: np.ndarray) -> np.ndarray:
    """Return by what a window of the partials has multiplied D(r), shape (R,)."""
    furthest = partials.reach / 2 if partials.window == "lorch" else partials.reach
    if r.max(initial=0.0) > furthest * (1 + 1e-9):
        half = ", of which a window leaves half" if partials.window == "lorch" else ""
        raise ValueError(
            f"r: found up to {r.max():g} Å; distances were counted up to {partials.reach:g} Å{half}; "
            f"take D(r) up to {furthest:g} Å, or count farther"
        )
    return np.sinc(r / partials.reach) if partials.window == "lorch" else np.ones_like(r)


def _scaled(estimate: Estimate, factor: ArrayLike, offset: ArrayLike = 0.0) -> Estimate:
    return replace(estimate, mean=estimate.mean * factor + offset, error=estimate.error * np.abs(np.asarray(factor)))
