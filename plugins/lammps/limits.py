"""Which runs are stopped, and which frames are not the substance any more: checked field by field (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from aiida_zif.plugins.lammps.checking import check_known, is_number, refused


@dataclass(frozen=True)
class Halt:
    """When a run is stopped early.

    :param temperature: K; a hotter system has run away.
    :param force_deviation: eV/Å; one frame above it and the run is given up; None never stops.
    :param volume: smallest and largest volume, as multiples of the volume at the start.
    """

    temperature: float = 3000.0
    force_deviation: float | None = None
    volume: tuple[float, float] = (0.5, 2.0)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any], upper: float) -> Halt:
        """Check the section ``halt``.

        :param upper: trust level from which on a frame is failed, eV/Å.
        :raises ValueError: for an unknown key or a value that is not allowed.
        """
        check_known("parameters.halt", given, [item.name for item in fields(cls)])
        volume = given.get("volume", cls.volume)
        halt = cls(**{**given, "volume": tuple(volume) if isinstance(volume, list) else volume})
        if not is_number(halt.temperature) or halt.temperature <= 0:
            raise refused("parameters.halt.temperature", halt.temperature, "above 0 K")
        deviation = halt.force_deviation
        if deviation is not None and (not is_number(deviation) or deviation < upper):
            raise refused("parameters.halt.force_deviation", deviation, f"at least parameters.upper ({upper})")
        if not _around_one(halt.volume):
            raise refused("parameters.halt.volume", halt.volume, "[below 1, above 1] times the volume at the start")
        return halt


@dataclass(frozen=True)
class Chemistry:
    """What every frame must keep of the crystal, where the job has its ``topology``.

    :param intact: check the bonds.
    :param stretch: a bond longer than this times the sum of covalent radii is broken.
    :param new_bond: two non-metal atoms closer than this times the sum of their covalent radii have a bond.
    :param density: smallest and largest density, as multiples of the crystal's.
    :param cell_shape: largest ratio of two principal stretches of the cell against the crystal's.
    """

    intact: bool = True
    stretch: float = 1.5
    new_bond: float = 1.15
    density: tuple[float, float] = (0.5, 2.0)
    cell_shape: float = 2.0

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Chemistry:
        """Check the section ``chemistry``.

        :raises ValueError: for an unknown key or a value that is not allowed.
        """
        check_known("parameters.chemistry", given, [item.name for item in fields(cls)])
        density = given.get("density", cls.density)
        chemistry = cls(**{**given, "density": tuple(density) if isinstance(density, list) else density})
        if not isinstance(chemistry.intact, bool):
            raise refused("parameters.chemistry.intact", chemistry.intact, "true or false")
        for name in ("stretch", "cell_shape"):
            if not is_number(getattr(chemistry, name)) or getattr(chemistry, name) <= 1:
                raise refused(f"parameters.chemistry.{name}", getattr(chemistry, name), "a number above 1")
        if not is_number(chemistry.new_bond) or chemistry.new_bond <= 0:
            raise refused("parameters.chemistry.new_bond", chemistry.new_bond, "a number above 0")
        if not _around_one(chemistry.density):
            raise refused("parameters.chemistry.density", chemistry.density, "[below 1, above 1] times the crystal's")
        return chemistry


def _around_one(pair: Any) -> bool:
    """Whether a pair of factors is one below and one above 1."""
    is_pair = isinstance(pair, tuple) and len(pair) == 2 and all(map(is_number, pair))
    return bool(is_pair and 0 < pair[0] < 1 < pair[1])
