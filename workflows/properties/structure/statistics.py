"""Numbers of replicas as values with errors (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aiida_zif.plugins.analysis.errors import Estimate, combine
from aiida_zif.plugins.data.measured import Measured

DEPENDENT = "parts of one run or of a published set, no replicas: the error is a lower bound"
ONE_FRAME = "one frame: no error"


def combined(series: Sequence[np.ndarray], independent: bool) -> Estimate | None:
    """Return the mean over replicas with its standard error; None if nothing was measured.

    :param series: one a replica, by frame or block, shape (F,) or (F, m); frames with NaN are left out.
    :param independent: whether they are replicas; if not, they are one series, one after the other.
    """
    kept = [values[np.isfinite(values.reshape(len(values), -1)).all(axis=1)] for values in series]
    kept = [values for values in kept if len(values)]
    if not kept:
        return None
    return combine(kept if independent else [np.concatenate(kept)])


def measured(found: Estimate, unit: str, independent: bool = True, remark: str = "") -> Measured:
    """Return an estimate of one number as it is stated.

    :param remark: what a reader must know beside what the estimate says itself.
    """
    error = float(found.error) if np.isfinite(found.error) else None
    single = error is None and ("1 sample is" in found.remark or "one sample" in found.remark)
    said = [remark, ONE_FRAME] if single else [remark, "" if independent else DEPENDENT, found.remark]
    return Measured(
        value=float(found.mean) if np.isfinite(found.mean) else None,
        error=error,
        error_from=found.error_from if error is not None else "none",  # type: ignore[arg-type]
        n=max(1, round(float(found.n))),
        unit=unit,
        remark="; ".join(dict.fromkeys(part for part in said if part)),
    )


def rooted(square: Measured) -> Measured:
    """Return the root of the mean of squares: an error of s² is one of s divided by 2 s."""
    if square.value is None:
        return square
    root = square.value**0.5
    error = square.error / (2 * root) if square.error is not None and root > 0 else square.error
    return square.model_copy(update={"value": root, "error": error})


def of_numbers(
    series: Sequence[np.ndarray], unit: str, independent: bool = True, errors: Sequence[float | None] = ()
) -> Measured:
    """Return the mean of a number over replicas.

    :param series: one a replica, shape (F,).
    :param errors: standard errors of replicas by themselves, where one replica has a single value.
    """
    found = combined(series, independent)
    if found is None:
        return Measured(unit=unit, remark="not measured")
    own = next((error for error in errors if error is not None and np.isfinite(error)), None)
    if len(series) == 1 and len(series[0]) == 1 and own is not None:
        return Measured(value=float(found.mean), error=own, error_from="fit", n=1, unit=unit)
    return measured(found, unit, independent)
