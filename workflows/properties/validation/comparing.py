"""Whether two numbers may be compared, in words, and by how many errors they differ (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.workflows.properties.structure.quantities import QUANTITIES

SAME_DENSITY = 0.03
"""Relative difference; the closed phase of ZIF-4 is 20 % denser than the open one."""
SAME_TEMPERATURE = 50.0
"""K."""
SAME_RATE = 2.0
"""Ratio of two rates of a quench."""
SAME_SIZE = 2.0
"""Ratio of two numbers of atoms."""
LARGE_ENOUGH = 10_000
"""Atoms of a cell that stands for a macroscopic sample."""

CURVES = {"r_factor": ("size", "schedule", "density", "temperature")}
"""What the comparison of whole curves depends on."""


@dataclass(frozen=True)
class Circumstances:
    """What a number depends on beside a force field.

    :param level: of theory, in words; empty where nobody knows it.
    :param temperature: K.
    :param phase: crystal, melt or glass.
    :param rate: of the quench, K/ps; None of a crystal and a melt, and where it is not known.
    :param n_atoms: of the cell; None of a macroscopic sample.
    :param density: g/cm³.
    :param is_measured: whether nature is the other level of theory.
    """

    level: str
    temperature: float
    phase: str
    rate: float | None
    n_atoms: int | None
    density: float | None
    is_measured: bool = False


def judged(quantity: str, ours: Circumstances, other: Circumstances) -> tuple[bool, str]:
    """Return whether two numbers of a quantity may be compared, and why, in a sentence.

    They may if everything that the quantity depends on is the same or as good as the same. A measurement has no level
    of theory: the difference then contains the error of that of the labels.
    """
    depends = CURVES.get(quantity) or QUANTITIES[quantity].depends
    against = [reason for cause in depends if (reason := _difference(cause, ours, other))]
    if not other.is_measured and (reason := _levels(ours.level, other.level)):
        against.insert(0, reason)
    if against:
        return False, "; ".join(against)
    same = ", ".join(depends)
    if other.is_measured:
        return True, f"{same or 'nothing else'} alike; the difference contains the error of the labels' level of theory"
    return True, f"level of theory{', ' + same if same else ''} alike"


def z_score(ours: Measured, reference: Measured | None) -> float | None:
    """Return the difference over its standard error; None where one of the two has no error."""
    if reference is None or None in (ours.value, ours.error, reference.value, reference.error):
        return None
    assert ours.value is not None
    assert ours.error is not None
    assert reference.value is not None
    assert reference.error is not None
    error = (ours.error**2 + reference.error**2) ** 0.5
    return (ours.value - reference.value) / error if error > 0 else None


def _levels(ours: str, other: str) -> str:
    if not ours or not other:
        return f"level of theory: {ours or 'not known'} here, {other or 'not known'} there"
    return "" if ours == other else f"level of theory: {ours} here, {other} there"


def _difference(cause: str, ours: Circumstances, other: Circumstances) -> str:
    """In what the two differ; empty if in nothing."""
    return "; ".join(
        {"size": _size, "schedule": _schedule, "density": _density, "temperature": _temperature}[cause](ours, other)
    )


def _size(ours: Circumstances, other: Circumstances) -> Iterator[str]:
    here, there = ours.n_atoms or LARGE_ENOUGH, other.n_atoms or LARGE_ENOUGH
    large = min(here, there) >= LARGE_ENOUGH
    if not large and max(here, there) / min(here, there) > SAME_SIZE:
        yield f"size: {ours.n_atoms} atoms here, {other.n_atoms or 'a macroscopic sample'} there"


def _schedule(ours: Circumstances, other: Circumstances) -> Iterator[str]:
    if ours.phase != "glass":
        return
    here, there = ours.rate, other.rate
    if here is not None and there is not None and max(here, there) / min(here, there) <= SAME_RATE:
        return
    laboratory = "a quench of the laboratory" if other.is_measured else "a quench of a rate that is not stated"
    said = [f"{rate:g} K/ps" if rate else words for rate, words in ((here, "not stated"), (there, laboratory))]
    yield f"schedule: {said[0]} here, {said[1]} there"


def _density(ours: Circumstances, other: Circumstances) -> Iterator[str]:
    if other.density is None or ours.density is None:
        if not (other.is_measured and ours.phase == "crystal"):
            yield "density: not stated there" if other.density is None else "density: not known here"
    elif abs(ours.density / other.density - 1) > SAME_DENSITY:
        yield f"density: {ours.density:.3f} g/cm³ here, {other.density:.3f} there"


def _temperature(ours: Circumstances, other: Circumstances) -> Iterator[str]:
    if abs(ours.temperature - other.temperature) > SAME_TEMPERATURE:
        yield f"temperature: {ours.temperature:g} K here, {other.temperature:g} K there"
