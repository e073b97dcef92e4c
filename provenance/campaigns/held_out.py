"""Held-out frames: their sources, their distance to the training frames, confidence intervals of errors on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from aiida_zif.plugins.analysis.frame_distance import displacement_rms
from aiida_zif.plugins.data.dataset import blocks_in
from aiida_zif.plugins.deepmd.testing.frame_errors import FrameErrors
from aiida_zif.plugins.words import counted
from aiida_zif.provenance.campaigns.view import CampaignView, Step
from aiida_zif.provenance.intervals import CONFIDENCE
from aiida_zif.provenance.queries.calls import inputs_of
from aiida_zif.provenance.queries.links import inputs_under
from aiida_zif.workflows.active_learning.judging.confidence import rmse_interval
from aiida_zif.workflows.campaign.schema.aimd import AimdRun
from aiida_zif.workflows.campaign.schema.data import HeldOut
from aiida_zif.workflows.campaign.settings import Settings

MOST_COMPARED = 64
"""Held-out frames that are compared with every training frame; of more as many, evenly spread."""


def held_out_blocks(view: CampaignView) -> list[Any]:
    """Return the blocks that the newest test was made on."""
    tests = view.of("test")
    return list(inputs_under(tests[-1].node, "blocks").values()) if tests else []


def held_out_source(settings: Settings) -> str:
    """Say in words where the held-out frames come from, and how independent of the training frames they are."""
    by_system = {name: source_of(settings.for_system(name).held_out) for name in settings.systems}
    different = len(set(by_system.values())) > 1
    words = [f"{name}: {text}" for name, text in by_system.items()] if different else list(by_system.values())[:1]
    return f"{'; '.join(words)}; in no training set"


def source_of(held_out: HeldOut) -> str:
    """Say where the held-out frames of one system come from."""
    runs = [aimd_run_in_words(run) for run in held_out.aimd]
    sources = [f"AIMD from the crystal, where training runs start too ({'; '.join(runs)})"] if runs else []
    sources += [f"imported frames ({', '.join(held_out.imported)})"] if held_out.imported else []
    return " and ".join(sources) or "none"


def aimd_run_in_words(run: AimdRun) -> str:
    """Say how long an AIMD run is and how far apart its frames are, in fs."""
    from aiida_zif.plugins.cp2k.task import target_in_words

    apart = (
        "frames spaced by the autocorrelation of their forces"
        if isinstance(run.stride, str)
        else f"frames {run.stride * run.timestep:g} fs apart"
    )
    return f"{target_in_words(run.temperature, 'K')}, {run.steps * run.timestep:g} fs, {apart}"


def force_rms(blocks: Iterable[Any]) -> float | None:
    """Return the root mean square of all force components of some labels, eV/Å: the error of a model that says zero."""
    squares = [np.square(block.forces).ravel() for block in blocks if block.n_frames]
    return float(np.sqrt(np.mean(np.concatenate(squares)))) if squares else None


def error_interval(errors: FrameErrors, seed: int) -> list[float] | None:
    """Return the interval that holds the mean force RMSE of the members at 95 % confidence, eV/Å.

    It says how much the error would differ if other frames of the same runs had been taken; of runs from other
    starts, or at other temperatures, it says nothing.

    :param errors: of a test.
    :param seed: of the bootstrap.
    """
    runs = [block.force_rmse for block in errors.values()]
    if sum(run.shape[1] for run in runs) < 2:
        return None
    _, low, high = rmse_interval(runs, CONFIDENCE, seed)
    return [low, high]


def nearest_training_frames(view: CampaignView) -> dict[str, Any] | None:
    """Return how far held-out frames are from the nearest frame that the newest committee learnt, in Å.

    :returns: ``smallest``, ``median`` and ``largest`` root mean square displacement per atom (see
        :func:`~aiida_zif.plugins.analysis.frame_distance.displacement_rms`); ``n_compared`` of ``n_frames`` held-out
        frames, with ``n_training`` training frames of the same atoms in the same order. None without such a pair.
    """
    held_out, learnt = held_out_blocks(view), learnt_blocks(view.of("train"))
    found, n_training = [], 0
    for symbols in sorted({tuple(block.symbols) for block in held_out}):
        training = [block for block in learnt if tuple(block.symbols) == symbols and block.n_frames]
        mine = [block for block in held_out if tuple(block.symbols) == symbols]
        if training:
            n_training += sum(block.n_frames for block in training)
            found += nearest(mine, training)
    if not found:
        return None
    low, middle, high = np.quantile(found, [0.0, 0.5, 1.0])
    counts = {"n_compared": len(found), "n_frames": sum(block.n_frames for block in held_out)}
    return {"smallest": low, "median": middle, "largest": high, "n_training": n_training, **counts}


def learnt_blocks(trainings: list[Step]) -> list[Any]:
    """Return the blocks that the newest committee learnt from."""
    if not trainings:
        return []
    newest = trainings[-1]
    sources = inputs_of([newest.pk], "dataset", newest.node.backend).get(newest.pk, {})
    return list(blocks_in(sources).values())


def nearest(held_out: list[Any], training: list[Any]) -> list[float]:
    """Return for each held-out frame, or for some of many, the distance to the nearest training frame in Å."""
    positions, cells = (np.concatenate([getattr(b, name) for b in held_out]) for name in ("positions", "cells"))
    chosen = np.unique(np.linspace(0, len(cells) - 1, min(len(cells), MOST_COMPARED)).round().astype(int))
    best = np.full(len(chosen), np.inf)
    for block in training:  # one block at a time: all frames of a long campaign would not fit into memory
        others = block.positions, block.cells
        here = [displacement_rms(positions[index], cells[index], *others).min() for index in chosen]
        best = np.minimum(best, here)
    return [float(distance) for distance in best]


def distance_in_words(distances: dict[str, Any] | None) -> str:
    """Say how far held-out frames are from the training frames."""
    if distances is None:
        return "No training frame has the same atoms in the same order; no distance is given."
    which = (
        f"{distances['n_compared']} of {distances['n_frames']} held-out frames, evenly spread"
        if distances["n_compared"] < distances["n_frames"]
        else counted(distances["n_frames"], "held-out frame")
    )
    return (
        f"Distance to the nearest of {distances['n_training']} training frames, as root mean square displacement per "
        f"atom without common translation: {distances['smallest']:.3f} to {distances['largest']:.3f} Å, median "
        f"{distances['median']:.3f} Å ({which})."
    )
