"""One step of a job: what was done, whether the run goes on, and what comes next."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ..harvest.reading import how_it_ended, tail
from .done import Done, adopt
from .linkers import lasting_break
from .looks import look_at, part_name
from .pressure import checked_pressure
from .results import write_results
from .stints import Stint, next_stint

OUT_OF_TIME, CUT_OFF = "walltime", "cut_off"


def advance(folder: Path, config: dict[str, Any]) -> bool:
    """Take in what LAMMPS did and prepare what it does next.

    :param folder: of the job.
    :param config: what the calculation wrote into ``md.json``.
    :returns: whether LAMMPS is to run; if not, what goes back is written.
    """
    stint = Stint.read(folder)
    if stint is None:
        adopt(folder, config)
    done = Done.read(folder, config)
    ended, detail, halted = ("", None, None) if stint is None else take_in(folder, config, done, stint)
    if not ended and done.n_parts == len(config["parts"]):
        ended = "completed"
    if not ended:
        coming = next_stint(folder, config, done, time.time())
        if coming is not None:
            if done.n_parts_here:
                write_results(folder, config, done, CUT_OFF, None, None)  # as they stand if the job is killed meanwhile
            coming.write(folder, config)
            return True
        ended = OUT_OF_TIME
    write_results(folder, config, done, ended, detail, halted)
    return False


def take_in(folder: Path, config: dict[str, Any], done: Done, stint: Stint) -> tuple[str, str | None, Any]:
    """Keep what the parts of a stint brought.

    :returns: how the run ended, empty if it goes on; a detail; the looks of a part that was halted on its way.
    """
    stint.wall = time.time() - stint.began
    if stint.pressure and not checked_pressure(folder):
        return "pressure_wrong", None, None
    finished, ended, detail = [], "", None
    for index in stint.parts:
        how, detail = how_a_part_ended(folder, index)
        if how != "completed":
            ended = how
            break
        finished.append(index)
    halted = None if ended in ("", OUT_OF_TIME, CUT_OFF) else look_at(folder, config, stint.parts[len(finished)])
    for index in finished:
        done.keep(look_at(folder, config, index), stint.share_of(folder, finished, index), stint.job)
        if lasting_break(done.table(), config) is not None:
            return "linkers_broken", None, None  # what LAMMPS ran beyond that is not part of the trajectory
    return ended, detail, halted


def how_a_part_ended(folder: Path, index: int) -> tuple[str, str | None]:
    """Return how a part ended that LAMMPS was told to run, and what LAMMPS said.

    A process that ends in the middle of something and gives no error was ended by somebody else.
    """
    how, _, detail = how_it_ended(folder, {"stem": part_name(index), "lane": "stint"})
    if how not in ("crashed", "not_run"):
        return how, detail
    logs = [folder / f"{name}.log" for name in (part_name(index), "pressure", "stint")]
    said = [line for path in logs for line in tail(path).splitlines() if "ERROR" in line]
    if said:
        return how_said(said[-1]), said[-1][:500]
    if not (folder / "stint.log").exists():
        return "crashed", "LAMMPS did not start: " + " ".join(tail(folder / "stint.err").splitlines()[-2:])[-300:]
    return CUT_OFF, None


def how_said(error: str) -> str:
    """The end that an error message speaks of."""
    return "lost_atoms" if "Lost atoms" in error else "crashed"
