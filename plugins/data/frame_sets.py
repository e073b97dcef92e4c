"""Parts and concatenations of sets of frames."""

from __future__ import annotations

import numpy as np

from aiida_zif.plugins.data.frames import FramesData


def subset(frames: FramesData, indices: list[int]) -> FramesData:
    """Return an unstored node with some of the frames, their per-frame arrays included, labels left out."""
    labels = {"energies", "forces", "virials"}
    return FramesData(
        frames.symbols,
        frames.positions[indices],
        frames.cells[indices],
        system=frames.system,
        per_frame={name: array[indices] for name, array in frames.per_frame.items() if name not in labels},
    )


def concatenate(first: FramesData, second: FramesData) -> FramesData:
    """Return an unstored node with the frames of both; only per-frame arrays that both have are kept."""
    shared = first.per_frame.keys() & second.per_frame.keys()
    return FramesData(
        first.symbols,
        np.concatenate([first.positions, second.positions]),
        np.concatenate([first.cells, second.cells]),
        system=first.system,
        per_frame={name: np.concatenate([first.get_array(name), second.get_array(name)]) for name in sorted(shared)},
    )
