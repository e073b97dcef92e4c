"""Number of labels of a section of a campaign (no AiiDA)."""

from __future__ import annotations

from aiida_zif.plugins.cp2k.aimd.autocorrelation import stride_bounds
from aiida_zif.workflows.campaign.schema.aimd import AimdRun


def most_labels(run: AimdRun) -> int:
    """Return the labels of an AIMD run; where the stride is measured on the way, the most that it can leave."""
    return run.steps // _strides(run)[0]


def fewest_labels(run: AimdRun) -> int:
    """Return the labels of an AIMD run; where the stride is measured on the way, the fewest that it can leave."""
    return run.steps // _strides(run)[1]


def _strides(run: AimdRun) -> tuple[int, int]:
    """The smallest and the largest stride that a run may have."""
    if isinstance(run.stride, str):
        return stride_bounds(run.steps, run.timestep)
    return run.stride, run.stride
