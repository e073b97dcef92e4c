"""What a study cannot say, for a reader."""

from __future__ import annotations

import re
from collections.abc import Iterable

from aiida_zif.provenance.studies.summary_model import StudySummary

NUMBER = re.compile(r"\d+(?:\.\d+)?")


def without_repeats(sentences: Iterable[str]) -> list[str]:
    """Return each sentence once; of sentences that differ in numbers only one, with the ranges of the numbers."""
    alike: dict[str, list[list[str]]] = {}
    for sentence in sentences:
        alike.setdefault(NUMBER.sub("{}", sentence), []).append(NUMBER.findall(sentence))
    found = []
    for pattern, rows in alike.items():
        words = pattern.split("{}")
        ranges = [*map(_range, zip(*rows, strict=True)), ""]
        found.append("".join(word + numbers for word, numbers in zip(words, ranges, strict=True)))
    return found


def _range(numbers: Iterable[str]) -> str:
    """Return ``2.1`` of numbers that are equal, ``2.1 to 2.4`` of others, as they were written."""
    ordered = sorted(set(numbers), key=float)
    return ordered[0] if len(ordered) == 1 else f"{ordered[0]} to {ordered[-1]}"


def limits_of_study(summary: StudySummary) -> list[str]:
    """Return what the protocol cannot reach; what is said of structures only where nothing else is said."""
    parts = (summary.melt_quench, summary.states, summary.validation)
    found = list(summary.verdict.limits) if summary.verdict is not None else []
    found += [limit for reports in parts for report in reports.values() for limit in report.limits]
    of_structures = {limit for report in summary.structure.values() for limit in report.limits}
    of_others = [limit for limit in found if limit not in of_structures]
    return without_repeats(dict.fromkeys(of_others or of_structures))
