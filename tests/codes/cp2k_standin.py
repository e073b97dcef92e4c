"""Stand-in for CP2K: writes the files of a labelling job at once, with a pair potential, and can fail in named ways.

    cp2k_standin.py FAULT -i aiida.inp

Faults: ok, silent (no output), abort (CP2K's own error), truncated (killed half-way), walltime (stops half-way by
itself), scf (the first snapshot does not converge), shifted (evaluates other positions); and in dynamics no_restart
(stops half-way and leaves no restart file), torn (killed half-way in the midst of writing one), half (killed at the
end, half of its output is lost). In a batch, frames whose first atom lies at x < 0 are in trouble: poisoned (CP2K
aborts there), slow (takes all the time), stubborn (does not converge but by conjugate gradients), hopeless (never
converges); disk (half-way no space is left, not even to say so). "Dynamics" are random displacements from the seed of
the input; a job that goes on with a run has no fault. Needs nothing but Python.
"""

from __future__ import annotations

import itertools
import math
import os
import random
import re
import signal
import sys
from pathlib import Path

HARTREE, BOHR, GPA_A3 = 27.211386245988, 0.529177210903, 160.21766208
RESTART_EVERY = 5
REACH, STIFFNESS = 2.5, 0.05  # Å, eV/Å^2: every pair within reach is a compressed spring

Vector = list[float]


