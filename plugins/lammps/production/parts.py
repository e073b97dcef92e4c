"""The parts that a trajectory is cut into, at steps that depend on nothing but what was asked for (no AiiDA).

Each part begins from the restart file of the one before it, also where nothing was interrupted. So a trajectory whose
jobs were killed takes the same path, number by number, as one that was not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from aiida_zif.plugins.lammps.production.settings import (
    MOST_PARTS,
    MdStage,
    Settings,
    deviation_every,
    sample_every,
)
from aiida_zif.plugins.lammps.writing.motion import MAX_NOISE_SEED, Segment

FEWEST_ATOM_STEPS = 4_000_000
"""Atoms times steps of a part: some minutes on one core, of which models that are read again take seconds."""
MOST_CHECKPOINTS = 10_000
"""Parts; more of them would rather write files than trajectories."""


class Strides(NamedTuple):
    """Steps between two looks, between two evaluations of the committee, and between two checkpoints."""

    sample: int
    deviation: int
    checkpoint: int


@dataclass(frozen=True)
class Part:
    """A piece of the trajectory, with the pieces of stages in it.

    :param stages: index of the stage of every segment.
    """

    index: int
    first: int
    last: int
    segments: tuple[Segment, ...]
    stages: tuple[int, ...]


def strides_of(stages: Sequence[MdStage], settings: Settings, n_models: int, n_atoms: int) -> Strides:
    """Return how often a trajectory is looked at and cut; a part holds whole evaluations of the committee."""
    steps = sum(stage.md_steps for stage in stages)
    sample = sample_every(settings, steps)
    deviation = deviation_every(settings, steps, n_models) if n_models > 1 else sample
    asked = settings.checkpoint_every or max(math.ceil(steps / MOST_PARTS), math.ceil(FEWEST_ATOM_STEPS / n_atoms))
    return Strides(sample, deviation, deviation * math.ceil(asked / deviation))


def cut(stages: Sequence[MdStage], settings: Settings, strides: Strides) -> list[Part]:
    """Return the parts of a trajectory; one may hold the end of a stage and the beginning of the next."""
    starts = starts_of(stages)
    total = starts[-1] + stages[-1].md_steps
    parts = []
    for index, first in enumerate(range(0, total, strides.checkpoint)):
        last = min(first + strides.checkpoint, total)
        inside = [
            (number, stage, start)
            for number, (stage, start) in enumerate(zip(stages, starts, strict=True))
            if start < last and start + stage.md_steps > first
        ]
        segments = [
            Segment(
                stage,
                start,
                start + stage.steps,
                max(first, start),
                min(last, start + stage.steps),
                noise_of(settings.seed, index, number),
                f"_{number}",
            )
            for number, stage, start in inside
        ]
        parts.append(Part(index, first, last, tuple(segments), tuple(number for number, *_ in inside)))
    return parts


def starts_of(stages: Sequence[MdStage]) -> list[int]:
    """Return the step at which every stage begins; a minimisation takes none."""
    return [sum(stage.md_steps for stage in stages[:number]) for number in range(len(stages))]


def noise_of(seed: int, part: int, stage: int) -> int:
    """Return the seed of the noise of a piece of a stage: what was drawn before it is in no restart file."""
    return 1 + int(np.random.SeedSequence([seed, part, stage]).generate_state(1)[0]) % MAX_NOISE_SEED


def snapshot_steps(stages: Sequence[MdStage], sample: int) -> list[int]:
    """Return the steps of the frames that come back: of every stage as many as asked for, evenly spaced, to its end."""
    steps: set[int] = set()
    for stage, start in zip(stages, starts_of(stages), strict=True):
        looks = looks_of(stage, start, sample)
        for number in range(1, stage.snapshots + 1):
            steps.add(sample * (looks.start + math.ceil(number * len(looks) / stage.snapshots) - 1))
    return sorted(steps)


def looks_of(stage: MdStage, start: int, sample: int) -> range:
    """Return the looks at a stage, numbered over the trajectory; that at its beginning belongs to what was before."""
    return range(start // sample + 1, (start + stage.md_steps) // sample + 1)
