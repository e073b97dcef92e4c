"""Values with their errors as text, rounded as the error allows (no AiiDA)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.words import counted
from aiida_zif.provenance.words import DASH

DIGITS_OF_ERROR = 2
"""Significant digits of an error; the value has as many decimals."""

DIGITS_WITHOUT = 4
"""Significant digits of a value without an error."""

NO_ERROR = "no error"

SAMPLES = {"replicas": "replica", "blocks": "block", "fit": "point", "bootstrap": "sample"}
"""What the independent samples behind an error are, by what the error stands on."""


def value_in_words(measured: Measured | None, unit: bool = True) -> str:
    """Return a value with its error, such as ``1.387 ± 0.010 g/cm³``; a dash where nothing was measured.

    :param unit: whether the unit stands behind it.
    """
    if measured is None or not _is_finite(measured.value):
        return DASH
    value, error = float(measured.value or 0.0), measured.error
    behind = f" {measured.unit}" if unit and measured.unit else ""
    if error is None or not _is_finite(error):
        return f"{plain(value)}{behind}"
    if error == 0:
        return f"{plain(value)} ± 0{behind}"
    places = decimals(error)
    return f"{_rounded(value, places)} ± {_rounded(error, places)}{behind}"


def basis_in_words(measured: Measured | None) -> str:
    """Say what an error stands on, such as ``3 replicas``; or that there is none."""
    if measured is None or not _is_finite(measured.value):
        return ""
    if not _is_finite(measured.error):
        return NO_ERROR
    if measured.error_from == "none":
        return "kind of error not stated"
    if measured.error_from == "source":
        return "as the source states"
    count = "" if measured.n is None else counted(measured.n, SAMPLES[measured.error_from])
    if measured.error_from in ("fit", "bootstrap"):
        return f"{measured.error_from}, {count}" if count else measured.error_from
    return count or measured.error_from


def usual_basis(values: Iterable[Measured | None]) -> str:
    """Return what most errors of a table stand on, so that it is said once; empty where no two agree."""
    counts = Counter(filter(None, map(basis_in_words, values)))
    counts.pop(NO_ERROR, None)
    found, count = counts.most_common(1)[0] if counts else ("", 0)
    return found if count > 1 else ""


def committee_in_words(measured: Measured | None) -> str:
    """Return the spread over the models of the committee, such as ``models ± 0.02``; empty where it is not known."""
    if measured is None or not _is_finite(measured.committee):
        return ""
    spread = float(measured.committee or 0.0)
    return f"models ± {_rounded(spread, decimals(spread)) if spread else '0'}"


def difference_in_words(first: Measured, second: Measured) -> str:
    """Return the difference of two values with its error, such as ``+0.126 ± 0.020``; a dash where one is missing.

    The errors are taken as independent.
    """
    if not (_is_finite(first.value) and _is_finite(second.value)):
        return DASH
    value = float(first.value or 0.0) - float(second.value or 0.0)
    errors = [one.error for one in (first, second)]
    known = all(map(_is_finite, errors))
    error = math.hypot(*(float(one or 0.0) for one in errors)) if known else None
    words = value_in_words(Measured(value=value, error=error))
    return words if value < 0 else f"+{words}"


def decimals(error: float) -> int:
    """Return the decimals to which an error, and its value, are written; negative before the point."""
    exponent = math.floor(math.log10(abs(error)))
    places = DIGITS_OF_ERROR - 1 - exponent
    return places if round(abs(error), places) < 10 ** (exponent + 1) else places - 1  # 0.0996 is 0.10


def plain(value: float) -> str:
    """Return a number without an error; as short as it is exact."""
    if not math.isfinite(value):
        return DASH
    return f"{value:.{DIGITS_WITHOUT}g}" if abs(value) < 10**DIGITS_WITHOUT else f"{value:.0f}"


def all_units(values: Iterable[Measured] | Mapping[str, Measured]) -> str:
    """Return the unit that some values share; empty for pure numbers, all of them where they differ."""
    found = values.values() if isinstance(values, Mapping) else values
    return " or ".join(dict.fromkeys(one.unit for one in found if one.unit))


def _rounded(value: float, places: int) -> str:
    text = f"{round(value, places):.{max(places, 0)}f}"
    return text.removeprefix("-") if not float(text) else text


def _is_finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
