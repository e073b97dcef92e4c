"""The report of a labelling: what is written, and that reports of earlier versions are read."""

from __future__ import annotations

from aiida_zif.plugins.cp2k.batches.report import JobReport, RejectedFrame
from aiida_zif.workflows.labelling.label_report import LabelReport, by_reason


def test_a_report_holds_what_its_maker_stated_and_the_number_of_its_definition() -> None:
    entry = RejectedFrame(index=2, reason="not_reached", detail="killed")
    report = LabelReport(mode="batch", n_labelled=3, n_rejected=by_reason([entry]), rejected=[entry])
    assert report.as_dict() == {
        "schema": 1,
        "mode": "batch",
        "n_labelled": 3,
        "n_rejected": {"not_reached": 1},
        "rejected": [{"index": 2, "reason": "not_reached", "detail": "killed"}],
    }
    assert LabelReport.from_dict(report.as_dict()) == report


def test_a_report_of_before_frames_were_reused_or_recovered_is_read() -> None:
    old = LabelReport.from_dict({"mode": "aimd", "n_labelled": 5, "n_rejected": {"not_reached": 2}, "restarts": 1})
    assert (old.n_labelled, old.n_lost, old.n_reused, old.recovered, old.stride) == (5, 2, 0, {}, None)


def test_a_job_of_an_early_version_that_says_little_is_read() -> None:
    old = JobReport.from_dict(
        {"n_labelled": 2, "rejected": [{"index": 1, "reason": "volume", "detail": "", "step": 3}]}
    )
    assert (old.n_labelled, old.rejected[0].step, old.stopped, old.dynamics) == (2, 3, None, None)
