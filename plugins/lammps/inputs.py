"""LAMMPS input of a lane: runs one after the other in one process (no AiiDA).

A lane pays the start of TensorFlow once. Each run is followed by ``clear``; what goes wrong softly (too hot, atoms
lost, cell out of bounds, committee without a clue) ends that run only. The files of run *i* are ``run_00i.*``.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiida_zif.plugins.lammps.settings import Run, Settings, Stage

BAR_PER_GPA = 1.0e4
PS_PER_FS = 1.0e-3
MAX_TILT_CHANGE = 0.5
"""Largest change of a tilt factor in a run, as a share of the cell length that it tilts along."""


def model_name(index: int) -> str:
    """File name of one model of the committee in the job's folder."""
    return f"model_{index}.pb"


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


def lane_input(
    runs: Sequence[tuple[int, Run]],
    settings: Settings,
    type_map: Sequence[str],
    n_models: int,
    n_atoms: int,
    seconds: int | None = None,
) -> str:
    """Return the input of one lane.

    :param runs: index in the job and run, in the order of execution.
    :param type_map: elements in the order of the model's types.
    :param n_models: models in the committee; the first one drives the dynamics.
    :param n_atoms: atoms of the system.
    :param seconds: wall time after which LAMMPS stops by itself, so that the harvest still has time.
    """
    lines = ["echo none", ""]
    if seconds is not None:
        hours, rest = divmod(int(seconds), 3600)
        lines.insert(0, f"timer timeout {hours:02d}:{rest // 60:02d}:{rest % 60:02d} every 1")
    for index, run in runs:
        lines += _run(index, run, settings, type_map, n_models, n_atoms)
    return "\n".join(lines) + "\n"


def _run(index: int, run: Run, settings: Settings, type_map: Sequence[str], n_models: int, n_atoms: int) -> list[str]:
    """Commands of one run, from an empty LAMMPS to an empty LAMMPS."""
    name, end = run_name(index), f"{run_name(index)}_end"
    lines = [f"# {run.label}", f"log {name}.log", *_system(run, settings)]
    if run.stages[0].kind == "minimise":
        lines += _minimise(run.stages[0], type_map)
    lines += _potential(name, settings, type_map, n_models)
    lines += _halts(settings, n_atoms) + _sampling(name, settings)
    first = run.dynamics[0].temperature or (0.0, 0.0)
    lines.append(f"velocity all create {first[0]:.6g} {run.seed} mom yes rot no dist gaussian")
    start = 0
    for number, stage in enumerate(run.dynamics):
        lines += _stage(number, stage, start, name, settings, n_models)
        start += stage.steps
    lines += ["variable status string completed", f"label {end}", f'print "${{status}} $(step)" file {name}.end']
    # halted although all is well: the wall time is over, and the runs that follow need not start
    sane = "$(v_temperature_sane*v_atoms_sane*v_box_sane)"
    lines.append(f'if "${{status}} == halted && {sane} > 0.5" then quit')
    lines += [f"variable {variable} delete" for variable in ("line", "words", "chunk")]
    return [*lines, "log none", "clear", ""]


def _system(run: Run, settings: Settings) -> list[str]:
    return [
        "units metal",
        "atom_style atomic",
        "atom_modify map yes",
        "boundary p p p",
        "box tilt large",
        f"read_data {start_name(run.start)}",
        "neighbor 1.0 bin",
        f"timestep {settings.timestep * PS_PER_FS:.6g}",
        f"thermo {settings.sample_every}",
        "thermo_modify lost ignore norm no flush yes",
    ]


def _minimise(stage: Stage, type_map: Sequence[str]) -> list[str]:
    """One model is enough here, and the deviation file then holds the dynamics only."""
    return [
        f"pair_style deepmd {model_name(0)}",
        f"pair_coeff * * {' '.join(type_map)}",
        f"minimize 0.0 0.05 {stage.steps} {10 * stage.steps}",
        "reset_timestep 0",
    ]


def _potential(name: str, settings: Settings, type_map: Sequence[str], n_models: int) -> list[str]:
    models = " ".join(model_name(index) for index in range(n_models))
    deviation = f" out_freq {settings.sample_every} out_file {name}.devi" if n_models > 1 else ""
    return [f"pair_style deepmd {models}{deviation}", f"pair_coeff * * {' '.join(type_map)}"]


