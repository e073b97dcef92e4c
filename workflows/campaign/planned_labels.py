"""Number of labels of a section of a campaign (no AiiDA)."""

from __future__ import annotations

from typing import Any

from aiida_zif.plugins.cp2k.aimd.autocorrelation import stride_bounds


def most_labels(run: dict[str, Any]) -> int:
    """Return the labels of an AIMD run; where the stride is measured on the way, the most that it can leave."""
    return int(run["steps"] // _strides(run)[0])


def fewest_labels(run: dict[str, Any]) -> int:
    """Return the labels of an AIMD run; where the stride is measured on the way, the fewest that it can leave."""
    return int(run["steps"] // _strides(run)[1])


def _strides(run: dict[str, Any]) -> tuple[int, int]:
    """The smallest and the largest stride that a run may have."""
    stride = run["stride"]
    return stride_bounds(run["steps"], run["timestep"]) if stride == "auto" else (stride, stride)
