"""MD of one stage in a lane's input: which motion, in which chunks, and when it is given up (no AiiDA)."""

from __future__ import annotations

from aiida_zif.plugins.lammps.exploration.settings import Run, Settings, Stage

BAR_PER_GPA = 1.0e4
PS_PER_FS = 1.0e-3
EQUILIBRATION_DAMPING = 10.0
"""fs; time constant of the Langevin thermostat of an equilibration: excess energy decays by e in it."""
INSANE = "$(v_sane) < 0.5"
"""Condition, while a run is prepared or between two chunks, that it must be halted."""
LARGEST_DEVIATION = 1e30
"""eV/Å; not above the mean deviation of a frame if it is infinite or no number."""

MAX_NOISE_SEED = 900_000_000


def stage_commands(name: str, run: Run, number: int, settings: Settings, n_models: int) -> list[str]:
    """MD in chunks of ``sample_every`` steps; a chunk that ends early, or in a state that is not sane, was halted.

    LAMMPS cannot see the deviation that the pair style writes, so a file variable follows that file line by line:
    ``run 0`` writes a line if its step is a sampled one, every chunk writes one, the rest of a stage writes one if
    it holds a sampled step.
    """
    stage, start = run.dynamics[number], sum(stage.steps for stage in run.dynamics[:number])
    every, loop, stop = settings.sample_every, f"{name}_{number}", start + stage.steps
    follow = n_models > 1 and settings.halt.force_deviation is not None
    full, rest = divmod(stage.steps, every)
    lines = [*_ensemble(stage, run.seed, settings), "run 0 post no", _stop_if(INSANE, "halted", name)]
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
    return [*lines, "unfix move", *(["unfix bath"] if stage.kind == "equilibrate" else [])]


def _chunk(steps: int, start: int, stop: int, name: str) -> list[str]:
    """A halt in the last step does not end a chunk before its time, and the wall time is not looked at in it."""
    return [
        "variable mark equal $(step)",
        f"run {steps} pre no post no start {start} stop {stop}",
        "variable now timer",
        _stop_if(f"$(step) < $(v_mark+{steps}) || {INSANE} || $(v_late) > 0.5", "halted", name),
    ]


def _stop_if(condition: str, status: str, name: str) -> str:
    """Go to the end of the run, and say why."""
    return f'if "{condition}" then "variable status string {status}" "jump SELF {name}_end"'


def _give_up(name: str, settings: Settings) -> list[str]:
    """Stop if the new line has no deviation, or one above the halting level.

    Its words 5 and 7 are those of the worst and the mean atom. If the forces of a member are no numbers on some atoms,
    the worst is that of the others, and only the mean says so. LAMMPS ends with an error if such a word stands in a
    condition or a formula. The function ``next`` alone takes it, as the first word of a file.
    """

    return [
        "next line",
        *_word("words", 7),
        f'print "${{words}}" file {name}.mean screen no',
        f"variable mean file {name}.mean",
        "variable words delete",
        *_word("words", 5),
        _stop_if(f"$(next(mean)<{LARGEST_DEVIATION:.6g}) < 0.5", "deviation_undefined", name),
        _stop_if(f"${{words}} > {settings.halt.force_deviation:.6g}", "deviation_hopeless", name),
        "variable words delete",
    ]


def _word(variable: str, number: int) -> list[str]:
    """Let a variable hold one word of the line."""
    return [f"variable {variable} index ${{line}}", *[f"next {variable}"] * (number - 1)]


def noise_seed(seed: int) -> int:
    """Return the seed of the noise of a thermostat: LAMMPS's generator for it takes 1 to 900 000 000."""
    return 1 + (seed - 1) % MAX_NOISE_SEED


def _ensemble(stage: Stage, seed: int, settings: Settings) -> list[str]:
    """An equilibration takes its excess energy out with friction: other thermostats only swap it to and fro."""
    t_start, t_end = stage.temperature or (0.0, 0.0)
    temperature = f"{t_start:.6g} {t_end:.6g}"
    barostat = ""
    if stage.pressure is not None:
        p_start, p_end = (value * BAR_PER_GPA for value in stage.pressure)
        barostat = f" {stage.coupling} {p_start:.6g} {p_end:.6g} {settings.barostat_time * PS_PER_FS:.6g} flip no"
    if stage.kind == "equilibrate":
        damping = EQUILIBRATION_DAMPING * PS_PER_FS
        motion = f"nph{barostat}" if barostat else "nve"
        return [
            f"fix move all {motion}",
            f"fix bath all langevin {temperature} {damping:.6g} {noise_seed(seed)} zero yes",
        ]
    damping = settings.thermostat_time * PS_PER_FS
    return [f"fix move all {'npt' if barostat else 'nvt'} temp {temperature} {damping:.6g}{barostat}"]
