"""Resources of a stage become the options that AiiDA's schedulers understand."""

import pytest

from aiida_zif.workflows.engine.job_options import layouts, stage_options, turns_a_job, with_layout


def test_ranks_threads_and_walltime_are_translated() -> None:
    options = stage_options({"ranks": 2, "threads": 1, "walltime": 3600.0})
    assert options["resources"] == {"num_machines": 1, "num_mpiprocs_per_machine": 2, "num_cores_per_mpiproc": 1}
    assert options["max_wallclock_seconds"] == 3600


def test_scheduler_options_of_the_user_are_handed_on() -> None:
    options = stage_options({"lanes": 2, "walltime": 60, "queue_name": "gpu", "concurrent": 4, "account": None})
    assert options["queue_name"] == "gpu"
    assert "concurrent" not in options
    assert "account" not in options


@pytest.mark.parametrize(
    ("n_cores", "expected"),
    [
        (1, [(1, 1)]),
        (2, [(2, 1), (1, 2)]),
        (7, [(7, 1)]),
        (12, [(12, 1), (6, 2), (4, 3), (3, 4)]),
        (16, [(16, 1), (8, 2), (4, 4)]),
    ],
)
def test_the_layouts_worth_a_try_use_all_cores_and_few_threads(n_cores: int, expected: list[tuple[int, int]]) -> None:
    assert layouts(n_cores) == expected


def test_a_layout_changes_nothing_but_ranks_and_threads() -> None:
    options = stage_options({"ranks": 4, "threads": 1, "walltime": 60, "queue_name": "long", "layout": "fastest"})
    changed = with_layout(options, 2, 2)
    assert changed["resources"] == {"num_machines": 1, "num_mpiprocs_per_machine": 2, "num_cores_per_mpiproc": 2}
    assert (changed["queue_name"], changed["max_wallclock_seconds"]) == ("long", 60)
    assert options["resources"]["num_mpiprocs_per_machine"] == 4
    assert "layout" not in options


@pytest.mark.parametrize(
    ("resources", "n_models", "turns"),
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
def test_members_beyond_the_lanes_take_turns(resources: dict[str, int], n_models: int, turns: int) -> None:
    assert turns_a_job(resources, n_models) == turns
