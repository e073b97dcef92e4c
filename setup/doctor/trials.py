"""Test calculations for the codes of a computer: one label, one small model, a few MD steps.

Everything is made from a crystal that ships with the package. What is asked of CP2K is a label as a campaign wants it;
the model is trained and frozen on the spot, in seconds, and LAMMPS has to load that very file. No AiiDA import here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ase import Atoms

CRYSTAL, LEVEL, ENERGY = "salem-2", "gfn1-xtb", -176.902
"""Energy of the frame in hartree, with CP2K 2023.1."""

NEAR = 0.01
"""Relative difference of the energy that versions may have; wrong results of a linear algebra library are far above."""

RCUT = 5.0  # Å
TRAINING_STEPS, MD_STEPS = 2, 10
MODEL, START = "model.pb", "start.data"

MD = f"""\
units metal
atom_style atomic
boundary p p p
read_data {START}
pair_style deepmd {MODEL}
pair_coeff * * TYPES
velocity all create 300 1
fix 1 all nve
timestep 0.0005
thermo 1
run {MD_STEPS}
"""

FREEZE_TOO = '"$1" --tf train --skip-neighbor-stat input.json && "$1" --tf freeze -o ' + MODEL


@dataclass(frozen=True)
class Trial:
    """The test calculation of a code.

    :param name: of the check, after the code's label; also the folder in which it is computed.
    :param arguments: command line after the executable.
    :param result: returns in words what came out, from what was printed; None if nothing did.
    :param fix: what to do in that case.
    :param through_shell: shell line that gets the executable as its first argument; empty to start it directly.
    """

    name: str
    arguments: tuple[str, ...]
    result: Callable[[str], str | None]
    fix: str
    through_shell: str = ""

    def command(self, start: list[str]) -> list[str]:
        """Return the command, from the words that start the executable."""
        return ["bash", "-c", self.through_shell, "bash", *start] if self.through_shell else [*start, *self.arguments]


def label_result(text: str) -> str | None:
    """Return the energy of the frame as text, if the output can be read as a label and the energy is correct."""
    from aiida_zif.plugins.cp2k.reading.outputs import HARTREE, read_main_output

    main = read_main_output(text, first_step=1)
    frame = main.evaluations.get(1)
    if frame is None or not main.whole or main.unread or not frame.scf_converged or frame.stress is None:
        return None
    energy = frame.energy / HARTREE
    if not abs(energy / ENERGY - 1) < NEAR:
        return None
    return f"one frame of {CRYSTAL} with {LEVEL}: {energy:.3f} Hartree"


def training_result(text: str) -> str | None:
    """Return a text if a model was trained and frozen."""
    return "a model was trained and frozen" if "finished training" in text else None


def dynamics_result(text: str) -> str | None:
    """Return the time per MD step as text, if LAMMPS took all steps."""
    found = re.search(rf"^Loop time of (\S+) on .* for {MD_STEPS} steps with (\d+) atoms", text, re.MULTILINE)
    return f"{found[2]} atoms, {float(found[1]) / MD_STEPS:.3f} s per MD step" if found else None


TRIALS = {
    "cp2k": Trial(
        "frame", ("-i", "aiida.inp"), label_result,
        "CP2K starts, but labels no frame: check its MPI and libraries, and use a version from 2022.1 to 2026.1",
    ),
    "dp": Trial(
        "model", (), training_result, "this DeePMD-kit cannot train with TensorFlow: pip install 'deepmd-kit[cpu,lmp]'",
        through_shell=FREEZE_TOO,
    ),
    "lmp": Trial(
        "model", ("-in", "md.in", "-log", "none"), dynamics_result,
        "LAMMPS cannot load a model that the dp of this computer froze: install both in one environment",
    ),
}  # fmt: skip
"""By kind of code, in the order of the tests: LAMMPS loads the model that `dp` froze."""


def trial_files(kinds: set[str]) -> dict[str, bytes]:
    """Return the files that some kinds of code need, by path below the folder of the job."""
    makers = {"cp2k": frame_files, "dp": training_files, "lmp": dynamics_files}
    return {path: content for kind in sorted(kinds & set(makers)) for path, content in makers[kind]().items()}


@cache
def crystal() -> Atoms:
    """The crystal of all trials."""
    from aiida_zif.plugins.systems.catalogue import load_system

    return load_system(CRYSTAL)


def frame_files() -> dict[str, bytes]:
    """One frame for CP2K, with the input of a campaign."""
    from aiida_cp2k.utils import Cp2kInput

    from aiida_zif.plugins.cp2k.levels import load_level
    from aiida_zif.plugins.cp2k.task import BatchTask
    from aiida_zif.plugins.cp2k.writing import inputs

    atoms = crystal()
    symbols, positions, cells = atoms.get_chemical_symbols(), atoms.positions[None], atoms.cell.array[None]
    content = inputs.cp2k_input(load_level(LEVEL), BatchTask(), symbols, cells[0])
    texts = {
        "aiida.inp": Cp2kInput(content).render() + "\n",
        inputs.COORDINATES_FILE: inputs.coordinates_file(symbols, positions[0]),
        inputs.FRAMES_FILE: inputs.frames_file(symbols, positions),
        inputs.CELLS_FILE: inputs.cells_file(cells),
    }
    return {f"frame/{name}": text.encode() for name, text in texts.items()}


def training_files() -> dict[str, bytes]:
    """A data set of one frame without forces, and the smallest net."""
    from tempfile import TemporaryDirectory

    from aiida_zif.plugins.deepmd.data.dataset import System, write_system
    from aiida_zif.plugins.deepmd.inputs import complete_input, suggest_sel, training_input
    from aiida_zif.plugins.physics.geometry import neighbour_counts

    atoms = crystal()
    symbols, positions, cells = atoms.get_chemical_symbols(), atoms.positions[None], atoms.cell.array[None]
    counts = neighbour_counts(symbols, positions, cells, RCUT, type_map())
    parameters = training_input(type_map(), RCUT, TRAINING_STEPS, embedding=[2], axis_neuron=2, fitting=[4])
    complete = complete_input(parameters, ["data"], seed=1, sel=suggest_sel(counts))
    files = {"model/input.json": json.dumps(complete).encode()}
    with TemporaryDirectory() as folder:
        write_system(Path(folder), System(symbols, positions, cells, np.zeros(1), np.zeros_like(positions)), type_map())
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                files[f"model/data/{path.relative_to(folder)}"] = path.read_bytes()
    return files


def dynamics_files() -> dict[str, bytes]:
    """A few steps of LAMMPS from the crystal."""
    from aiida_zif.plugins.lammps import structure

    atoms, types = crystal(), type_map()
    symbols, masses = atoms.get_chemical_symbols(), structure.masses(types)
    start = structure.data_file(symbols, atoms.positions, atoms.cell.array, types, masses)
    return {f"model/{START}": start.encode(), "model/md.in": MD.replace("TYPES", " ".join(types)).encode()}


def type_map() -> list[str]:
    """The elements of the crystal."""
    return sorted(set(crystal().get_chemical_symbols()))
