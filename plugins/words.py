"""Counts as a person reads them (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping


def counted(count: int, noun: str) -> str:
    """Return a number with its noun in the right form: ``1 frame``, ``2 frames``, ``2 trajectories``."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeou" else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def rounded(value: float, digits: int = 3) -> str:
    """Return a number with some significant digits and no exponent: ``1200``, ``0.0054``."""
    return f"{float(f'{value:.{digits}g}'):.12g}"


def length_in_words(picoseconds: float) -> str:
    """Return a simulated time in the unit that suits it: ``5.4 ps``, ``1.2 ns``."""
    return f"{rounded(picoseconds)} ps" if picoseconds < 1000 else f"{rounded(picoseconds / 1000)} ns"


def counts_in_words(counts: Mapping[str, int]) -> str:
    """Return counts by reason, the largest first: ``5 over budget, 1 near duplicate``; reasons without any left out."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in ordered if count)
