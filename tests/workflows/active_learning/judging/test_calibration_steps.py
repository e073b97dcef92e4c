"""Which evidence a calibration goes by."""

from __future__ import annotations

from aiida_zif.workflows.active_learning.judging.calibration import RECENT, once_each, recent_evidence


def test_evidence_of_long_ago_is_left_out_so_that_a_cycle_takes_no_longer_than_the_one_before() -> None:
    evidence: dict[str, int] = {}
    sizes = []
    for cycle in range(1, 3 * RECENT):
        evidence |= {f"compare_c{cycle:02d}_{system}": cycle for system in ("zif4", "zif_8")}
        evidence |= {f"errors_c{cycle - 1:02d}_test": cycle}
        evidence = recent_evidence(evidence, cycle)
        sizes.append(len(evidence))
    assert max(sizes) == sizes[-1] == 2 * RECENT + 1
    assert min(evidence.values()) == 2 * RECENT


def test_a_held_out_frame_counts_once_by_the_newest_committee_that_was_tested_on_it() -> None:
    tests = {"errors_c00_test": 1, "errors_c01_test": 2, "errors_c99_test": 3, "errors_c100_test": 5}
    others = {"compare_c01_a": 0, "compare_c02_a": 4}
    assert once_each({**others, **tests}) == {**others, "errors_c100_test": 5}
    assert once_each({"errors_c01_test": 2, "errors_c01_test_1": 3}) == {"errors_c01_test_1": 3}


def test_cycles_of_three_digits_are_remembered_too() -> None:
    assert recent_evidence({"compare_c100_zif4": 1, "errors_c99_test": 2, "compare_c80_zif4": 3}, 100) == {
        "compare_c100_zif4": 1,
        "errors_c99_test": 2,
    }
