"""What one leg brought back, stage by stage (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aiida_zif.plugins.lammps.production.report import ProductionReport, StageDone
from aiida_zif.plugins.lammps.production.series import Series
from aiida_zif.workflows.properties.melt_quench.naming import Leg
from aiida_zif.workflows.properties.melt_quench.plan import MELT_STAGES, QUENCH_STAGES


@dataclass(frozen=True)
class LegResult:
    """A leg, and what is known of it: nothing where its process left nothing.

    :param process: UUID of its ``zif.md``.
    """

    leg: Leg
    report: ProductionReport | None = None
    series: Series | None = None
    process: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its stages."""
        return MELT_STAGES if self.leg.is_melt else QUENCH_STAGES

    @property
    def is_complete(self) -> bool:
        """Whether all its stages were run."""
        return self.report is not None and self.report.ended == "completed"

    def stage(self, name: str) -> StageDone | None:
        """Return what was done of a stage; None where it was not begun."""
        if self.report is None or name not in self.names:
            return None
        return next((stage for stage in self.report.stages if stage.name == name), None)

    def has(self, name: str) -> bool:
        """Whether a stage was run to its end, and left blocks."""
        stage = self.stage(name)
        whole = stage is not None and stage.n_steps_done >= stage.last_step - stage.first_step
        return whole and self.series is not None and bool(len(self.blocks(name)))

    def blocks(self, name: str) -> Series:
        """Return the blocks of a stage in the order of time."""
        assert self.series is not None
        return self.series.of_stage(self.names.index(name))

    def targets(self, name: str) -> np.ndarray:
        """Return the temperature that was asked for in the middle of each block of a stage, K, shape (B,)."""
        stage, blocks = self.stage(name), self.blocks(name)
        assert stage is not None
        assert stage.temperature is not None
        first, last = stage.temperature
        middle = (blocks.first_step + blocks.last_step) / 2.0
        share = (middle - stage.first_step) / (stage.last_step - stage.first_step)
        return np.asarray(first + share * (last - first))


def with_stage(legs: Sequence[LegResult], name: str, rate: float | None = None) -> list[LegResult]:
    """Return the legs of a rate (None: the melts) that ran a stage to its end."""
    return [leg for leg in legs if leg.leg.rate == rate and leg.has(name)]
