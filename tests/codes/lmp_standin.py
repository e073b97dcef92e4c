"""Stand-in for LAMMPS: writes the files of every run of a lane at once, moves atoms at random, fails in named ways.

    lmp_standin.py FAULT -in lane_0.in -log lane_0.log -screen none

Faults, from the second step on: ok, hot, lost, hopeless, undefined (a member gives NaN), unfit (hopeless where model 1
drives), contact, crash, lost_hard (the process dies with an error), unreadable, element, silent (nothing is written),
late (out of wall time).
For production runs see ``md_standin.py``.
The deviations of the runs grow with the step, from 0.02 eV/Å. Needs nothing but Python.
"""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path

from md_standin import run_stint

ERRORS = {
    "crash": "ERROR on proc 0: Non-numeric positions - simulation unstable (src/domain.cpp:559)",
    "lost_hard": "ERROR: Lost atoms: original 3 current 2 (src/thermo.cpp:494)",
    "unreadable": "ERROR on proc 0: DeePMD-kit C API Error: DeePMD-kit Error: incompatible model",
    "element": "ERROR: pair_coeff: element H not found in the model",
}
STATUS = {
    "hot": "temperature_runaway",
    "lost": "lost_atoms",
    "late": "walltime",
    "hopeless": "deviation_hopeless",
    "undefined": "deviation_undefined",
}


def main() -> int:
    """Run one lane; return the exit status of the process."""
    fault, words = sys.argv[1], sys.argv[2:]
    if fault == "silent":
        return 1
    text = Path(words[words.index("-in") + 1]).read_text()
    Path(words[words.index("-log") + 1]).write_text("LAMMPS (stand-in)\n")
    if Path("md.json").exists():  # a production run
        return run_stint(fault, text, ERRORS)
    goal = ""
    for block in re.split(r"^# .*$", text, flags=re.MULTILINE)[1:]:
        if goal:  # passed over, up to where a failed pre-flight jumps to
            goal = "" if f"label {goal}\n" in block else goal
            continue
        unfit = "deepmd model_1.pb" in block and fault == "unfit"
        own = "hopeless" if unfit else "ok" if fault == "unfit" else fault
        if not run(own, block):
            return 1
        if own == "late":
            return 0
        if own != "ok" and (jump := re.search(r'!= completed" then "jump SELF (\w+)"', block)):
            goal = jump[1]
    return 0


def run(fault: str, block: str) -> bool:
    """Write the files of one run; False if the process is to die."""
    name, data = found(r"^log (\w+)\.log", block), found(r"^read_data (\S+)", block)
    every, committee = int(found(r"^thermo (\d+)", block)), "out_file" in block
    steps = max(int(stop) for stop in re.findall(r" stop (\d+)", block))
    rng = random.Random(int(found(r"velocity all create \S+ (\d+)", block)))
    log = Path(f"{name}.log")
    log.write_text("LAMMPS (stand-in)\n")
    if fault in ("unreadable", "element"):
        log.write_text(ERRORS[fault] + "\n")
        return False
    last = steps if fault == "ok" else min(steps, 2 * every)
    write_frames(name, Path(data), range(0, last + 1, every), committee, fault, rng)
    if fault in ERRORS:
        log.write_text(ERRORS[fault] + "\n")
        return False
    Path(f"{name}.end").write_text(f"{STATUS.get(fault, 'completed')} {last}\n")
    return True


def write_frames(name: str, data: Path, steps: range, committee: bool, fault: str, rng: random.Random) -> None:
    """Write dump, thermodynamics and deviation of the sampled steps."""
    lines = data.read_text().splitlines()
    sides = [float(line.split()[1]) for line in lines if line.endswith("hi")]
    xy, xz, yz = (float(word) for word in next(line for line in lines if line.endswith("xy xz yz")).split()[:3])
    atoms = [line.split() for line in lines[lines.index("Atoms  # atomic") + 2 :]]
    volume = sides[0] * sides[1] * sides[2]
    bounds = [
        (min(0.0, xy, xz, xy + xz), sides[0] + max(0.0, xy, xz, xy + xz), xy),
        (min(0.0, yz), sides[1] + max(0.0, yz), xz),
        (0.0, sides[2], yz),
    ]
    dump, thermo, deviation = ["", "# step K bar eV A^3\n", "# step max_devi_v and so on\n"]
    for step in steps:
        bad = step > 0 and fault != "ok" and fault != "late"
        kept = atoms[:-1] if bad and fault in ("lost", "lost_hard") else atoms
        dump += f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{len(kept)}\nITEM: BOX BOUNDS xy xz yz pp pp pp\n"
        dump += "".join(f"{low:.12e} {high:.12e} {tilt:.12e}\n" for low, high, tilt in bounds)
        dump += "ITEM: ATOMS id type xu yu zu fx fy fz\n"
        for number, kind, *place in kept:
            moved = [0.0 if bad and fault == "contact" else float(x) + rng.gauss(0.0, 0.01) for x in place]
            dump += " ".join([number, kind, *(f"{x:.8f}" for x in moved), *(f"{rng.gauss(0, 1):.8f}" for _ in "xyz")])
            dump += "\n"
        hot = 1e5 if bad and fault in ("hot", "crash") else 300.0 + rng.gauss(0.0, 30.0)
        thermo += f"{step} {hot:.6g} {rng.gauss(0.0, 1e3):.8g} {-10.0 * len(atoms):.10g} {volume:.8g}\n"
        force = 1e3 if bad and fault == "hopeless" else 0.02 + 0.002 * step * rng.random()
        mean = "-nan" if bad and fault == "undefined" else f"{0.4 * force:.6e}"
        deviation += f"{step} 0 0 0 {force:.6e} 0 {mean}\n"
    Path(f"{name}.dump").write_text(dump)
    Path(f"{name}.thermo").write_text(thermo)
    if committee:
        Path(f"{name}.devi").write_text(deviation)


def found(pattern: str, text: str) -> str:
    """The first group of the first match."""
    match = re.search(pattern, text, flags=re.MULTILINE)
    assert match, pattern
    return match[1]


if __name__ == "__main__":
    sys.exit(main())
