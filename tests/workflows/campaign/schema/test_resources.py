"""Resources of a stage become the options that AiiDA's schedulers understand."""

from __future__ import annotations

from typing import Any

import pytest

from aiida_zif.workflows.campaign.schema.resources import Resources


def test_ranks_threads_and_walltime_are_translated() -> None:
    options = Resources.from_dict({"label": {"ranks": 2, "threads": 1, "walltime": 3600.0}}).label.options()
    assert options["resources"] == {"num_machines": 1, "num_mpiprocs_per_machine": 2, "num_cores_per_mpiproc": 1}
    assert options["max_wallclock_seconds"] == 3600


def test_scheduler_options_of_the_user_are_handed_on() -> None:
    stage = {"lanes": 2, "walltime": 60, "queue_name": "gpu", "concurrent": 4, "account": None}
    options = Resources.from_dict({"explore": stage}).explore.options()
    assert options["queue_name"] == "gpu"
    assert sorted(options) == ["max_wallclock_seconds", "queue_name", "resources"]


def test_ranks_are_cut_down_to_what_a_command_allows() -> None:
    label = Resources.from_dict({"label": {"ranks": 4}}).label
    assert [label.with_ranks_below(most).ranks for most in (2, 8, None)] == [2, 4, 4]


def test_resources_that_an_earlier_version_stored_are_read() -> None:
    stored = {
        "label": {"ranks": 2, "threads": 1, "walltime": 3600.0},
        "train": {"ranks": 1, "threads": 1, "walltime": 3600.0, "concurrent": 2},
        "explore": {"lanes": 2, "threads": 1, "walltime": 3600.0},
        "test": {"lanes": 2, "threads": 1, "walltime": 1800.0, "cores": 3},
    }
    resources = Resources.from_dict(stored)
    assert (resources.label.concurrent, resources.label.layout) == (1, "given")
    assert (resources.train.concurrent, resources.train.lanes, resources.train.members) == (2, 1, 1)
    assert (resources.explore.concurrent, resources.test.queue_name) == (1, None)


@pytest.mark.parametrize(
    ("stage", "n_models", "turns"),
    [
        ({}, 4, 1),
        ({"lanes": 4}, 4, 1),
        ({"lanes": 2, "members": 4}, 4, 2),
        ({"lanes": 2, "members": 8}, 4, 2),
        ({"lanes": 2, "members": 3}, 8, 2),
        ({"members": 4}, 4, 4),
        ({"lanes": 4, "members": 2}, 8, 1),
    ],
)
def test_members_beyond_the_lanes_take_turns(stage: dict[str, Any], n_models: int, turns: int) -> None:
    assert Resources.from_dict({"train": stage}).train.turns(n_models) == turns
