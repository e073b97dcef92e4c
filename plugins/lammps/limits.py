"""Which runs are stopped, and which frames are not the substance any more (no AiiDA)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictBool

from aiida_zif.plugins.input_checks.model import Checked, refuse
from aiida_zif.plugins.input_checks.quantities import Force, RunawayTemperature

Factor = Annotated[float, Field(gt=1, le=10, strict=True)]
Part = Annotated[float, Field(gt=0, lt=1, strict=True)]


class HaltLevels(Checked):
    """When a run is stopped as hopeless.

    :param temperature: K; a hotter system has run away.
    :param force_deviation: eV/Å; one frame above it and the run is given up; None never stops.
    """

    temperature: RunawayTemperature = Field(default=3000.0, description="instantaneous temperature")
    force_deviation: Force | None = Field(default=None, description="maximum force deviation")

    def is_above(self, hottest: float) -> bool:
        """Whether a run may be as hot as its hottest target, K: the instantaneous temperature fluctuates."""
        return self.temperature > hottest

    def spares(self, upper: float) -> bool:
        """Whether no run is stopped by a frame that may still be worth a label: one below the upper level, eV/Å."""
        return self.force_deviation is None or self.force_deviation >= upper


class Halt(HaltLevels):
    """When a run is stopped early.

    :param volume: smallest and largest volume, as multiples of the volume at the start.
    """

    volume: tuple[Part, Factor] = Field(
        default=(0.5, 2.0), description="smallest and largest volume, over that at the start"
    )


class Chemistry(Checked):
    """What a frame must keep of the crystal; a metal may change its linkers."""

    intact: StrictBool = Field(default=True, description="no bond of a linker is lost, none between linkers appears")
    stretch: Factor = Field(default=1.5, description="a bond is lost beyond this times the sum of covalent radii")
    new_bond: Annotated[float, Field(gt=0, lt=1.3, strict=True)] = Field(
        default=1.15, description="a bond has appeared below this times the sum of covalent radii"
    )
    density: tuple[Part, Factor] = Field(
        default=(0.5, 2.0), description="smallest and largest density, as multiples of the crystal's"
    )
    cell_shape: Factor = Field(default=2.0, description="largest ratio of two principal stretches of the cell")


def check_trust_levels(lower: float, upper: float) -> None:
    """Refuse trust levels that leave no frame to choose; both in eV/Å.

    :raises PydanticCustomError: naming the field.
    """
    if lower >= upper:
        fix = "lower the lower or raise the upper trust level"
        raise refuse("lower", f"{lower:g} eV/Å", f"less than upper, {upper:g} eV/Å", fix)
