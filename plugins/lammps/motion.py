"""MD of one stage in a lane's input: which motion, in which chunks, and when it is given up (no AiiDA)."""

from __future__ import annotations

from aiida_zif.plugins.lammps.settings import Settings, Stage

BAR_PER_GPA = 1.0e4
PS_PER_FS = 1.0e-3


def stage_commands(number: int, stage: Stage, start: int, name: str, settings: Settings, n_models: int) -> list[str]:
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
