"""How much of the variance of structure over many states goes with which variable (no AiiDA).

Points are blocks of frames of all states. Their curves are fitted linearly by the variables of a set of causes; R² of
the set is the share of the summed squared differences from the mean curve that the fit explains. The share of a cause
is the mean, over all orders in which causes can be added, of what R² gains by it (R. H. Lindeman, P. F. Merenda and
R. Z. Gold, Introduction to Bivariate and Multivariate Analysis, 1980, p. 119; the value of Shapley). Shares and the
unexplained rest add up to one. Variables that change together share what they explain: a regression does not say which
of them is the cause. It works where states are too far apart for an exchange of parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from aiida_zif.plugins.analysis.attribution.exchange import N_SETS, VARIABLES, Exchanged
from aiida_zif.plugins.analysis.attribution.shares import shapley, smoothed
from aiida_zif.plugins.analysis.errors import Estimate, bootstrap

CAUSES = tuple(VARIABLES)
UNEXPLAINED = "rest"
FEWEST = 3
"""Points for each variable; fewer are explained by anything."""

Points = tuple[np.ndarray, np.ndarray]
"""Variables (N, V) and curves (N, m) of one replica."""


def points_of(states: Sequence[Exchanged], weights: Mapping[str, float], smoothing: float) -> Points:
    """Return the blocks of all states of one replica, and those of the reference once.

    :param states: each with partners in the same reference.
    :param weights: by element, see :meth:`~.exchange.Exchanged.correlation`.
    :param smoothing: width of a Gaussian, Å.
    """
    curves = [smoothed(one.correlation(weights), one.r, smoothing) for one in states]
    variables = [one.variables[:, 0] for one in states] + [states[0].variables[:, 1]]
    return np.concatenate(variables), np.concatenate([one[:, 0] for one in curves] + [curves[0][:, N_SETS - 1]])


def explain(replicas: Sequence[Points], seed: int) -> Estimate | None:
    """Return the share of every cause of :data:`CAUSES` and of the rest, shape (4,), with errors over replicas.

    :param replicas: of :func:`points_of`.
    :param seed: of the bootstrap.
    :returns: None where there are too few points to say anything.
    """
    if sum(len(variables) for variables, _ in replicas) < FEWEST * sum(map(len, VARIABLES.values())):
        return None
    return bootstrap(list(replicas), _shares, seed)


def _shares(replicas: Sequence[Points]) -> np.ndarray:
    variables, curves = (np.concatenate([one[side] for one in replicas]) for side in (0, 1))
    variables, curves = variables - variables.mean(axis=0), curves - curves.mean(axis=0)
    owners = np.repeat(np.arange(len(CAUSES)), [len(names) for names in VARIABLES.values()])
    total = float(np.sum(curves**2))
    left = np.array(
        [_residual(variables[:, (number >> owners & 1).astype(bool)], curves) for number in range(2 ** len(CAUSES))]
    )
    gains = shapley(left) / total
    return np.append(gains, 1 - gains.sum())


def _residual(variables: np.ndarray, curves: np.ndarray) -> float:
    """Summed squared residuals of a linear fit."""
    scale = variables.std(axis=0)
    usable = variables[:, scale > 1e-12] / scale[scale > 1e-12]
    if not usable.shape[1]:
        return float(np.sum(curves**2))
    fitted = usable @ np.linalg.lstsq(usable, curves, rcond=None)[0]
    return float(np.sum((curves - fitted) ** 2))
