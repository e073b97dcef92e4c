"""Convergence of a self-consistency loop step by step, and its diagnosis (no AiiDA)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

VERDICTS = ("nearly_there", "converging_slowly", "stalled", "oscillating", "diverging")
"""What may be said of a loop that did not converge, see :func:`diagnose`."""

NEAR = 1.0
"""Decades above the threshold that a few more steps will bridge."""

MOVE = 0.5
"""Decades within the last part of a loop that are a trend; half of it is the scatter of an oscillation."""

SHORTEST = 8
"""Steps of the last part at least, which is half of the loop."""

_ROW = re.compile(r"^ +\d+ +(?:OT \w+|\S+/[A-Za-z]+\.?) *\d\S*\s+\d+\.\d+\s+(\S+)\s+\S+\s+\S+\s*$")

PRINTED = 0.5e-8
"""Half of the last digit in which CP2K prints the convergence."""


@dataclass(frozen=True)
class Diagnosis:
    """What a loop looked like at its end.

    :param verdict: one of :data:`VERDICTS`.
    :param slope: decades a step over the last part, negative where it converges.
    :param missing: decades from the last value down to the threshold.
    :param steps: how many steps there were.
    """

    verdict: str
    slope: float
    missing: float
    steps: int

    def as_dict(self) -> dict[str, Any]:
        """Plain content; slope and distance rounded, None where there is no number."""
        return {
            "verdict": self.verdict,
            "slope": round(self.slope, 4) if np.isfinite(self.slope) else None,
            "missing": round(self.missing, 2) if np.isfinite(self.missing) else None,
            "steps": self.steps,
        }

    def in_words(self) -> str:
        """One phrase for a human."""
        told = self.verdict.replace("_", " ")
        return f"{told} after {self.steps} steps: {self.missing:.1f} decades left, {self.slope:+.3f} a step"


def convergence_in(line: str) -> float | None:
    """Return the convergence in a row of CP2K's SCF table, None for any other line.

    Line searches of OT print rows without one. Asterisks, where the number does not fit, are infinite.
    """
    match = _ROW.match(line)
    if match is None:
        return None
    try:
        return float(match[1])
    except ValueError:
        return float("inf")


def above_threshold(convergence: Sequence[float], threshold: float) -> float | None:
    """Return the last convergence of a loop if it is surely above the threshold, None otherwise.

    CP2K calls a loop converged by the threshold that its input gives it, which may be another one.

    :param convergence: of every step, in CP2K's own measure, as it was printed.
    :param threshold: EPS_SCF of the level of theory.
    """
    last = convergence[-1] if convergence else 0.0
    return None if last - PRINTED <= threshold else last


def diagnose(convergence: Sequence[float], threshold: float) -> Diagnosis:
    """Judge a loop that did not converge by the slope and the end of log10(convergence).

    A straight line is fitted by least squares to the second half. What rises by half a decade, or is no number,
    diverges; what ends within one decade of the threshold is nearly there; what falls by half a decade converges
    slowly; what scatters by a quarter of one about a level line oscillates; all else is stalled.

    :param convergence: of every step, in CP2K's own measure.
    :param threshold: EPS_SCF.
    """
    values = np.asarray(convergence, dtype=float)
    if len(values) == 0 or not (np.isfinite(values[-1]) and values[-1] > 0):
        return Diagnosis("diverging", float("nan"), float("nan"), len(values))
    values = values[np.isfinite(values) & (values > 0)]
    missing = float(np.log10(values[-1] / threshold))
    last = np.log10(values[-max(SHORTEST, len(values) // 2) :])
    if len(last) < 3:
        return Diagnosis("nearly_there" if missing <= NEAR else "converging_slowly", 0.0, missing, len(convergence))
    steps = np.arange(len(last))
    slope, start = (float(number) for number in np.polyfit(steps, last, 1))
    move, scatter = slope * (len(last) - 1), float(np.std(last - start - slope * steps))
    return Diagnosis(_verdict(missing, move, scatter), slope, missing, len(convergence))


def _verdict(missing: float, move: float, scatter: float) -> str:
    if move > MOVE:
        return "diverging"
    if missing <= NEAR:
        return "nearly_there"
    if move < -MOVE:
        return "converging_slowly"
    return "oscillating" if scatter > MOVE / 2 else "stalled"
