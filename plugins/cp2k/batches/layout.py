"""The split of a labelling job into ranks and threads, and what a label takes in each split (no AiiDA)."""

from __future__ import annotations

from aiida_zif.plugins.data.record import Entry, Report


class TimedLayout(Entry):
    """One split that two frames were labelled in.

    :param n_ranks: MPI processes.
    :param n_threads: threads of each.
    :param first_frame_s: s, start-up and the first frame.
    :param seconds_per_frame: s, the other frame.
    :param force_difference: eV/Å, largest from the forces of the split with the fewest threads; early versions did not
        compare.
    """

    n_ranks: int
    n_threads: int
    seconds_per_frame: float
    first_frame_s: float | None = None
    force_difference: float | None = None


class Layout(Report, TimedLayout):
    """``layout`` of ``zif.time_labels``: the fastest split that gives the right forces.

    :param formula: Hill formula of the cell.
    :param level_hash: of the level of theory.
    :param tried: all splits, the one with the fewest threads first.
    """

    formula: str
    n_atoms: int
    level_hash: str
    tried: list[TimedLayout] = []
