"""How the cores of a job may be split into ranks and threads."""

import pytest

from aiida_zif.workflows.engine.job_options import layouts, with_layout


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
    given = {"num_machines": 1, "num_mpiprocs_per_machine": 4, "num_cores_per_mpiproc": 1}
    options = {"resources": given, "max_wallclock_seconds": 60, "queue_name": "long"}
    changed = with_layout(options, 2, 2)
    assert changed["resources"] == {"num_machines": 1, "num_mpiprocs_per_machine": 2, "num_cores_per_mpiproc": 2}
    assert (changed["queue_name"], changed["max_wallclock_seconds"]) == ("long", 60)
    assert options["resources"] == given
