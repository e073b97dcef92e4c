"""Resources of a stage become the options that AiiDA's schedulers understand."""

from aiida_zif.workflows.resources import stage_options


def test_ranks_threads_and_walltime_are_translated() -> None:
    options = stage_options({"ranks": 2, "threads": 1, "walltime": 3600.0})
    assert options["resources"] == {"num_machines": 1, "num_mpiprocs_per_machine": 2, "num_cores_per_mpiproc": 1}
    assert options["max_wallclock_seconds"] == 3600


def test_scheduler_options_of_the_user_are_handed_on() -> None:
    options = stage_options({"lanes": 2, "walltime": 60, "queue_name": "gpu", "concurrent": 4, "account": None})
    assert options["queue_name"] == "gpu"
    assert "concurrent" not in options
    assert "account" not in options
