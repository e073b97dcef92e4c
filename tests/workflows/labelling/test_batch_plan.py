"""A batch is cut by what a frame costs, goes on past every kind of failure, and always comes to an end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from aiida_zif.plugins.cp2k.batches.cost import FrameCost
from aiida_zif.plugins.cp2k.batches.report import JobReport
from aiida_zif.plugins.cp2k.levels.recovery import Rung
from aiida_zif.workflows.labelling.batch_plan import (
    MOST_IN_VAIN,
    MOST_JOBS,
    PILOT,
    BatchPlan,
    PlannedJob,
    begin,
    settle,
    with_jobs,
)

LADDER = [
    Rung("more_steps", ("nearly_there",), {}),
    Rung("small_steps", (), {}),
    Rung("smearing", (), {}, changes_physics=True),
]
MINUTE = FrameCost(1, 1, 120.0, 60.0, 10, "batch")

STOPS = (
    "cp2k_aborted",
    "cp2k_killed",
    "out_of_walltime",
    "out_of_memory",
    "disk_full",
    "cancelled",
    "node_failure",
    "killed_at_walltime",
)

Behaviour = Callable[[str | None], str]
"""What a frame does by the rung it is given: ``good``, a verdict on its loop, ``broken``, or a cause of a stop."""


def always(what: str) -> Behaviour:
    return lambda rung: what


def job_account(job: PlannedJob, frames: Mapping[int, Behaviour], wall: int | None = None) -> JobReport:
    """What a job says whose frames behave like this; with ``wall`` it has time for so many of them."""
    rejected: list[dict[str, Any]] = []
    stopped: dict[str, Any] | None = None
    for place, index in enumerate(job.indices):
        about = {"index": place, "frame_id": f"id{index}", "detail": "why"}
        what = frames.get(index, always("good"))(job.rung)
        if stopped is None and wall is not None and place >= wall:
            what = "out_of_walltime"
        if stopped is not None:
            rejected.append({**about, "reason": "not_reached"})
        elif what in STOPS:
            stopped = {"cause": what, "detail": "Cholesky", "index": place}
            rejected.append({**about, "reason": "not_reached"})
        elif what == "broken":
            rejected.append({**about, "reason": "force_too_large"})
        elif what != "good":
            rejected.append({**about, "reason": "scf_not_converged", "scf": {"verdict": what}})
    n_labelled = len(job.indices) - len(rejected)
    times = {"first_frame_s": 120.0, "seconds_per_frame": 60.0, "wall_s": 60.0 + 60.0 * n_labelled}
    counts = {"n_labelled": n_labelled, "n_evaluated": n_labelled}
    return JobReport.from_dict({**counts, "rejected": rejected, "stopped": stopped, **times})


def work(
    n_frames: int,
    frames: Mapping[int, Behaviour] | None = None,
    *,
    smearing: bool = False,
    costs: tuple[FrameCost, ...] = (MINUTE,),
    batch_time: float = 660.0,
    answer: Callable[..., JobReport | None] | None = None,
) -> tuple[BatchPlan, list[list[list[int]]]]:
    """Work a batch through; returns the last plan and the frames of every job by wave."""
    plan = with_jobs(begin(range(n_frames), [], costs), batch_time)
    waves = []
    while plan.jobs:
        waves.append([job.indices for job in plan.jobs])
        assert len(waves) < 5 * n_frames + 10, "it never ends"
        accounts = [(answer or job_account)(job, frames or {}) for job in plan.jobs]
        plan = with_jobs(settle(plan, accounts, LADDER, smearing), batch_time)
    assert plan.n_labelled + len(plan.rejected) == n_frames
    assert len({entry.index for entry in plan.rejected}) == len(plan.rejected)
    return plan, waves


def reasons(plan: BatchPlan) -> dict[int, str]:
    return {entry.index: entry.reason for entry in plan.rejected}


def test_jobs_take_the_time_asked_for_and_are_of_equal_size() -> None:
    _, waves = work(23)  # ten frames in eleven minutes
    assert [len(job) for job in waves[0]] == [8, 7, 8]


def test_a_pilot_finds_out_what_nobody_knows() -> None:
    _, waves = work(23, costs=())
    assert waves[0] == [list(range(PILOT))]
    assert [len(job) for job in waves[1]] == [10, 10]


def test_few_frames_need_no_pilot() -> None:
    _, waves = work(2 * PILOT, costs=())
    assert waves == [[list(range(2 * PILOT))]]


def test_frames_that_take_longer_than_the_job_come_one_by_one() -> None:
    _, waves = work(3, batch_time=30.0)
    assert waves == [[[0], [1], [2]]]


def test_no_more_jobs_are_planned_than_a_wave_holds() -> None:
    plan, waves = work(40, batch_time=30.0)
    assert [len(wave) for wave in waves] == [MOST_JOBS, MOST_JOBS, 8]
    assert plan.n_labelled == 40


def test_a_frame_that_breaks_the_run_is_tried_alone_and_given_up_while_all_others_are_labelled() -> None:
    plan, waves = work(8, {3: always("cp2k_aborted")})
    assert waves == [[[0, 1, 2, 3, 4, 5, 6, 7]], [[4, 5, 6, 7]], [[3]]]
    assert plan.n_labelled == 7
    about = {"index": 3, "frame_id": "id3", "reason": "cp2k_aborted", "detail": "Cholesky"}
    assert plan.as_dict()["rejected"] == [about]


def test_a_frame_that_was_blamed_for_another_ones_fault_becomes_a_label_by_itself() -> None:
    calls: list[int] = []

    def answer(job: PlannedJob, frames: Mapping[int, Behaviour]) -> JobReport:
        calls.append(1)
        return job_account(job, {2: always("cp2k_killed")} if len(calls) == 1 else {})

    plan, waves = work(5, answer=answer)
    assert waves == [[[0, 1, 2, 3, 4]], [[3, 4]], [[2]]]
    assert plan.n_labelled == 5


def test_many_frames_in_a_row_that_break_the_run_do_not_cost_the_others() -> None:
    plan, _ = work(12, {index: always("cp2k_aborted") for index in range(2, 8)})
    assert plan.n_labelled == 6
    assert reasons(plan) == dict.fromkeys(range(2, 8), "cp2k_aborted")


def test_a_machine_that_fails_in_the_midst_of_a_batch_is_not_tried_frame_by_frame() -> None:
    calls: list[int] = []

    def answer(job: PlannedJob, frames: Mapping[int, Behaviour]) -> JobReport:
        calls.append(1)
        broken = {index: always("cp2k_killed") for index in range(10 if len(calls) == 1 else 0, 100)}
        return job_account(job, broken)

    plan, _ = work(100, batch_time=1e5, answer=answer)
    assert plan.n_labelled == 10
    assert len(calls) <= MOST_IN_VAIN + 2


def test_an_error_of_the_machine_ends_the_work_after_a_few_jobs_and_says_why() -> None:
    plan, waves = work(30, {index: always("cp2k_aborted") for index in range(30)})
    assert sum(map(len, waves)) <= MOST_IN_VAIN + 2
    assert "Cholesky" in plan.rejected[-1].detail
    assert plan.n_labelled == 0


def test_jobs_that_bring_nothing_back_are_repeated_a_few_times() -> None:
    plan, waves = work(4, answer=lambda job, frames: None)
    assert len(waves) == MOST_IN_VAIN
    assert set(reasons(plan).values()) == {"not_reached"}


def test_a_full_disk_is_no_frames_fault() -> None:
    filled = [1, 0]

    def answer(job: PlannedJob, frames: Mapping[int, Behaviour]) -> JobReport:
        return job_account(job, {2: always("disk_full")} if filled.pop() == 0 and filled else {})

    plan, waves = work(4, answer=lambda job, frames: answer(job, frames) if filled else job_account(job, frames))
    assert waves == [[[0, 1, 2, 3]], [[2, 3]]]
    assert plan.n_labelled == 4


@pytest.mark.parametrize("cause", ["cancelled", "node_failure"])
def test_a_job_that_was_ended_from_outside_goes_on_where_it_was_and_blames_no_frame(cause: str) -> None:
    ended = [2, 2, 3]

    def answer(job: PlannedJob, frames: Mapping[int, Behaviour]) -> JobReport:
        return job_account(job, {ended.pop(0): always(cause)} if ended else {})

    plan, waves = work(4, answer=answer)
    assert waves == [[[0, 1, 2, 3]], [[2, 3]], [[2, 3]], [[3]]]
    assert plan.n_labelled == 4


@pytest.mark.parametrize("cause", ["cp2k_killed", "out_of_memory", "killed_at_walltime"])
def test_a_job_of_one_frame_that_was_killed_may_have_been_killed_by_chance(cause: str) -> None:
    ended = [cause]

    def answer(job: PlannedJob, frames: Mapping[int, Behaviour]) -> JobReport:
        return job_account(job, {0: always(ended.pop())} if ended else {})

    plan, waves = work(1, answer=answer)
    assert waves == [[[0]], [[0]]]
    assert plan.n_labelled == 1


def test_a_job_out_of_time_goes_on_where_it_stopped() -> None:
    def answer(job: PlannedJob, frames: Mapping[int, Behaviour]) -> JobReport:
        return job_account(job, frames, wall=4)

    plan, waves = work(10, answer=answer)
    assert [wave[0] for wave in waves] == [list(range(10)), list(range(4, 10)), [8, 9]]
    assert plan.n_labelled == 10


def test_a_frame_that_takes_all_the_time_is_given_up() -> None:
    plan, waves = work(5, {2: always("out_of_walltime")})
    assert waves == [[[0, 1, 2, 3, 4]], [[2, 3, 4]], [[3], [4]]]
    assert reasons(plan) == {2: "out_of_walltime"}


def test_a_level_for_which_the_walltime_is_too_short_is_not_tried_frame_by_frame() -> None:
    plan, waves = work(50, {index: always("out_of_walltime") for index in range(50)}, batch_time=1e5)
    assert sum(map(len, waves)) == MOST_IN_VAIN
    assert set(reasons(plan).values()) == {"out_of_walltime", "not_reached"}


def test_frames_climb_the_rung_for_their_loop_together() -> None:
    close = lambda rung: "nearly_there" if rung is None else "good"  # noqa: E731
    far = lambda rung: "stalled" if rung is None else "good"  # noqa: E731
    plan, waves = work(6, {1: close, 3: close, 4: far})
    assert waves == [[[0, 1, 2, 3, 4, 5]], [[1, 3], [4]]]
    assert plan.recovered == {"more_steps": 2, "small_steps": 1}
    assert plan.n_labelled == 6
    assert plan.n_flagged == 0


def test_a_frame_goes_up_the_ladder_and_never_down() -> None:
    stubborn = lambda rung: {None: "stalled", "small_steps": "nearly_there"}[rung]  # noqa: E731
    plan, waves = work(3, {1: stubborn})
    assert waves == [[[0, 1, 2]], [[1]]]
    assert plan.tried == {"small_steps": 1}
    assert reasons(plan) == {1: "needs_smearing"}


def test_smearing_is_tried_where_it_is_allowed_and_flagged() -> None:
    hard = lambda rung: "good" if rung == "smearing" else "stalled"  # noqa: E731
    plan, waves = work(3, {1: hard}, smearing=True)
    assert waves == [[[0, 1, 2]], [[1]], [[1]]]
    assert (plan.recovered, plan.n_flagged, plan.n_labelled) == ({"smearing": 1}, 1, 3)


def test_a_frame_for_which_the_ladder_is_too_short_is_given_up_with_its_loop() -> None:
    plan, waves = work(2, {1: always("diverging")}, smearing=True)
    assert waves == [[[0, 1]], [[1]], [[1]]]
    assert reasons(plan) == {1: "scf_not_converged"}
    assert "smearing was the last" in plan.rejected[0].detail


def test_a_frame_that_breaks_the_run_on_a_rung_is_given_up() -> None:
    worse = lambda rung: "stalled" if rung is None else "cp2k_aborted"  # noqa: E731
    plan, waves = work(3, {0: worse, 1: lambda rung: "stalled" if rung is None else "good"})
    assert waves == [[[0, 1, 2]], [[0, 1]], [[0], [1]]]
    assert reasons(plan) == {0: "cp2k_aborted"}


def test_a_broken_frame_is_rejected_once_and_for_all() -> None:
    plan, waves = work(3, {1: always("broken")})
    assert len(waves) == 1
    assert reasons(plan) == {1: "force_too_large"}


def test_a_disk_that_stays_full_ends_the_work_even_with_one_frame_left() -> None:
    plan, waves = work(2, {1: always("disk_full")})
    assert waves == [[[0, 1]], [[1]], [[1]], [[1]]]
    assert reasons(plan) == {1: "not_reached"}
    assert "disk_full" in plan.rejected[0].detail


@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_frames_do_every_one_has_a_verdict_in_the_end(seed: int) -> None:
    import random

    chance = random.Random(seed)
    kinds = ["good"] * 6 + ["cp2k_aborted", "cp2k_killed", "out_of_walltime", "broken", "stalled", "nearly_there"]
    kinds += ["out_of_memory"] * (seed % 2) + ["disk_full"] * (seed == 7)
    plan, _ = work(40, {index: always(chance.choice(kinds)) for index in range(40)}, smearing=bool(seed % 2))
    assert plan.n_labelled > 0


def test_after_a_job_whose_output_is_not_read_no_other_computes_in_vain() -> None:
    plan = with_jobs(begin(range(40), [], []), 1800.0)
    (job,) = plan.jobs
    unread = [{"index": place, "reason": "not_read", "detail": "CP2K 2031.1"} for place in range(len(job.indices))]
    stopped = {"cause": "output_not_read", "detail": "CP2K 2031.1 came to its end", "index": 0}
    account = JobReport.from_dict({"n_labelled": 0, "rejected": unread, "stopped": stopped, "wall_s": 9.0})
    over = with_jobs(settle(plan, [account], LADDER, smearing=False), 1800.0)
    assert over.jobs == []
    assert over.waiting == []
    assert len(over.rejected) == 40
    assert "2031.1" in over.rejected[-1].detail


def test_a_run_that_somebody_told_to_exit_blames_no_frame() -> None:
    plan = with_jobs(begin(range(3), [], []), 1800.0)
    stopped = {"cause": "exit_requested", "detail": "EXIT", "index": 1}
    missing = [{"index": place, "reason": "not_reached", "detail": "why"} for place in (1, 2)]
    account = JobReport.from_dict({"n_labelled": 1, "rejected": missing, "stopped": stopped, "wall_s": 9.0})
    again = settle(plan, [account], LADDER, smearing=False).waiting
    assert [(frame.index, frame.alone) for frame in again] == [(1, False), (2, False)]


def test_a_plan_of_before_there_were_numbers_goes_on() -> None:
    old = {
        "waiting": [{"index": 2, "rung": None, "alone": False}],
        "jobs": [{"indices": [2], "rung": None}],
        "rejected": [{"index": 0, "reason": "atoms_overlap", "detail": "0.4 of the radii", "frame_id": "id0"}],
        "known_costs": [],
        "own_costs": [[120.0, 60.0]],
        "n_labelled": 3,
    }
    plan = BatchPlan.from_dict(old)
    over = with_jobs(settle(plan, [job_account(plan.jobs[0], {})], LADDER, smearing=False), 660.0)
    assert (over.n_labelled, over.jobs, over.n_jobs) == (4, [], 1)
    assert BatchPlan.from_dict(over.as_dict()) == over
