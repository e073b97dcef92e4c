"""LAMMPS input of a lane: runs one after the other in one process (no AiiDA).

A lane pays the start of TensorFlow once. Each run is followed by ``clear``; what goes wrong softly (too hot, atoms
lost, cell out of bounds, committee without a clue) ends that run only. The files of run *i* are ``run_00i.*``.

All lanes of a job explore one system. If pre-flights are asked for, every member of the committee that drives runs of a
lane has one before them, from the crystal: a member that cannot hold it drives none of them, the others do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from aiida_zif.plugins.lammps.exploration.settings import Run, Settings, preflight_run
from aiida_zif.plugins.lammps.writing.halts import halts, why_halted
from aiida_zif.plugins.lammps.writing.motion import Segment, end_of_motion, segment_commands
from aiida_zif.plugins.lammps.writing.sampling import FORCES, sampling
from aiida_zif.plugins.lammps.writing.system import minimise, potential, system, velocities

PLUMED = "plumed.dat"
"""File name of the input of PLUMED."""
CRYSTAL = "crystal.data"
"""File name of the crystal, from which a pre-flight starts."""
PREFLIGHT_HEAT = 4.0
"""A pre-flight that gets hotter than this times its target has failed."""


def start_name(index: int) -> str:
    """File name of one starting frame."""
    return f"start_{index:03d}.data"


def run_name(index: int) -> str:
    """Stem of the files of one run."""
    return f"run_{index:03d}"


def lane_name(index: int) -> str:
    """Stem of the files of one lane."""
    return f"lane_{index}"


def pack(costs: Sequence[int], lanes: int) -> list[list[int]]:
    """Share runs among lanes: the longest first, each to the lane with the least work.

    :param costs: steps of each run.
    :param lanes: number of lanes; no lane is left without a run.
    :returns: indices of the runs of each lane, in ascending order.
    """
    lanes = min(lanes, len(costs))
    loads, shares = [0] * lanes, [[] for _ in range(lanes)]  # type: tuple[list[int], list[list[int]]]
    for index in sorted(range(len(costs)), key=lambda index: (-costs[index], index)):
        lane = loads.index(min(loads))
        loads[lane] += costs[index]
        shares[lane].append(index)
    return [sorted(share) for share in shares]


@dataclass(frozen=True)
class Lane:
    """What one process does: runs one after the other.

    :param runs: index in the job and run, in the order of execution; with pre-flights they are ordered by driver.
    :param type_map: elements in the order of the model's types.
    :param n_models: models in the committee; each run says which one drives the dynamics.
    :param n_atoms: atoms of the system.
    :param seconds: wall time of the lane after which it stops by itself, so that the harvest still has time.
    :param preflights: of :func:`preflights_of`, one for every driver of the runs, or none at all.
    :param preflight_start: file from which they start.
    """

    runs: Sequence[tuple[int, Run]]
    settings: Settings
    type_map: Sequence[str]
    n_models: int
    n_atoms: int
    seconds: int | None = None
    preflights: Sequence[tuple[str, Run]] = ()
    preflight_start: str = CRYSTAL


def lane_input(lane: Lane) -> str:
    """Return the input of one lane."""
    # a variable outlives ``clear``, which switches off LAMMPS's own timeout
    late = "0" if lane.seconds is None else f"v_now-v_began>{int(lane.seconds)}"
    lines = ["echo none", "variable began timer", "variable now timer", f"variable late equal {late}", ""]

    def run_all(members: Sequence[tuple[int, Run]]) -> None:
        for index, run in members:
            lines.extend(_run(run_name(index), start_name(run.start), run, lane.settings, lane))

    for name, trial in lane.preflights:
        lines += _run(name, lane.preflight_start, trial, _calmer(lane.settings, trial), lane)
        lines += [f'if "${{status}} != completed" then "jump SELF after_{name}"', ""]
        run_all([(index, run) for index, run in lane.runs if run.driver % lane.n_models == trial.driver])
        lines += [f"label after_{name}", ""]
    if not lane.preflights:
        run_all(lane.runs)
    return "\n".join(lines) + "\n"


def preflights_of(
    lane: int, members: Sequence[int], runs: Sequence[Run], settings: Settings, n_models: int
) -> list[tuple[str, Run]]:
    """Return stem and short run of every member of the committee that drives runs of a lane, if they are asked for.

    :param members: indices of the runs of the lane.
    :param runs: of the job.
    """
    drivers = sorted({runs[index].driver % n_models for index in members}) if settings.preflight else []
    return [(f"preflight_{lane}_{driver}", preflight_run(runs, settings, driver)) for driver in drivers]


def _calmer(settings: Settings, trial: Run) -> Settings:
    """In a pre-flight a much smaller rise of the temperature shows that the committee is not stable on the crystal."""
    target = (trial.dynamics[0].temperature or (math.inf,))[0]
    limit = min(settings.halt.temperature, PREFLIGHT_HEAT * target)
    halt = settings.halt.model_copy(update={"temperature": limit})
    return settings.model_copy(update={"halt": halt})


def _run(name: str, start_file: str, run: Run, settings: Settings, lane: Lane) -> list[str]:
    """Commands of one run, from an empty LAMMPS to an empty LAMMPS; its settings may be stricter than the lane's."""
    every, driver = settings.sample_every, run.driver % lane.n_models
    lines = [f"# {run.label}", f"log {name}.log", *system(f"read_data {start_file}", settings.timestep, every)]
    if run.stages[0].kind == "minimise":
        lines += minimise(run.stages[0], lane.type_map, driver)
    lines += potential(lane.type_map, lane.n_models, driver, every, f"{name}.devi")
    lines += halts(settings.halt, lane.n_atoms) + _sampling(name, settings)
    lines.append(velocities((run.dynamics[0].temperature or (0.0, 0.0))[0], run.seed))
    for number in range(len(run.dynamics)):
        lines += _stage(name, run, number, settings, lane.n_models)
    lines += ["variable status string completed", f"label {name}_end", *why_halted()]
    lines.append(f'print "${{status}} $(step)" file {name}.end')
    lines.append('if "${status} == walltime" then quit')  # the runs that follow need not start
    lines += [f"variable {variable} delete" for variable in ("line", "words", "mean", "chunk")]
    return [*lines, "log none", "clear", ""]


def _stage(name: str, run: Run, number: int, settings: Settings, n_models: int) -> list[str]:
    """One stage of a run, which the deviation of the committee may end."""
    start = sum(stage.steps for stage in run.dynamics[:number])
    segment = Segment.whole(run.dynamics[number], start, run.seed)
    follow = None
    if n_models > 1 and settings.halt.force_deviation is not None:
        follow = "on" if number else "begin"
    motion = segment_commands(name, f"{name}_{number}", segment, settings, settings.sample_every, follow)
    return [*motion, *end_of_motion(segment)]


def _sampling(name: str, settings: Settings) -> list[str]:
    bias, forces = [], FORCES
    if settings.plumed is not None and name.startswith("run_"):
        # what the model says is stored before the bias is added, so that its error is not that of the bias
        bias = ["fix model all store/force", f"fix bias all plumed plumedfile {PLUMED} outfile {name}.plumed"]
        forces = "f_model[1] f_model[2] f_model[3]"
    return [*bias, *sampling(name, settings.sample_every, [forces])]
