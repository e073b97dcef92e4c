"""When a campaign ends, and what it says of it."""

import pytest

from aiida_zif.workflows.judge import verdict

LIMITS = {"cycles": 3, "labels": 100}


@pytest.mark.parametrize(
    ("cycle", "n_labels", "n_selected", "reason"),
    [
        (1, 20, 8, None),
        (1, 20, 0, "nothing_left_to_label"),
        (3, 20, 8, "max_cycles"),
        (2, 100, 8, "max_labels"),
        (3, 100, 0, "nothing_left_to_label"),
    ],
)
def test_the_verdict_names_the_criterion_that_ended_it(cycle: int, n_labels: int, n_selected: int, reason: str) -> None:
    decision = verdict(cycle, n_labels, n_selected, LIMITS)
    assert decision["stop_reason"] == reason
    assert decision["finished"] is (reason is not None)


def test_every_criterion_is_listed_with_what_was_found() -> None:
    criteria = {entry["name"]: entry for entry in verdict(1, 20, 8, LIMITS)["criteria"]}
    assert criteria["max_labels"] == {"name": "max_labels", "met": False, "found": 20, "limit": 100}
    assert len(criteria) == 3
