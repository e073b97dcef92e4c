"""The split of a labelling job, as it is stored, and as an early version stored it."""

from __future__ import annotations

from aiida_zif.plugins.cp2k.batches.layout import Layout

TIMES = {"n_ranks": 2, "n_threads": 1, "seconds_per_frame": 4.0, "first_frame_s": 9.0}
OLD = {**TIMES, "formula": "C6H6N4Zn", "n_atoms": 17, "level_hash": "0" * 16, "tried": [TIMES]}


def test_a_layout_of_before_forces_were_compared_is_read() -> None:
    old = Layout.from_dict(OLD)
    assert (old.n_ranks, old.n_threads, old.tried[0].force_difference) == (2, 1, None)
    assert old.as_dict() == {"schema": 1, **OLD}
