"""How strongly elements scatter: neutron scattering lengths, X-ray form factors, and their means (no AiiDA).

Values are those of ``periodictable``: bound coherent scattering lengths b in fm, and form factors f0(Q) of free neutral
atoms in electrons by Waasmaier and Kirfel (Acta Cryst. A 51, 416 (1995)), without anomalous terms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

Radiation = Literal["neutron", "x-ray"]
Normalisation = Literal["none", "<b>2", "<b2>"]

HIGHEST_Q = 4 * np.pi * 6.0
"""1/Å, up to which the form factors were fitted."""

DEUTERATED = {"H": 2}
"""Every hydrogen is ²H; an argument for ``isotopes``."""


@dataclass(frozen=True)
class ScatteringLengths:
    """What each element scatters, and how much of it there is.

    :param radiation: ``neutron`` or ``x-ray``.
    :param concentrations: share of all atoms, of each element.
    :param isotopes: mass number of elements that are one isotope; all others have their natural composition.
    """

    radiation: Radiation
    concentrations: dict[str, float]
    isotopes: dict[str, int]

    def of(self, element: str, q: ArrayLike) -> np.ndarray:
        """Return b in fm, the same at every Q, or f0(Q) in electrons; Q in 1/Å, shape (K,)."""
        import periodictable

        points = np.asarray(q, dtype=float)
        atom = getattr(periodictable, element)
        if self.radiation == "x-ray":
            if points.max(initial=0.0) > HIGHEST_Q:
                raise ValueError(f"q: found {points.max():g} 1/Å; form factors are tabulated up to {HIGHEST_Q:.4g} 1/Å")
            return np.asarray(atom.xray.f0(points), dtype=float)
        isotope = self.isotopes.get(element)
        length = (atom if isotope is None else atom[isotope]).neutron.b_c
        if length is None:
            raise ValueError(f"neutron scattering length of {element}{isotope or ''}: none is tabulated")
        return np.full(points.shape, float(length))

    def mean(self, q: ArrayLike) -> np.ndarray:
        """Return ⟨b⟩ = Σ c b, shape (K,)."""
        return np.asarray(sum(share * self.of(element, q) for element, share in self.concentrations.items()))

    def mean_square(self, q: ArrayLike) -> np.ndarray:
        """Return ⟨b²⟩ = Σ c b², shape (K,)."""
        return np.asarray(sum(share * self.of(element, q) ** 2 for element, share in self.concentrations.items()))

    def weight(self, a: str, b: str, q: ArrayLike) -> np.ndarray:
        """Return c_a c_b b_a b_b, for a ≠ b twice that, for both orders, shape (K,)."""
        both = 1.0 if a == b else 2.0
        return both * self.concentrations[a] * self.concentrations[b] * self.of(a, q) * self.of(b, q)

    def norm(self, normalisation: Normalisation, q: ArrayLike) -> np.ndarray:
        """Return what F(Q) is divided by, shape (K,)."""
        if normalisation == "none":
            return np.ones_like(np.asarray(q, dtype=float))
        return self.mean(q) ** 2 if normalisation == "<b>2" else self.mean_square(q)


def scattering_lengths(
    symbols: Sequence[str] | Mapping[str, int], radiation: Radiation, isotopes: Mapping[str, int] | None = None
) -> ScatteringLengths:
    """Return how strongly the elements of a composition scatter.

    :param symbols: chemical symbols of all atoms, or the number of atoms of each element.
    :param isotopes: such as ``{"H": 2}``; X-rays do not see them.
    :raises ValueError: an element or isotope is not tabulated.
    """
    import periodictable

    counts = dict(symbols) if isinstance(symbols, Mapping) else {str(name): n for name, n in Counter(symbols).items()}
    chosen = dict(isotopes or {})
    if radiation not in ("neutron", "x-ray"):
        raise ValueError(f"radiation: found {radiation!r}; allowed are neutron, x-ray")
    for element in counts:
        if not hasattr(periodictable, element) or periodictable.elements.symbol(element).number == 0:
            raise ValueError(f"element: found {element!r}; a chemical symbol is needed (deuterium is H with isotope 2)")
    for element, mass in chosen.items():
        if element not in counts:
            raise ValueError(f"isotopes: found {element}; the atoms are {', '.join(sorted(counts))}")
        if mass not in getattr(periodictable, element).isotopes:
            raise ValueError(f"isotopes: found {element} with mass number {mass}; {element} has no such isotope")
    total = sum(counts.values())
    return ScatteringLengths(radiation, {name: counts[name] / total for name in sorted(counts)}, chosen)
