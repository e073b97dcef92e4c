"""The parser on stored job folders: blocks, reasons and every exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cp2k_cases import AIMD, BATCH, FIXTURES, read_start

WALLTIME = AIMD | {"steps": 400, "stride": 1}


def stored(case: str, name: str = "aiida.out") -> str:
    return (FIXTURES / case / name).read_text()


def reasons(outputs: dict) -> list[tuple[int, str]]:
    return [(one["index"], one["reason"]) for one in outputs["output_parameters"]["rejected"]]


def test_a_batch_becomes_a_block_of_its_good_frames(finished_job: Callable, parse: Callable) -> None:
    node = finished_job("batch", BATCH)
    outputs, exit_code = parse(node)
    block = outputs["labelled"]
    assert exit_code.status == 0
    assert block.n_frames == 2
    assert block.system == "pair"
    assert reasons(outputs) == [(2, "force_too_large")]
    assert np.array_equal(block.positions, node.inputs.frames.positions[:2])
    assert block.frame_ids() == node.inputs.frames.frame_ids()[:2]
    assert block.level_of_theory["hash"] == node.inputs.level["hash"]
    assert block.virials.shape == (2, 3, 3)
    assert abs(block.forces.sum(axis=1)).max() < 1e-3
    assert block.store().is_stored


def test_frames_that_were_worked_through_in_another_order_come_back_in_that_of_the_input(
    finished_job: Callable, parse: Callable
) -> None:
    _, positions, cells = read_start(FIXTURES / "batch")
    back = [2, 0, 1]  # the broken frame first; CP2K was given it last
    node = finished_job("batch", BATCH, positions=positions[back], cells=cells[back])
    outputs, _ = parse(node)
    assert reasons(outputs) == [(0, "force_too_large")]
    assert outputs["labelled"].per_frame["index"].tolist() == [1, 2]
    assert np.array_equal(outputs["labelled"].positions, positions[:2])


def test_dynamics_become_a_block_of_every_second_step(finished_job: Callable, parse: Callable) -> None:
    outputs, exit_code = parse(finished_job("aimd", AIMD))
    block = outputs["labelled"]
    assert exit_code.status == 0
    assert block.per_frame["step"].tolist() == [2, 4, 6]
    assert (block.per_frame["temperature"] > 0).all()
    assert outputs["output_parameters"]["n_requested"] == 3
    assert outputs["output_parameters"]["cp2k_version"] == "2023.1"
    assert outputs["output_parameters"]["seconds_per_frame"] > 0


def test_a_flexible_cell_is_that_of_every_step(finished_job: Callable, parse: Callable) -> None:
    outputs, exit_code = parse(finished_job("npt", AIMD | {"steps": 6, "ensemble": "npt"}))
    assert exit_code.status == 0
    volumes = np.linalg.det(outputs["labelled"].cells)
    assert len(set(volumes.round(3))) == 3


def test_frames_without_self_consistency_are_never_labels(finished_job: Callable, parse: Callable) -> None:
    outputs, exit_code = parse(finished_job("scf", BATCH))
    assert exit_code.status == 450
    assert "labelled" not in outputs
    assert reasons(outputs) == [(0, "scf_not_converged"), (1, "scf_not_converged")]


def test_cp2ks_own_walltime_keeps_what_is_finished(finished_job: Callable, parse: Callable) -> None:
    outputs, exit_code = parse(finished_job("walltime", WALLTIME))
    assert exit_code.status == 400
    assert "5 of 400 frames labelled" in exit_code.message
    assert outputs["labelled"].n_frames == 5
    assert outputs["output_parameters"]["exceeded_walltime"]
    assert {reason for _, reason in reasons(outputs)} == {"not_reached"}


def test_a_killed_run_keeps_what_is_finished(finished_job: Callable, parse: Callable) -> None:
    whole = stored("batch")
    cut = whole[: whole.rindex("MD| Step number")]
    outputs, exit_code = parse(finished_job("batch", BATCH, {"aiida.out": cut}))
    assert exit_code.status == 410
    assert "2 of 3 frames labelled" in exit_code.message
    assert reasons(outputs) == [(2, "not_reached")]


def test_a_disk_that_was_full_loses_what_was_not_written_whole_and_blames_the_next_frame(
    finished_job: Callable, parse: Callable
) -> None:
    # CP2K does not notice: it ended with status 0, its output stops in frame 6, the forces in frame 5
    outputs, exit_code = parse(finished_job("disk", BATCH))
    assert exit_code.status == 410
    assert [index for index, why in reasons(outputs) if why == "not_reached"] == [4, 5]
    assert outputs["output_parameters"]["stopped"]["index"] == 4
    assert "no space left" in outputs["output_parameters"]["stopped"]["detail"]
    assert outputs["labelled"].per_frame["index"].tolist() == [0, 1]  # 2 and 3 are broken


def test_a_disk_that_the_clock_found_full_is_named(finished_job: Callable, parse: Callable) -> None:
    clock = "10.0\n20.0\n0m0.5s 0m0.2s\n2m1.0s 0m3.0s\ntmpfs 132 132 0 100% /work\n"
    outputs, exit_code = parse(finished_job("disk", BATCH, {"clock": clock}))
    assert exit_code.status == 321
    assert "0 kB were left of the disk" in exit_code.message
    assert outputs["output_parameters"]["stopped"]["cause"] == "disk_full"


def test_memory_that_did_not_suffice_to_begin_is_named(finished_job: Callable, parse: Callable) -> None:
    # what a job under `ulimit -v` really said, before a word of CP2K itself
    said = "\nCould not print backtrace: mmap: Cannot allocate memory\n\n#0  0x7fb6dbe218ee\n#1  0x7fb6dbe223b9\n"
    files = {"aiida.out": said, "aiida-pos-1.xyz": None, "aiida-frc-1.xyz": None, "aiida-1.cell": None}
    outputs, exit_code = parse(finished_job("batch", BATCH, files))
    assert exit_code.status == 322
    assert "Cannot allocate memory" in exit_code.message
    assert not outputs


def test_a_runtime_that_says_that_the_disk_is_full_is_believed(finished_job: Callable, parse: Callable) -> None:
    whole = stored("batch")
    said = whole[: whole.rindex("MD| Step number")] + "\nFortran runtime error: No space left on device\n"
    outputs, exit_code = parse(finished_job("batch", BATCH, {"aiida.out": said}))
    assert exit_code.status == 321
    assert outputs["labelled"].n_frames == 2


def test_the_frame_in_which_cp2k_gave_up_its_loop_has_that_verdict(finished_job: Callable, parse: Callable) -> None:
    whole = stored("scf")  # later versions abort where 2023.1 warns
    box = " *   ___   *\n * [ABORT]   SCF run NOT converged. To continue   *\n *****\n"
    outputs, exit_code = parse(finished_job("scf", BATCH, {"aiida.out": whole[: whole.rindex("outer SCF loop")] + box}))
    assert exit_code.status == 304
    assert reasons(outputs) == [(0, "scf_not_converged"), (1, "scf_not_converged")]
    assert outputs["output_parameters"]["rejected"][1]["scf"]["verdict"] == "converging_slowly"


def test_a_run_killed_in_its_first_frame_has_no_block(finished_job: Callable, parse: Callable) -> None:
    files = {"aiida.out": stored("batch")[:9000], "aiida-pos-1.xyz": None, "aiida-frc-1.xyz": "", "aiida-1.cell": None}
    outputs, exit_code = parse(finished_job("batch", BATCH, files))
    assert exit_code.status == 410
    assert "labelled" not in outputs
    assert len(reasons(outputs)) == 3


@pytest.mark.parametrize("content", [None, "", "mpirun: command not found\n"])
def test_a_run_that_never_started_says_so(content: str | None, finished_job: Callable, parse: Callable) -> None:
    outputs, exit_code = parse(finished_job("batch", BATCH, {"aiida.out": content}))
    assert exit_code.status == 311
    assert not outputs


@pytest.mark.parametrize(("case", "words"), [("badkey", "unknown keyword EPS_SFC"), ("odd", "odd number of electrons")])
def test_an_error_of_cp2k_is_passed_on(case: str, words: str, finished_job: Callable, parse: Callable) -> None:
    _, exit_code = parse(finished_job(case, BATCH))
    assert exit_code.status == 304
    assert words in exit_code.message


def test_an_unreadable_file_is_named_by_its_fault(finished_job: Callable, parse: Callable) -> None:
    _, exit_code = parse(finished_job("batch", BATCH, {"aiida-frc-1.xyz": "no\nnumbers\n"}))
    assert exit_code.status == 302


def test_frames_other_than_those_asked_for_are_no_labels(finished_job: Callable, parse: Callable) -> None:
    _, positions, _ = read_start(FIXTURES / "batch")
    outputs, exit_code = parse(finished_job("batch", BATCH, positions=positions + 0.001))
    assert exit_code.status == 305
    assert "labelled" not in outputs


def test_a_batch_without_a_good_frame_counts_the_reasons(finished_job: Callable, parse: Callable) -> None:
    _, exit_code = parse(finished_job("batch", BATCH | {"gates": {"max_force": 1e-3}}))
    assert exit_code.status == 510
    assert "3 force_too_large" in exit_code.message


def test_the_schedulers_verdict_is_kept_and_frames_are_salvaged(finished_job: Callable, parse: Callable) -> None:
    node = finished_job("batch", BATCH, {"aiida.out": stored("batch")[:-9000]})
    node.set_exit_status(120)
    node.set_exit_message("The job ran out of walltime.")
    outputs, exit_code = parse(node)
    assert exit_code.status == 120
    assert outputs["labelled"].n_frames == 2


def test_the_parser_never_raises(finished_job: Callable, parse: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("aiida_zif.plugins.cp2k.parser.collect_labels", fail)
    _, exit_code = parse(finished_job("batch", BATCH))
    assert exit_code.status == 350
    assert "boom" in exit_code.message


@pytest.mark.parametrize("end", range(0, 36000, 3000))
def test_an_output_cut_anywhere_never_breaks_the_parser(end: int, finished_job: Callable, parse: Callable) -> None:
    files = {
        name: stored("batch", name)[: end * len(stored("batch", name)) // 36000]
        for name in ("aiida.out", "aiida-pos-1.xyz", "aiida-frc-1.xyz", "aiida-1.cell")
    }
    _, exit_code = parse(finished_job("batch", BATCH, files))
    assert exit_code.status in (311, 410)


def test_fixture_folder_holds_only_small_files() -> None:
    sizes = {path: path.stat().st_size for path in Path(FIXTURES).rglob("*") if path.is_file()}
    assert max(sizes.values()) < 100_000


def test_a_run_that_a_file_exit_ended_is_reported_as_that(finished_job: Callable, parse: Callable) -> None:
    cut = stored("batch").index(" MD| Step number")
    said = "\n *** MD run terminated by external request ***\n\n  **** **** ******  **  PROGRAM ENDED AT  2026-01-01\n"
    outputs, exit_code = parse(finished_job("batch", BATCH, {"aiida.out": stored("batch")[:cut] + said}))
    assert exit_code.status == 401
    assert "EXIT" in exit_code.message
    assert outputs["output_parameters"]["stopped"]["cause"] == "exit_requested"
    assert reasons(outputs) == [(1, "not_reached"), (2, "not_reached")]
    assert outputs["labelled"].n_frames == 1


def test_an_output_in_unknown_words_is_refused_by_version_and_not_said_to_be_killed(
    finished_job: Callable, parse: Callable
) -> None:
    unknown = (
        stored("batch").replace("energy [a.u.]:", "energy in furlongs").replace("version 2023.1", "version 2031.1")
    )
    outputs, exit_code = parse(finished_job("batch", BATCH, {"aiida.out": unknown}))
    assert exit_code.status == 306
    assert "2031.1" in exit_code.message
    assert "killed" not in exit_code.message
    assert reasons(outputs) == [(index, "not_read") for index in range(3)]
    assert outputs["output_parameters"]["cp2k_version"] == "2031.1"


def test_a_banner_in_unknown_words_is_no_missing_output(finished_job: Callable, parse: Callable) -> None:
    unknown = stored("batch").replace("CP2K| version string", "CP2K| release").replace("ENERGY|", "E|")
    _, exit_code = parse(finished_job("batch", BATCH, {"aiida.out": unknown}))
    assert exit_code.status == 306
    assert "unknown version" in exit_code.message


def test_a_frame_that_ended_above_the_threshold_of_the_level_is_no_label(
    finished_job: Callable, parse: Callable
) -> None:
    last = "    11 OT DIIS     0.80E-01    0.0     0.00000065"
    assert last in stored("batch")
    loose = stored("batch").replace(last, last.replace("0.00000065", "0.00048000"))
    outputs, exit_code = parse(finished_job("batch", BATCH, {"aiida.out": loose}))
    assert exit_code.status == 0
    assert (0, "scf_above_threshold") in reasons(outputs)
    assert "0.00048, is above EPS_SCF of the level, 1e-06" in outputs["output_parameters"]["rejected"][0]["detail"]


def test_a_loop_that_was_not_printed_is_not_blamed_on_the_frame(finished_job: Callable, parse: Callable) -> None:
    lines = [line for line in stored("batch").splitlines() if "SCF" not in line and " OT DIIS " not in line]
    _, exit_code = parse(finished_job("batch", BATCH, {"aiida.out": "\n".join(lines) + "\n"}))
    assert exit_code.status == 306
    assert "self-consistency loop" in exit_code.message
