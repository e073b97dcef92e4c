"""MD of a stage, or of a piece of one: which motion, in which chunks, and when it is given up (no AiiDA)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from aiida_zif.plugins.lammps.limits import Halt
from aiida_zif.plugins.lammps.stages import Stage

BAR_PER_GPA = 1.0e4
PS_PER_FS = 1.0e-3
EQUILIBRATION_DAMPING = 10.0
"""fs; time constant of the Langevin thermostat of an equilibration: excess energy decays by e in it."""
INSANE = "$(v_sane) < 0.5"
"""Condition, while a run is prepared or between two chunks, that it must be halted."""
LARGEST_DEVIATION = 1e30
"""eV/Å; not above the mean deviation of a frame if it is infinite or no number."""

MAX_NOISE_SEED = 900_000_000


class Couplings(Protocol):
    """What holds for the motion of all stages: time constants in fs, and when a run is given up."""

    @property
    def thermostat_time(self) -> float: ...
    @property
    def barostat_time(self) -> float: ...
    @property
    def halt(self) -> Halt: ...


@dataclass(frozen=True)
class Segment:
    """The steps ``first`` to ``last`` of a stage that lasts from ``start`` to ``stop``.

    :param noise: seed of the noise of a friction thermostat.
    :param mark: what the ids of its fixes end with. From a restart file LAMMPS hands the state of a thermostat or
        barostat on to the fix of the same id: pieces of one stage have the same mark, stages have different ones.
    """

    stage: Stage
    start: int
    stop: int
    first: int
    last: int
    noise: int
    mark: str = ""

    @classmethod
    def whole(cls, stage: Stage, start: int, noise: int) -> Segment:
        """All of a stage that begins at a step."""
        return cls(stage, start, start + stage.steps, start, start + stage.steps, noise)


def segment_commands(
    name: str, loop: str, segment: Segment, settings: Couplings, every: int, follow: str | None
) -> list[str]:
    """MD in chunks of ``every`` steps; a chunk that ends early, or in a state that is not sane, was halted.

    LAMMPS cannot see the deviation that the pair style writes, so a file variable follows that file line by line:
    ``run 0`` writes a line if its step is a sampled one, every chunk writes one, the rest of a stage writes one if
    it holds a sampled step.

    :param name: of the run; ``<name>_end`` is where it goes if it is halted.
    :param loop: label of this segment, of which there is no other in the input.
    :param every: steps between two lines of the deviation's file.
    :param follow: ``begin`` to halt by the deviation for the first time in the run, at a step that is sampled; ``on``
        to go on with that; None to pay no attention to it.
    """
    first, last = segment.first, segment.last
    full, rest = divmod(last - first, every)
    lines = [*ensemble(segment, settings), "run 0 post no", _stop_if(INSANE, "halted", name)]
    if follow == "begin":
        lines.append(f"variable line file {name}.devi")
    elif follow and first % every == 0:
        lines.append("next line")
    if full:
        lines += [f"variable chunk loop {full}", f"label {loop}", *_chunk(every, segment, name)]
        lines += _give_up(name, settings) if follow else []
        lines += ["next chunk", f"jump SELF {loop}"]
    if rest:
        lines += _chunk(rest, segment, name)
        lines += ["next line"] if follow and last // every > (last - rest) // every else []
    return lines


def _chunk(steps: int, segment: Segment, name: str) -> list[str]:
    """A halt in the last step does not end a chunk before its time, and the wall time is not looked at in it."""
    return [
        "variable mark equal $(step)",
        f"run {steps} pre no post no start {segment.start} stop {segment.stop}",
        "variable now timer",
        _stop_if(f"$(step) < $(v_mark+{steps}) || {INSANE} || $(v_late) > 0.5", "halted", name),
    ]


def _stop_if(condition: str, status: str, name: str) -> str:
    """Go to the end of the run, and say why."""
    return f'if "{condition}" then "variable status string {status}" "jump SELF {name}_end"'


def _give_up(name: str, settings: Couplings) -> list[str]:
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


def ensemble(segment: Segment, settings: Couplings) -> list[str]:
    """An equilibration takes its excess energy out with friction: other thermostats only swap it to and fro."""
    stage, mark = segment.stage, segment.mark
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
            f"fix move{mark} all {motion}",
            f"fix bath{mark} all langevin {temperature} {damping:.6g} {noise_seed(segment.noise)} zero yes",
        ]
    damping = settings.thermostat_time * PS_PER_FS
    return [f"fix move{mark} all {'npt' if barostat else 'nvt'} temp {temperature} {damping:.6g}{barostat}"]


def end_of_motion(segment: Segment) -> list[str]:
    """Take away what :func:`ensemble` made, so that nothing of it acts on the next stage."""
    bath = [f"unfix bath{segment.mark}"] if segment.stage.kind == "equilibrate" else []
    return [f"unfix move{segment.mark}", *bath]
