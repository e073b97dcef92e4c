"""How planes of linkers turn with time (no AiiDA)."""

from __future__ import annotations

import numpy as np

from .correlation import Curve, curve, products


def plane_correlation(normals: np.ndarray, interval: float, share: float = 0.5) -> Curve:
    """Return P2(t) = ⟨(3 (n(t0)·n(t0 + t))² - 1)/2⟩ of the normals of planes, over all linkers and time origins.

    1 at t = 0, 0 for a plane that lies in any direction at random after t. The sign of a normal does not matter. The
    squared product of two normals is the double contraction of their tensors n n, each of which is correlated by
    itself.

    :param normals: unit vectors, shape (T, L, 3), equally spaced in time.
    :param interval: between two frames, ps.
    :param share: of the length of the trajectory that the curve reaches.
    """
    normals = np.asarray(normals, float)
    squared = sum(
        (1.0 if one == other else 2.0) * products(normals[..., one] * normals[..., other])
        for one in range(3)
        for other in range(one, 3)
    )
    origins = len(normals) - np.arange(len(normals))[:, None]
    return curve(1.5 * squared / origins - 0.5, interval, share)
