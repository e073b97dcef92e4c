"""The section of a campaign file that says when a campaign has converged (no AiiDA)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from aiida_zif.plugins.input_checks.model import Count, refuse
from aiida_zif.plugins.input_checks.quantities import Force
from aiida_zif.workflows.campaign.schema.section import Section

InsideShare = Annotated[float, Field(gt=0, lt=1, strict=True)]


class Deviation(Section):
    """Criterion on the largest force deviation of the explored frames, of the worst system."""

    quantile: InsideShare = Field(0.95, description="share of the frames that must lie below")
    below: Force = Field(description="largest force deviation of a frame")


class HeldOutError(Section):
    """Criterion on the error on frames that no training sees."""

    below: Force = Field(description="upper end of the confidence interval of the force RMSE")
    confidence: InsideShare = Field(0.95, description="confidence of the interval")


class AccurateShare(Section):
    """Criterion on the share of explored frames that the committee knows, of the worst system."""

    above: InsideShare = Field(description="share of the frames below the lower trust level")


class Observable(Section):
    """Criterion on an observable of the exploring runs."""

    name: Literal["density", "metal_nitrogen_coordination", "three_fold_share"] = Field(
        description="as the exploration reports it"
    )
    tolerance: InsideShare = Field(0.02, description="relative difference between cycles and members")


class Convergence(Section):
    """When the campaign has reached what it was made for; all criteria that are given must hold."""

    cycles: Count = Field(description="cycles in a row in which every criterion must hold")
    deviation: Deviation | None = Field(None, description="quantile of the deviation; no criterion if left out")
    held_out_error: HeldOutError | None = Field(None, description="held-out error; no criterion if left out")
    accurate_share: AccurateShare | None = Field(None, description="accurate frames; no criterion if left out")
    observable: Observable | None = Field(None, description="an observable; no criterion if left out")
    patience: Count = Field(description="cycles that may pay for labels in vain before the campaign is stopped")

    @model_validator(mode="after")
    def _an_observable_needs_two_cycles(self) -> Convergence:
        if self.observable is not None and self.cycles < 2:
            raise refuse("cycles", f"{self.cycles}", "2 or more with an observable", "write 'cycles: 2'")
        return self
