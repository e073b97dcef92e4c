"""The split of an MD job into ranks and threads, and what a step takes in each split (no AiiDA)."""

from __future__ import annotations

from aiida_zif.plugins.data.record import Entry, Report


class TimedSplit(Entry):
    """One split that a short trajectory was run in.

    :param n_ranks: MPI processes.
    :param n_threads: threads of each.
    """

    n_ranks: int
    n_threads: int
    steps_per_s: float


class MdLayout(Report, TimedSplit):
    """``layout`` of ``zif.time_md``: the split in which a step takes the least time.

    :param formula: Hill formula of the cell.
    :param models: what the speed of the models depends on, see :func:`kind_of_models`.
    :param tried: all splits, the one with the most ranks first.
    """

    formula: str
    n_atoms: int
    models: str
    tried: list[TimedSplit] = []


def kind_of_models(backend: str, rcut: float, n_bytes: int, n_models: int) -> str:
    """Return one text for all committees whose steps take the same time: same architecture, same number of models.

    A frozen model trained again has the same size to a few bytes; one of other layers has not.

    :param rcut: Å.
    :param n_bytes: size of the file of one model.
    """
    return f"{n_models} x {backend}, rcut {rcut:g}, {round(n_bytes / 1024**2, 2):g} MiB"