def main() -> int:
    """Run one job; return the exit status of the process."""
    fault = sys.argv[1]
    if fault == "silent":
        return 1
    text = Path("aiida.inp").read_text()
    print(" CP2K| version string:                                       CP2K version 2023.1", flush=True)
    if fault == "abort":
        print(" *   ___      *\n * [ABORT]\n *  \\___/    the stand-in was asked to fail    *\n *****")
        return 1
    frames = batch() if "REFTRAJ" in text else dynamics(text)
    if re.search(r"STEP_START_VAL [1-9]", text):
        fault = "ok"
    stride = int(re.findall(r"^\s+MD (\d+)", text, re.MULTILINE)[0])
    stop = len(frames) // 2 if fault in ("truncated", "walltime", "no_restart", "torn", "disk") else len(frames)
    for number, (step, symbols, positions, cell) in enumerate(frames[:stop]):
        if fault == "shifted":
            positions = [[x + 0.01, y, z] for x, y, z in positions]
        trouble = "REFTRAJ" in text and positions[0][0] < 0
        if fault == "poisoned" and trouble:
            print(" *   ___      *\n * [ABORT]\n *  \\___/    Cholesky decompose failed    *\n *****")
            return 1
        if fault == "slow" and trouble:
            fault = "walltime"
            break
        converged = not trouble or fault not in ("stubborn", "hopeless") or (fault == "stubborn" and "CG" in text)
        print_loop(converged)
        written = step % stride == 0 and (number > 0 or step == 0 or "REFTRAJ" in text)
        label(number, step, symbols, positions, cell, converged and (fault != "scf" or number > 0), written)
        if "REFTRAJ" not in text and fault != "no_restart" and (step % RESTART_EVERY == 0 or number == stop - 1):
            write_restart(step, torn=fault == "torn" and number == stop - 1)
    if fault == "half":
        os.ftruncate(1, os.fstat(1).st_size // 2)
    if fault in ("truncated", "torn", "half"):
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "disk":
        print("     3 OT DIIS     0.15E+00    0.8 ", end="", flush=True)  # what the runtime says finds no room either
        return 2
    if fault in ("walltime", "no_restart"):
        print(" *** MD run terminated - exceeded requested execution time:       1.000 seconds.")
    print(" CP2K                                 1  1.0    0.017    0.022    0.500    0.500")
    print("  **** **** ******  **  PROGRAM ENDED AT                 2026-01-01 00:00:00.000")
    return 0


def read_frames(name: str) -> list[tuple[list[str], list[Vector]]]:
    """Symbols and positions of every frame of an xyz file."""
    lines = Path(name).read_text().splitlines()
    count = int(lines[0])
    frames = []
    for start in range(0, len(lines), count + 2):
        atoms = [line.split() for line in lines[start + 2 : start + 2 + count]]
        frames.append(([atom[0] for atom in atoms], [[float(word) for word in atom[1:]] for atom in atoms]))
    return frames


def batch() -> list[tuple[int, list[str], list[Vector], list[Vector]]]:
    """Snapshots of a reference trajectory."""
    cells = [[float(word) for word in line.split()[2:11]] for line in Path("frames.cell").read_text().splitlines()[1:]]
    pairs = zip(read_frames("frames.xyz"), cells, strict=True)
    return [
        (step, symbols, positions, [cell[:3], cell[3:6], cell[6:]])
        for step, ((symbols, positions), cell) in enumerate(pairs, start=1)
    ]


def dynamics(text: str) -> list[tuple[int, list[str], list[Vector], list[Vector]]]:
    """Steps of a random walk about the start, from the first step on or from that of a restart file."""
    symbols, start = read_frames("start.xyz")[0]
    rows = [re.search(rf"^\s+{letter} (\S+) (\S+) (\S+)$", text, re.MULTILINE) for letter in "ABC"]
    cell = [[float(word) for word in row.groups()] for row in rows if row]
    steps = int(re.findall(r"^\s+STEPS (\d+)", text, re.MULTILINE)[0])
    generator = random.Random(int(re.findall(r"SEED (\d+)", text)[0]))
    held = Path("start.restart").read_text() if "EXT_RESTART" in text else text
    first = int(re.findall(r"STEP_START_VAL (\d+)", held)[0])
    frames = []
    for step in range(first + steps + 1):
        width = 0.01 * math.sqrt(step)
        moved = [[round(x + generator.gauss(0, width), 10) for x in atom] for atom in start]
        frames.append((step, symbols, moved, cell))
    return frames[first:]


def write_restart(step: int, torn: bool) -> None:
    """Write the state of a run; the one before stays as a backup."""
    file, text = (
        Path("aiida-1.restart"),
        f"&MOTION\n  STEP_START_VAL {step}\n&END MOTION\n&FORCE_EVAL\n&END FORCE_EVAL\n",
    )
    if file.is_file():
        file.rename("aiida-1.restart.bak-1")
    file.write_text(text[: len(text) // 2] if torn else text)


def pair_potential(positions: list[Vector], cell: list[Vector]) -> tuple[float, list[Vector], list[Vector]]:
    """Energy in eV, forces in eV/Å and virial in eV of all pairs within reach."""
    images = [
        [sum(n * cell[k][axis] for k, n in enumerate(shift)) for axis in range(3)]
        for shift in itertools.product((-1, 0, 1), repeat=3)
    ]
    energy, forces = 0.0, [[0.0] * 3 for _ in positions]
    virial = [[0.0] * 3 for _ in range(3)]
    for i, j in itertools.combinations(range(len(positions)), 2):
        for image in images:
            apart = [b + s - a for a, b, s in zip(positions[i], positions[j], image, strict=True)]
            distance = math.sqrt(sum(x * x for x in apart))
            if distance >= REACH:
                continue
            energy += 0.5 * STIFFNESS * (REACH - distance) ** 2
            force = [STIFFNESS * (REACH - distance) * x / distance for x in apart]
            for axis in range(3):
                forces[j][axis] += force[axis]
                forces[i][axis] -= force[axis]
                for other in range(3):
                    virial[axis][other] += apart[axis] * force[other]
    return energy, forces, virial


def print_loop(converged: bool) -> None:
    """Print the table of an SCF loop: nine steps to convergence, or a level line."""
    print("  Step     Update method      Time    Convergence         Total energy    Change")
    for step in range(1, 10):
        value = 10.0 ** (1 - step) if converged else 0.01
        print(f"{step:6d} OT DIIS     0.80E-01    0.0 {value:14.8f}       -12.9468732127 -1.29E+01")


def label(
    number: int,
    step: int,
    symbols: list[str],
    positions: list[Vector],
    cell: list[Vector],
    converged: bool,
    written: bool,
) -> None:
    """Print one evaluation as CP2K does."""
    energy, forces, virial = pair_potential(positions, cell)
    hartree = energy / HARTREE - len(symbols)
    (a, b, c) = cell
    cross = [b[1] * c[2] - b[2] * c[1], b[2] * c[0] - b[0] * c[2], b[0] * c[1] - b[1] * c[0]]
    volume = abs(sum(x * y for x, y in zip(a, cross, strict=True)))
    print(
        f"  outer SCF loop {'converged in' if converged else 'FAILED to converge after'}   1 iterations or    7 steps"
    )
    print(f" ENERGY| Total FORCE_EVAL ( QS ) energy [a.u.]: {hartree:24.15f}")
    print(" STRESS| Analytical stress tensor [GPa]")
    for axis, row in zip("xyz", virial, strict=True):
        print(f" STRESS|      {axis} " + " ".join(f"{value / volume * GPA_A3:21.11E}" for value in row))
    print(" MD_INI| MD initialization" if number == 0 else f" MD| Step number {step:60d}")
    if number:
        print(" MD| CPU time per MD step [s]                      0.010000             0.010000")
        print(" MD| Temperature [K]                             300.000000           300.000000")
    sys.stdout.flush()
    if written:
        append(step, hartree, symbols, positions, forces, cell, volume)


def append(
    step: int,
    hartree: float,
    symbols: list[str],
    positions: list[Vector],
    forces: list[Vector],
    cell: list[Vector],
    volume: float,
) -> None:
    """Write one frame to the trajectory, force and cell files."""
    head = f"{len(symbols):8d}\n i = {step:8d}, time = {step:12.3f}, E = {hartree:19.10f}\n"
    atomic = [[x / HARTREE * BOHR for x in force] for force in forces]
    for name, values in (("pos", positions), ("frc", atomic)):
        rows = [
            f" {symbol:2s} {x:20.10f} {y:20.10f} {z:20.10f}\n"
            for symbol, (x, y, z) in zip(symbols, values, strict=True)
        ]
        with Path(f"aiida-{name}-1.xyz").open("a") as file:
            file.write(head + "".join(rows))
    with Path("aiida-1.cell").open("a") as file:
        vectors = " ".join(f"{x:18.10f}" for row in cell for x in row)
        file.write(f"{step:8d} {step:12.3f} {vectors} {volume:20.10f}\n")


if __name__ == "__main__":
    sys.exit(main())
