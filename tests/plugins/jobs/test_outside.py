"""What ended a job from outside is read off what it left behind, whether the batch system can be asked or not."""

from __future__ import annotations

import pytest

from aiida_zif.plugins.jobs.interruption_codes import CODES, exit_code_of
from aiida_zif.plugins.jobs.interruptions import BLAMELESS, Ending, ended_from_outside

WHOLE_CLOCK = "1.0\n9.0\n0m0.1s 0m0.1s\n0m6.0s 0m1.0s\n/dev/sda 9 5 4 56% /scratch\n"
CUT_CLOCK = "1.0\n"
SLURMSTEPD = "slurmstepd-node7: error: "
SAID = {  # what Slurm 22.05 wrote into the error file of jobs that were ended in this way, and PBS as its manual says
    f"{SLURMSTEPD}*** JOB 4 ON node7 CANCELLED AT 2026-11-23T16:27:02 DUE TO TIME LIMIT ***": "killed_at_walltime",
    f"{SLURMSTEPD}*** JOB 3 ON node7 CANCELLED AT 2026-11-23T16:25:44 DUE TO NODE FAILURE, SEE SLURMCTLD LOG FOR "
    "DETAILS ***": "node_failure",
    f"{SLURMSTEPD}*** STEP 3.0 ON node7 CANCELLED AT 2026-11-23T16:25:44 DUE TO PREEMPTION ***": "preempted",
    f"{SLURMSTEPD}*** JOB 1 ON node7 CANCELLED AT 2026-11-23T16:25:36 ***": "cancelled",
    f"{SLURMSTEPD}Exceeded job memory limit\n{SLURMSTEPD}*** JOB 1 ON node7 CANCELLED AT 2026-11-23T16:42:39 ***": (
        "out_of_memory"
    ),
    f"{SLURMSTEPD}Detected 1 oom_kill event in StepId=7.batch. Some of the step tasks have been OOM Killed.": (
        "out_of_memory"
    ),
    "=>> PBS: job killed: walltime 3610 exceeded limit 3600": "killed_at_walltime",
    "=>> PBS: job killed: vmem 4194304kb exceeded limit 2097152kb": "out_of_memory",
}


@pytest.mark.parametrize(("text", "cause"), SAID.items())
def test_the_batch_system_is_taken_at_its_word_wherever_it_stands(text: str, cause: str) -> None:
    ending = ended_from_outside([f"a code's own words\n{text}\nTerminated\n", ""], CUT_CLOCK)
    assert ending is not None
    assert ending.cause == cause
    assert ending.detail in " ".join(text.split())


@pytest.mark.parametrize(
    ("status", "cause"), [(110, "out_of_memory"), (120, "killed_at_walltime"), (140, "node_failure")]
)
def test_what_accounting_says_holds_where_the_job_says_nothing(status: int, cause: str) -> None:
    ending = ended_from_outside([], CUT_CLOCK, status)
    assert ending is not None
    assert ending.cause == cause


def test_a_script_that_did_not_come_to_its_end_was_cut_off() -> None:
    ending = ended_from_outside(["", ""], CUT_CLOCK)
    assert ending is not None
    assert ending.cause == "cut_off"


def test_a_job_that_left_not_even_an_empty_file_never_began() -> None:
    ending = ended_from_outside(["", ""], "", left=[])
    assert ending is not None
    assert ending.cause == "never_began"
    assert ended_from_outside(["", ""], "", left=["_scheduler-stderr.txt"]) is None
    assert ended_from_outside(["", ""], "") is None


def test_a_job_that_ended_by_itself_was_not_ended_from_outside() -> None:
    assert ended_from_outside(["a warning: memory is short\n", "the walltime limit is 60 s\n"], WHOLE_CLOCK) is None
    assert ended_from_outside(["", ""], WHOLE_CLOCK, scheduler=100) is None


def test_a_memory_kill_counts_although_the_script_went_on() -> None:
    ending = ended_from_outside(["slurmstepd: error: Detected 1 oom-kill event(s) in step 7.batch"], WHOLE_CLOCK)
    assert ending is not None
    assert ending.cause == "out_of_memory"


def test_every_end_has_an_exit_code_that_says_so() -> None:
    assert set(CODES) >= BLAMELESS
    code = exit_code_of(Ending("cancelled", "JOB 1 CANCELLED"))
    assert (code.status, code.invalidates_cache) == (430, True)
    assert code.message == "The job was cancelled by a person or an administrator (JOB 1 CANCELLED)."