def _halts(settings: Settings, n_atoms: int) -> list[str]:
    """Each condition is one that holds while all is well: a comparison with NaN is false, so NaN halts too.

    Formulas stand without blanks and quotes, since LAMMPS fills in ``$(…)``, the values at the start, only there.
    """
    low, high = settings.halt.volume
    conditions = [f"vol>{low:.6g}*$(vol:%.6f)", f"vol<{high:.6g}*$(vol:%.6f)"]
    for tilt, length in (("xy", "lx"), ("xz", "lx"), ("yz", "ly")):
        conditions.append(f"abs({tilt}-($({tilt}:%.8f)))<{MAX_TILT_CHANGE}*{length}")
    sane = {
        "temperature": f"temp<{settings.halt.temperature:.6g}",
        "atoms": f"count(all)=={n_atoms}",
        "box": "&&".join(conditions),
    }
    lines = []
    for name, condition in sane.items():
        lines.append(f"variable {name}_sane equal {condition}")
        lines.append(f"fix halt_{name} all halt 1 v_{name}_sane < 0.5 error continue message yes")
    return lines


def _sampling(name: str, settings: Settings) -> list[str]:
    every = settings.sample_every
    thermo = "$(step) $(temp:%.6g) $(press:%.8g) $(pe:%.10g) $(vol:%.8g)"
    return [
        f'fix thermo all print {every} "{thermo}" file {name}.thermo screen no title "# step K bar eV A^3"',
        f"dump frames all custom {every} {name}.dump id type xu yu zu fx fy fz",
        "dump_modify frames sort id format float %.8f flush yes",
    ]


def _stage(number: int, stage: Stage, start: int, name: str, settings: Settings, n_models: int) -> list[str]:
    """MD in chunks of ``sample_every`` steps; a chunk that ends early was halted.

    LAMMPS cannot see the deviation that the pair style writes, so a file variable follows that file line by line:
    ``run 0`` writes a line if its step is a sampled one, every chunk writes one, the rest of a stage writes one if
    it holds a sampled step.
    """
    every, loop, stop = settings.sample_every, f"{name}_{number}", start + stage.steps
    follow = n_models > 1 and settings.halt.force_deviation is not None
    full, rest = divmod(stage.steps, every)
    lines = [f"fix move all {_ensemble(stage, settings)}", "run 0 post no"]
    if follow and number == 0:
        lines.append(f"variable line file {name}.devi")
    elif follow and start % every == 0:
        lines.append("next line")
    if full:
        lines += [f"variable chunk loop {full}", f"label {loop}", *_chunk(every, start, stop, name)]
        lines += _give_up(name, settings) if follow else []
        lines += ["next chunk", f"jump SELF {loop}"]
    if rest:
        lines += _chunk(rest, start, stop, name)
        lines += ["next line"] if follow and stop // every > (stop - rest) // every else []
    return [*lines, "unfix move"]


def _chunk(steps: int, start: int, stop: int, name: str) -> list[str]:
    return [
        "variable mark equal $(step)",
        f"run {steps} pre no post no start {start} stop {stop}",
        f'if "$(step) < $(v_mark+{steps})" then "variable status string halted" "jump SELF {name}_end"',
    ]


def _give_up(name: str, settings: Settings) -> list[str]:
    """Stop if the fifth word of the new line, the max force deviation, is above the halting level."""
    hopeless = f'"${{words}} > {settings.halt.force_deviation:.6g}"'
    return [
        "next line",
        "variable words index ${line}",
        *["next words"] * 4,
        f'if {hopeless} then "variable status string deviation_hopeless" "jump SELF {name}_end"',
        "variable words delete",
    ]


def _ensemble(stage: Stage, settings: Settings) -> str:
    t_start, t_end = stage.temperature or (0.0, 0.0)
    temperature = f"temp {t_start:.6g} {t_end:.6g} {settings.thermostat_time * PS_PER_FS:.6g}"
    if stage.pressure is None:
        return f"nvt {temperature}"
    p_start, p_end = (value * BAR_PER_GPA for value in stage.pressure)
    damping = settings.barostat_time * PS_PER_FS
    return f"npt {temperature} {stage.coupling} {p_start:.6g} {p_end:.6g} {damping:.6g} flip no"
