"""What the verdict and the calibration say to a reader."""

from __future__ import annotations

from typing import Any

import numpy as np

from aiida_zif.plugins.selection.calibration import ErrorOfFrame, calibrate_frames
from aiida_zif.provenance.campaigns.judgement import judgement_lines
from aiida_zif.provenance.report.campaign.reliability_figure import reliability_figure


def frames(n: int = 30) -> list[ErrorOfFrame]:
    """Frames whose error is a third of their deviation, more or less."""
    rng = np.random.default_rng(1)
    deviation = np.exp(rng.normal(-1.0, 0.6, n))
    error = deviation / 3 * np.exp(rng.normal(0.0, 0.2, n))
    roles = [0, 1, None]
    return [
        ErrorOfFrame(system="zif4", role=roles[i % 3], max_force_deviation=x, force_rmse=y)
        for i, (x, y) in enumerate(zip(deviation, error, strict=True))
    ]


def summary(**found: Any) -> dict[str, Any]:
    """The part of a summary that is read here."""
    return {
        "stop_reason": None,
        "verdict": {"criteria": [], "blocking": None, "left_out": {}, "failing": {}},
        "calibration": None,
    } | found


def test_before_the_first_verdict_there_is_nothing_to_say() -> None:
    assert judgement_lines(summary()) == []


def test_it_is_told_which_criterion_blocks_and_what_ended_it_and_what_was_left_out() -> None:
    criteria = [
        {"name": "accurate_share", "met": False, "found": 0.8, "limit": 0.9, "words": "80% are accurate, 90% asked"},
        {"name": "max_cycles", "met": True, "found": 3, "limit": 3, "words": "3 cycles"},
    ]
    verdict = {"criteria": criteria, "blocking": "80% …", "left_out": {"zif8": "no frame came back"}}
    verdict["failing"] = {"zif4": "5 of 5 frames got no label"}
    assert judgement_lines(summary(stop_reason="max_cycles", verdict=verdict)) == [
        "left out: zif8, no frame came back",
        "failed once: zif4, 5 of 5 frames got no label",
        "ended by: max cycles, 3 cycles",
        "not met: accurate share, 80% are accurate, 90% asked",
    ]
    assert judgement_lines(summary(verdict=verdict))[-1].startswith("blocks: accurate share")


def test_the_calibration_is_told_in_one_line_a_system() -> None:
    known = [*frames(), frames(1)[0].model_copy(update={"system": "zif8"})]
    first, second = judgement_lines(summary(calibration=calibrate_frames(known, 1).model_dump()))
    assert first.startswith("calibration of zif4: at a deviation of ")
    assert "of 30 frames" in first
    assert second == "calibration of zif8: too few labelled frames"


def test_frames_that_were_fitted_twice_by_an_early_version_are_counted_once() -> None:
    found = {**calibrate_frames(frames(), 1).model_dump(), "n_frames": {"zif4": 24}}
    (line,) = judgement_lines(summary(calibration=found))
    assert line.endswith("of 30 pairs of deviation and error of 24 frames")


def test_the_reliability_plot_shows_every_kind_of_frame() -> None:
    curve = calibrate_frames(frames(), 1).systems["zif4"]
    assert curve is not None
    picture = reliability_figure(curve, frames(), "zif4")
    assert picture.startswith("<svg")
    assert picture == reliability_figure(curve, frames(), "zif4"), "the same numbers, the same picture"
