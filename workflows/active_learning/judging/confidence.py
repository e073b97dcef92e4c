"""How sure an error on held-out frames is, although neighbours along a trajectory are alike (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RESAMPLES = 1000
WINDOW = 5.0
"""Width of the summation window in autocorrelation times (A. Sokal, Monte Carlo methods in statistical mechanics)."""


def rmse_interval(runs: Sequence[np.ndarray], confidence: float, seed: int) -> tuple[float, float, float]:
    """Return the RMSE over all frames, and the ends of its bootstrap confidence interval; of several models the mean.

    Frames are drawn in blocks of neighbours as long as twice the autocorrelation time of their squared errors, each
    from the run it belongs to (moving blocks, H. R. Künsch, Ann. Stat. 17, 1217 (1989)): single frames of an MD run
    would count as more than they are.

    :param runs: of every run the error of its frames in the order of time, eV/Å, each of shape (N,) or (models, N).
    :param confidence: share of the intervals that hold the true value, such as 0.95.
    :param seed: of the resampling.
    :returns: RMSE, lower end and upper end, eV/Å.
    :raises ValueError: if there are fewer than two frames in all.
    """
    squares = [np.square(np.atleast_2d(run)) for run in runs if np.size(run)]
    n_frames = sum(run.shape[1] for run in squares)
    if n_frames < 2:
        raise ValueError("fewer than two held-out frames: there is no telling how sure their error is")
    rng = np.random.default_rng(seed)
    sums = sum((_resampled_sums(run, rng) for run in squares), np.zeros((len(squares[0]), RESAMPLES)))
    errors = np.sqrt(sums / n_frames).mean(axis=0)
    low, high = np.quantile(errors, [(1 - confidence) / 2, (1 + confidence) / 2])
    found = np.sqrt(np.concatenate(squares, axis=1).mean(axis=1)).mean()
    return float(found), float(low), float(high)


def _resampled_sums(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return sums over as many frames as there are, drawn in blocks of neighbours, the same ones for every model.

    :param values: shape (models, N).
    :returns: shape (models, RESAMPLES).
    """
    n = values.shape[1]
    length = min(n, max(1, round(2 * correlation_time(values.mean(axis=0)))))
    starts = rng.integers(n, size=(RESAMPLES, -(-n // length)))
    rows = ((starts[:, :, None] + np.arange(length)) % n).reshape(RESAMPLES, -1)[:, :n]
    return np.array([of_model[rows].sum(axis=1) for of_model in values])


def correlation_time(values: np.ndarray) -> float:
    """Return the integrated autocorrelation time of a series in its own steps; 0.5 if its values are independent."""
    n, centred = len(values), values - values.mean()
    if n < 4 or not centred.any():
        return 0.5
    spectrum = np.fft.rfft(centred, 2 * n)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[:n]
    times = 0.5 + np.concatenate([[0.0], np.cumsum(correlation[1:] / correlation[0])])
    wide_enough = np.arange(n) >= WINDOW * times
    return float(max(times[np.argmax(wide_enough)] if wide_enough.any() else times[-1], 0.5))
