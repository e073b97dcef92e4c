"""Measured F(Q) and D(r) of others: two or three columns of text (no AiiDA)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aiida_zif.plugins.data.labelled_frame import FormatError

LARGEST = 20_000_000
"""Bytes of a file."""
FEWEST = 10
"""Points of a curve."""
NOT_KNOWN = 0.0
"""Error of a point that has none, as the programs of the beam lines write it."""


@dataclass(frozen=True)
class MeasuredCurve:
    """A curve as the file states it.

    :param x: Å⁻¹ or Å, shape (m,), increasing.
    :param y: shape (m,).
    :param error: standard error of each point, NaN where none is stated, shape (m,).
    :param title: first line of comment.
    """

    x: np.ndarray
    y: np.ndarray
    error: np.ndarray
    title: str


def read_curve(path: Path) -> MeasuredCurve:
    """Return the curve of a file such as ``.int01``, ``.dofr``, ``.dat``: comments begin with ``#``.

    :raises FormatError: it is no such file; the message says what was found.
    """
    if path.stat().st_size > LARGEST:
        raise FormatError(f"{path.name}: {path.stat().st_size} bytes found; allowed are up to {LARGEST}")
    lines = path.read_text("utf-8", "replace").splitlines()
    comments = [line.lstrip("#").strip() for line in lines if line.lstrip().startswith("#")]
    rows = [line.replace(",", " ").split() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    widths = {len(row) for row in rows}
    if len(rows) < FEWEST or not widths <= {2, 3} or len(widths) != 1:
        raise FormatError(
            f"{path.name}: {len(rows)} rows of {sorted(widths)} columns found; allowed are {FEWEST} and more rows of "
            "x, y and, if known, the error of y. Delete other columns"
        )
    try:
        table = np.array(rows, dtype=float)
    except ValueError as error:
        raise FormatError(
            f"{path.name}: a row with words found; allowed are numbers. Write # before comments"
        ) from error
    x, y = table[:, 0], table[:, 1]
    if not np.isfinite(table[:, :2]).all() or not (np.diff(x) > 0).all():
        raise FormatError(f"{path.name}: x that does not increase found, or no number; allowed is one curve a file")
    errors = table[:, 2].copy() if table.shape[1] == 3 else np.zeros(len(x))
    errors[~(errors > NOT_KNOWN)] = np.nan
    return MeasuredCurve(x, y, errors, next((line for line in comments if line), ""))
