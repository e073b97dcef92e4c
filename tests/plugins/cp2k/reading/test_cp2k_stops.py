"""Why a run ended early is told from what CP2K, its runtime, the kernel and the scheduler say."""

from __future__ import annotations

import pytest

from aiida_zif.plugins.cp2k.reading.outputs import MainOutput
from aiida_zif.plugins.cp2k.reading.why_stopped import why_stopped
from aiida_zif.plugins.jobs.interruptions import CANCELLED, CUT_OFF, Ending

SAID = {
    "At line 1092 of file message_passing.F\nFortran runtime error: No space left on device\n": "disk_full",
    "forrtl: Disk quota exceeded": "disk_full",
    "slurmstepd: error: Detected 1 oom-kill event(s) in step": "out_of_memory",
    "Error allocating 8388608 bytes\nError termination.": "out_of_memory",
    "Program received signal SIGSEGV: Segmentation fault - invalid memory reference.": "cp2k_killed",
    "mpirun noticed that process rank 1 exited on signal 9 (Killed).": "cp2k_killed",
    "": "cp2k_killed",
}


@pytest.mark.parametrize(("text", "cause"), SAID.items())
def test_the_cause_is_what_was_said(text: str, cause: str) -> None:
    stop = why_stopped(MainOutput(started=True), ["CP2K| version string: 2023.1\n", text])
    assert stop.cause == cause
    assert stop.detail


def test_a_killed_run_without_a_word_says_so() -> None:
    assert "without a message" in why_stopped(MainOutput(), [""]).detail


@pytest.mark.parametrize(("free_kb", "cause"), [(0, "disk_full"), (5_000_000, "cp2k_killed"), (None, "cp2k_killed")])
def test_an_output_that_just_ends_on_a_full_disk_was_ended_by_it(free_kb: int | None, cause: str) -> None:
    assert why_stopped(MainOutput(started=True), [""], None, free_kb).cause == cause


def test_a_full_disk_does_not_explain_what_ended_for_another_reason() -> None:
    assert why_stopped(MainOutput(abort="Cholesky"), [""], None, 0).cause == "cp2k_aborted"
    assert why_stopped(MainOutput(out_of_time=True), [""], None, 0).cause == "out_of_walltime"


def test_an_abort_of_cp2k_is_passed_on() -> None:
    assert why_stopped(MainOutput(abort="Cholesky"), [""]) == Ending("cp2k_aborted", "Cholesky")


def test_a_full_disk_explains_an_abort_and_not_the_other_way_round() -> None:
    assert why_stopped(MainOutput(abort="write error"), ["No space left on device"]).cause == "disk_full"


def test_what_ended_the_job_is_what_stopped_the_run() -> None:
    cancelled = Ending(CANCELLED, "by somebody")
    assert why_stopped(MainOutput(), [""], cancelled) == cancelled
    assert why_stopped(MainOutput(abort="cut short"), [""], cancelled) == cancelled


def test_a_script_that_was_cut_off_explains_only_an_output_that_just_ends() -> None:
    cut_off = Ending(CUT_OFF, "nobody said why")
    assert why_stopped(MainOutput(), [""], cut_off) == cut_off
    assert why_stopped(MainOutput(), [""], cut_off, free_kb=0).cause == "disk_full"
    assert why_stopped(MainOutput(abort="Cholesky"), [""], cut_off).cause == "cp2k_aborted"
    assert why_stopped(MainOutput(out_of_time=True), [""], cut_off).cause == "out_of_walltime"


def test_cp2ks_own_walltime_is_no_crash() -> None:
    assert why_stopped(MainOutput(out_of_time=True, finished=True), [""]).cause == "out_of_walltime"


def test_a_run_that_came_to_its_end_was_never_killed() -> None:
    ended = MainOutput(started=True, finished=True, version="2031.1")
    stop = why_stopped(ended, [""], Ending(CUT_OFF, "nobody said why"))
    assert stop.cause == "output_not_read"
    assert "2031.1" in stop.detail


def test_a_file_exit_is_what_ended_a_run() -> None:
    asked = MainOutput(finished=True, exit_requested="MD run terminated by external request")
    assert why_stopped(asked, [""]).cause == "exit_requested"
