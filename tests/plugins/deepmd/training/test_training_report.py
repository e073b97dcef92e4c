"""What a training reports: written with the number of its definition, and read from earlier versions too."""

from __future__ import annotations

from aiida_zif.plugins.deepmd.training.report import Failures, TrainingReport


def test_failures_have_their_members_by_label() -> None:
    failed = Failures(members={"model_1": (410, "loss is no number")})
    assert failed.as_dict() == {"schema": 1, "model_1": [410, "loss is no number"]}
    assert Failures.from_dict(failed.as_dict()) == failed
    assert Failures.from_dict({"model_1": [410, "loss is no number"]}) == failed


def test_a_training_of_before_it_could_stop_early_is_read() -> None:
    old = TrainingReport.from_dict({"steps": 500, "steps_requested": 500, "checkpoint": 500, "wall_s": 30.0})
    assert (old.steps, old.stopped_early_at, old.seeds) == (500, None, {})
    assert old.as_dict() == {"schema": 1, "steps": 500, "steps_requested": 500, "checkpoint": 500, "wall_s": 30.0}
