"""What a labelling job says of every frame and of itself, as the plain content of its report (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from aiida_zif.plugins.cp2k.batches.cost import hill_formula
from aiida_zif.plugins.cp2k.levels import Level
from aiida_zif.plugins.cp2k.reading.labels import NOT_CONVERGED, NOT_REACHED, NOT_READ, Label, Rejection
from aiida_zif.plugins.cp2k.reading.outputs import MainOutput
from aiida_zif.plugins.cp2k.reading.scf import diagnose
from aiida_zif.plugins.cp2k.reading.why_stopped import ABORTED
from aiida_zif.plugins.jobs.interruptions import Ending

GAVE_UP = "SCF run NOT converged"
"""With these words later versions of CP2K abort where 2023.1 warns."""


def account(
    labels: Sequence[Label],
    rejected: Sequence[Rejection],
    main: MainOutput,
    stop: Ending | None,
    symbols: Sequence[str],
    level: Level,
) -> dict[str, Any]:
    """Return the content of ``output_parameters``; times in s.

    :param labels: the good frames.
    :param rejected: the others.
    :param main: main output.
    :param stop: what ended the run before its last frame, if something did.
    :param symbols: chemical symbols of the frames.
    :param level: level of theory.
    """
    steps = [evaluation.scf_steps for evaluation in main.evaluations.values()]
    rejected, stopped = _blame(rejected, main, stop, level)
    return {
        "n_requested": len(labels) + len(rejected),
        "n_labelled": len(labels),
        "n_evaluated": len(main.evaluations),
        "rejected": [_entry(one) for one in rejected],
        "stopped": stopped,
        "scf_steps": {"mean": float(np.mean(steps)), "max": max(steps)} if steps else None,
        **times(main),
        "cp2k_version": main.version,
        "exceeded_walltime": main.out_of_time,
        "formula": hill_formula(symbols),
        "n_atoms": len(symbols),
        "level": {"hash": level.hash, "line": level.line},
    }


def times(main: MainOutput) -> dict[str, float | None]:
    """Return wall times in s: of the job, of its first frame with the start-up, and of one of the others.

    In dynamics CP2K counts the evaluation of the start into the time of the first step, which is therefore taken
    to last as long as the steps after it.
    """
    seconds = [one.seconds for one in main.evaluations.values() if one.seconds is not None]
    dynamics = any(one.temperature is not None for one in main.evaluations.values())
    others = seconds[1:] if dynamics and len(seconds) > 1 else seconds
    following = float(np.mean(others)) if others else None
    first = main.wall_s - (following or 0.0) * len(seconds) if main.wall_s is not None else None
    return {
        "wall_s": main.wall_s if main.wall_s is not None else float(sum(seconds)),
        "seconds_per_frame": following if following is not None else first,
        "first_frame_s": first,
    }


def with_frame_ids(content: Mapping[str, Any], ids: Sequence[str]) -> dict[str, Any]:
    """Return the content with the content hash of every rejected frame.

    :param ids: of the frames asked for; empty in dynamics, where CP2K makes them.
    """
    rejected = [{**one, "frame_id": ids[one["index"]] if ids else None} for one in content["rejected"]]
    return {**content, "rejected": rejected}


def _entry(one: Rejection) -> dict[str, Any]:
    about = {"index": one.index, "step": one.step, "reason": one.reason, "detail": one.detail}
    return about | ({"scf": one.scf.as_dict()} if one.scf else {})


def _blame(
    rejected: Sequence[Rejection], main: MainOutput, stop: Ending | None, level: Level
) -> tuple[list[Rejection], dict[str, Any] | None]:
    """Say in which frame the run ended and why; where CP2K gave its loop up, that is the verdict on the frame."""
    missing = [one for one in rejected if one.reason in (NOT_REACHED, NOT_READ)]
    if stop is None or not missing:
        return list(rejected), None
    first = min(missing, key=lambda one: one.step)
    threshold = level.settings["energy"]["SCF"]["EPS_SCF"]
    loop = diagnose(main.unfinished, threshold) if main.unfinished else None
    gave_up = stop.cause == ABORTED and GAVE_UP in stop.detail
    if loop and gave_up:
        verdict = Rejection(first.index, first.step, NOT_CONVERGED, loop.in_words(), loop)
        rejected = [verdict if one is first else one for one in rejected]
    return list(rejected), {
        "cause": stop.cause,
        "detail": stop.detail + (f" ({loop.in_words()})" if loop else ""),
        "index": None if gave_up else first.index,
    }
