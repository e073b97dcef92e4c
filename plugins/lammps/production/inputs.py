"""LAMMPS input of the parts of a trajectory, and of the check of the pressure (no AiiDA).

A process runs some parts one after the other. Each begins with an empty LAMMPS and ends with ``clear``, as in a process
of its own; only the start of TensorFlow is saved. The files of part *k* are ``part_000k.*``, what the next part needs
is in ``done``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aiida_zif.plugins.lammps.production.parts import Part, Strides
from aiida_zif.plugins.lammps.production.settings import MdStage, Settings
from aiida_zif.plugins.lammps.writing.halts import halts, why_halted
from aiida_zif.plugins.lammps.writing.motion import end_of_motion, segment_commands
from aiida_zif.plugins.lammps.writing.sampling import THERMO, TITLE, sampling
from aiida_zif.plugins.lammps.writing.system import minimise, potential, single_potential, system, velocities

START = "start.data"
"""File name of the first frame."""
SHAKEN = "shaken.data"
"""File name of the frame at which the pressure is checked."""
STRAIN = 2e-3
"""Of the finite differences."""
STRAINS = {
    "xx": (0, 0),
    "yy": (1, 1),
    "zz": (2, 2),
    "xy": (1, 0),
    "xz": (2, 0),
    "yz": (2, 1),
}
"""Component → the direction along which, and that in which atoms move: x += γ y is (1, 0)."""


@dataclass(frozen=True)
class Trajectory:
    """What all parts share.

    :param cell: of the start, as LAMMPS has it, lower triangular, Å, shape (3, 3).
    :param has_velocities: whether the first frame brings them.
    """

    stages: Sequence[MdStage]
    settings: Settings
    strides: Strides
    type_map: Sequence[str]
    n_models: int
    n_atoms: int
    cell: np.ndarray
    has_velocities: bool = False

    @property
    def driver(self) -> int:
        """Index of the model that drives."""
        return self.settings.driver % self.n_models


def part_name(index: int) -> str:
    """Stem of the files of a part."""
    return f"part_{index:04d}"


def restart_name(index: int) -> str:
    """File from which the part after this one begins."""
    return f"done/{index:04d}.restart"


def final_name(index: int) -> str:
    """File with the last frame of a part and its velocities."""
    return f"done/{index:04d}.final"


def part_input(part: Part, whole: Trajectory) -> str:
    """Return the commands of a part, from an empty LAMMPS to an empty LAMMPS."""
    name, strides = part_name(part.index), whole.strides
    lines = [f"# steps {part.first} to {part.last}", f"log {name}.log", "variable part timer", "variable moving timer"]
    lines += _begin(part, whole)
    lines += potential(whole.type_map, whole.n_models, whole.driver, strides.deviation, f"{name}.devi")
    lines += halts(whole.settings.halt, whole.n_atoms, cell_in_words(whole.cell))
    lines += sampling(name, strides.sample, (), f"{THERMO} $(ke:%.10g)", f"{TITLE} eV")
    if part.index == 0 and not whole.has_velocities:
        lines.append(velocities((part.segments[0].stage.temperature or (0.0, 0.0))[0], whole.settings.seed))
    lines += _motion(name, part, whole)
    lines += _keep(part.index)
    lines += ["variable status string completed", f"label {name}_end", *why_halted()]
    lines += ["variable now timer", f'print "${{status}} $(step) $(v_now-v_part) $(v_now-v_moving)" file {name}.end']
    lines.append('if "${status} != completed" then quit')  # no part begins where this one should have ended
    lines += [f"variable {variable} delete" for variable in ("line", "words", "mean", "chunk")]
    return "\n".join([*lines, "log none", "clear", ""]) + "\n"


def _begin(part: Part, whole: Trajectory) -> list[str]:
    """The first part begins from the frame that was given, all others from a restart file."""
    settings, every = whole.settings, whole.strides.sample
    source = f"read_restart {restart_name(part.index - 1)}" if part.index else f"read_data {START}"
    lines = system(source, settings.timestep, every)
    if part.index == 0 and whole.stages[0].kind == "minimise":
        lines += minimise(whole.stages[0], whole.type_map, whole.driver)
    return lines


def _motion(name: str, part: Part, whole: Trajectory) -> list[str]:
    """The pieces of stages, each but the last with the end of what moved it: that is what the restart file hands on."""
    follows = whole.n_models > 1 and whole.settings.halt.force_deviation is not None
    every = whole.strides.deviation
    lines = []
    for number, segment in enumerate(part.segments):
        follow = None if not follows else "on" if number else "begin"
        lines += segment_commands(name, f"{name}_{number}", segment, whole.settings, every, follow)
        lines += end_of_motion(segment) if segment is not part.segments[-1] else []
    lines.insert(lines.index("run 0 post no") + 1, "variable moving timer")  # models are read and warm now
    return lines


def _keep(index: int) -> list[str]:
    """What the next part, and who goes on from the last frame, need; written in full before the part counts as done."""
    atoms = "id type xu yu zu vx vy vz modify sort id format float %.17g"
    return [f"write_restart {restart_name(index)}", f"write_dump all custom {final_name(index)} {atoms}"]


def cell_in_words(cell: np.ndarray) -> dict[str, str]:
    """Volume and tilt factors of a lower triangular cell, as :func:`halts` takes them."""
    volume = f"{abs(np.linalg.det(cell)):.6f}"
    return {"vol": volume, "xy": f"{cell[1, 0]:.8f}", "xz": f"{cell[2, 0]:.8f}", "yz": f"{cell[2, 1]:.8f}"}


def pressure_input(whole: Trajectory) -> str:
    """Return commands that print energy and virial of a shaken frame, and its energy under small strains of both signs.

    Lines of ``pressure.out``: name of the strain, its sign times its size, energy in eV, volume in Å³ and the six
    components of the virial's pressure in bar (xx, yy, zz, xy, xz, yz).
    """
    lines = ["# pressure against finite differences of the energy", "log pressure.log"]
    lines += system(f"read_data {SHAKEN}", whole.settings.timestep, 1)
    lines += [*single_potential(whole.type_map, whole.driver), "compute virial all pressure NULL virial"]
    virial = " ".join(f"$(c_virial[{index}]:%.10g)" for index in range(1, 7))
    for number, (name, size, cell) in enumerate(strained_cells(whole.cell)):
        lines += [box_command(cell)] if number else []
        lines += ["thermo_style custom step pe c_virial[1]", "run 0 post no"]
        how = "append" if number else "file"
        lines.append(f'print "{name} {size:.10g} $(pe:%.14g) $(vol:%.12g) {virial}" {how} pressure.out screen no')
    return "\n".join([*lines, "log none", "clear", ""]) + "\n"


def strained_cells(cell: np.ndarray) -> list[tuple[str, float, np.ndarray]]:
    """Return name, size and cell of every strain, the cell as it is first; lower triangular as the cell is.

    :param cell: Å, shape (3, 3), lattice vectors as rows.
    """
    found = [("none", 0.0, cell)]
    for size in (-STRAIN, STRAIN):
        found.append(("volume", size, cell * (1.0 + size)))
        for name, (along, moved) in STRAINS.items():
            strain = np.eye(3)
            strain[along, moved] += size
            found.append((name, size, cell @ strain))
    return found


def box_command(cell: np.ndarray) -> str:
    """Command that turns the box into a cell, and moves the atoms with it."""
    sides = " ".join(f"{axis} final 0.0 {cell[number, number]:.14g}" for number, axis in enumerate("xyz"))
    tilts = f"xy final {cell[1, 0]:.14g} xz final {cell[2, 0]:.14g} yz final {cell[2, 1]:.14g}"
    return f"change_box all {sides} {tilts} remap units box"
