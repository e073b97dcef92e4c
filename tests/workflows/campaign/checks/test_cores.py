"""No stage has more cores at work at once than its machine has, whatever its resources are multiplied of."""

from __future__ import annotations

from typing import Any

import pytest
from aiida.common.datastructures import CodeRunMode
from aiida.schedulers.datastructures import JobTemplate
from aiida.schedulers.plugins.slurm import SlurmScheduler

from aiida_zif.plugins.deepmd.job import environment, threads
from aiida_zif.workflows.campaign.checks.cores import cores_at_once, oversubscribed
from aiida_zif.workflows.campaign.schema.resources import Resources

FOUR = dict.fromkeys(("label", "train", "explore", "test"), 4)


def resources(**changes: dict[str, Any]) -> Resources:
    """Resources that fill four cores in every stage, with differences."""
    given: dict[str, dict[str, Any]] = {
        "label": {"ranks": 2, "threads": 2, "concurrent": 1},
        "train": {"ranks": 1, "threads": 1, "lanes": 2, "concurrent": 2},
        "explore": {"lanes": 2, "threads": 2, "concurrent": 1},
        "test": {"lanes": 4, "threads": 1, "concurrent": 1},
    }
    return Resources.from_dict({s: {**given[s], **changes.get(s, {}), "walltime": 60.0} for s in given})


def test_every_stage_may_fill_the_machine() -> None:
    assert {stage: count for stage, (count, _) in cores_at_once(resources()).items()} == FOUR
    assert list(oversubscribed(resources(), FOUR)) == []


@pytest.mark.parametrize(
    ("stage", "key"),
    [("label", "ranks"), ("label", "threads"), ("label", "concurrent")]
    + [("train", key) for key in ("ranks", "threads", "lanes", "concurrent")]
    + [("explore", key) for key in ("lanes", "threads", "concurrent")]
    + [("test", key) for key in ("lanes", "threads")],
)
def test_no_factor_of_a_stage_can_ask_for_more(stage: str, key: str) -> None:
    asked = resources(**{stage: {key: 5}})
    field, found, allowed, fix = next(fault for fault in oversubscribed(asked, FOUR) if fault[0].endswith(stage))
    assert field == f"resources.{stage}"
    assert "5" in found
    assert "4" in allowed
    assert "4" in fix


def test_systems_side_by_side_may_all_be_labelled_at_once() -> None:
    asked = resources(explore={"lanes": 1, "threads": 1, "concurrent": 3})
    assert cores_at_once(asked)["label"][0] == 12


def test_what_queues_is_left_to_the_scheduler() -> None:
    assert list(oversubscribed(resources(label={"ranks": 64}), {"train": 4})) == []


@pytest.mark.parametrize("stage", ["label", "train", "explore", "test"])
def test_threads_are_those_of_the_allocation(stage: str) -> None:
    options = getattr(resources(**{stage: {"threads": 3}}), stage).options()
    template: Any = JobTemplate()
    template.job_resource = SlurmScheduler.create_job_resource(**options["resources"])
    template.codes_info, template.codes_run_mode = [], CodeRunMode.SERIAL
    template.max_wallclock_seconds = options["max_wallclock_seconds"]
    template.prepend_text = environment(threads(options))
    template.submit_as_hold = template.rerunnable = template.sched_join_files = False
    script = SlurmScheduler().get_submit_script(template)
    assert "#SBATCH --cpus-per-task=3\n" in script
    assert "export OMP_NUM_THREADS=3\n" in script
