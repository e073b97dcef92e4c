"""The trust window: what the committee knows already needs no label, what is far off is worth none (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from aiida_zif.plugins.selection.pool import Pool, Sieved, Traits, with_traits

if TYPE_CHECKING:
    from aiida_zif.plugins.selection.calibration import Relation

HELD_OUT_SHARE = 0.9
"""Share of the held-out frames whose error is not above the one that an adaptive level is a multiple of."""
SUFFIX = "__force_rmse"


@with_traits(Traits(keeps_window=True))
def window(pool: Pool, open_frames: list[int], settings: Mapping[str, Any], rng: np.random.Generator) -> Sieved:
    """Keep the frames inside the window, the largest deviation first.

    A frame at the lower level is inside, one at the upper level is not.

    :returns: reasons ``accurate``, ``above_upper`` and ``no_deviation``; inside the levels ``below_quantile`` and
        ``above_quantile`` where the window is stated in quantiles.
    """
    lower, upper = levels(settings)
    shares = (settings.get("window") or {}).get("quantiles")
    least, most = quantiles(pool, shares) if shares else (lower, np.inf)
    kept, rejected = [], {}
    for index in _descending(pool.max_force_deviation, open_frames):
        deviation = pool.max_force_deviation[index]
        if np.isnan(deviation):
            rejected[index] = "no_deviation"
        elif not lower <= deviation < upper:
            rejected[index] = "accurate" if deviation < lower else "above_upper"
        elif not least <= deviation <= most:
            rejected[index] = "below_quantile" if deviation < least else "above_quantile"
        else:
            kept.append(index)
    return Sieved(kept, rejected)


def levels(
    settings: Mapping[str, Any], held_out_error: float | None = None, curve: Relation | None = None
) -> tuple[float, float]:
    """Return the trust levels in eV/Å: as they stand, or as far as what is known allows as ``window`` asks for.

    *adaptive*: the lower level is so many times the error on held-out frames, so that a young committee is not asked
    to rank frames finer than it can. It is never below ``lower``, the accuracy that the campaign aims at, and leaves
    at least the upper half of the window open. *target_error*: both levels come from the calibration.

    :param settings: ``lower`` and ``upper`` (eV/Å) and ``window`` of the section ``selection``.
    :param held_out_error: of :func:`held_out_error`, eV/Å.
    :param curve: what is known of the system, see :meth:`~.calibration.Calibration.of`.
    """
    lower, upper, asked = float(settings["lower"]), float(settings["upper"]), settings.get("window") or {}
    if asked.get("target_error") is not None and curve is not None:
        from aiida_zif.plugins.selection.calibration import levels_for

        return levels_for(curve, asked["target_error"])
    if asked.get("adaptive") is not None and held_out_error is not None:
        lower = max(lower, min(asked["adaptive"] * held_out_error, upper / 2))
    return lower, upper


def held_out_error(errors: Mapping[str, np.ndarray], systems: Mapping[str, str], system: str) -> float | None:
    """Return the force error that 9 of 10 held-out frames stay below, eV/Å; None without held-out frames.

    :param errors: by name ``<block>__force_rmse``, force RMSE of each member and frame, eV/Å, shape (members, N).
    :param systems: system by block, computed or imported: a block's name says nothing about its frames.
    :param system: label; if none of the blocks is of it, the frames of all systems count.
    """
    every = {name.removesuffix(SUFFIX): array for name, array in errors.items() if name.endswith(SUFFIX)}
    own = {block: array for block, array in every.items() if systems.get(block) == system}
    frames = [np.sqrt(np.mean(np.square(array), axis=0)) for array in (own or every).values()]
    return float(np.quantile(np.concatenate(frames), HELD_OUT_SHARE)) if frames else None


def quantiles(pool: Pool, shares: tuple[float, float]) -> tuple[float, float]:
    """Return two quantiles of the deviation in eV/Å, of everything explored if the pool knows of it."""
    if pool.histogram is not None and np.sum(pool.histogram[1]) > 0:
        edges, counts = (np.asarray(values, dtype=float) for values in pool.histogram)
        reached = np.concatenate([[0.0], np.cumsum(counts)])
        low, high = np.interp(np.asarray(shares) * reached[-1], reached, edges)
        return float(low), float(high)
    finite = pool.max_force_deviation[np.isfinite(pool.max_force_deviation)]
    low, high = np.quantile(finite, shares) if len(finite) else (0.0, np.inf)
    return float(low), float(high)


def _descending(deviation: np.ndarray, frames: list[int]) -> list[int]:
    return [frames[place] for place in np.argsort(-deviation[frames], kind="stable")]
