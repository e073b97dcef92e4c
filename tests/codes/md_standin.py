"""Stand-in for the LAMMPS of a production run: the parts of a stint, with a state that passes through its files.

The temperature is what was asked for, the volume follows it (with a fixed expansion, at constant pressure only), atoms
shake, and the committee disagrees the more the hotter it is. What is drawn depends on the start and the step only, so a
run that was interrupted takes the same path. Needs nothing but Python.

Faults: ok; hot, lost, hopeless, undefined, broken (a linker stays broken), contact (the same), crash, unreadable and
element in the second part, or the only one; late and killed there too, but only in a job that does not go on from
another; silent (nothing is written); pressure (a virial of zero).
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

EXPANSION = 1e-4
"""1/K, of the volume at constant pressure."""
STATUS = {
    "hot": "temperature_runaway",
    "lost": "lost_atoms",
    "late": "walltime",
    "hopeless": "deviation_hopeless",
    "undefined": "deviation_undefined",
}
ONLY_IN_A_FIRST_JOB = ("late", "killed")
EV_A3_PER_BAR = 1e-4 / 160.2176634


def run_stint(fault: str, text: str, errors: dict[str, str]) -> int:
    """Run all parts of an input; return the exit status of the process."""
    if fault in ONLY_IN_A_FIRST_JOB and Path("earlier").exists():
        fault = "ok"
    blocks = re.split(r"^# ", text, flags=re.MULTILINE)[1:]
    parts = [block for block in blocks if block.startswith("steps ")]
    if len(blocks) > len(parts):
        check_pressure(fault)
    plan = json.loads(Path("md.json").read_text())["parts"]
    for block in parts:
        name = found(r"^log (\w+)\.log", block)
        index = int(name.rpartition("_")[2])
        own = fault if index == min(1, len(plan) - 1) or (fault in ("broken", "contact") and index) else "ok"
        status = run_part(name, block, own, errors)
        if status != "completed":
            return 0 if status in STATUS.values() else 1
    return 0


def run_part(name: str, block: str, fault: str, errors: dict[str, str]) -> str:
    """Write the files of one part; return how it ended."""
    log = Path(f"{name}.log")
    log.write_text("LAMMPS (stand-in)\n")
    if fault in ("unreadable", "element"):
        log.write_text(errors[fault] + "\n")
        return "crashed"
    source = found(r"^read_(?:data|restart) (\S+)", block)
    state = read_start(Path(source)) if source.endswith(".data") else json.loads(Path(source).read_text())
    first, last = (int(word) for word in found(r"^steps (\d+ to \d+)", block).split(" to "))
    every, stride = int(found(r"^thermo (\d+)", block)), int((re.search(r"out_freq (\d+)", block) or [0, "0"])[1])
    if fault not in ("ok", "broken", "contact"):
        last = min(last, (first // every + 2) * every)
    write_looks(name, block, state, range(first, last + 1), every, stride, fault)
    if fault in ("crash", "lost_hard"):
        log.write_text(errors[fault] + "\n")
        return "crashed"
    if fault == "killed":
        return "killed"
    if fault in STATUS:
        Path(f"{name}.end").write_text(f"{STATUS[fault]} {last} 0.1 0.1\n")
        return STATUS[fault]
    Path(found(r"^write_restart (\S+)", block)).write_text(json.dumps(state))
    write_final(Path(found(r"^write_dump all custom (\S+)", block)), state, last)
    Path(f"{name}.end").write_text(f"completed {last} 0.1 0.1\n")
    return "completed"


def read_start(path: Path) -> dict[str, object]:
    """The state that a data file holds: cell, places as fractions of it, and velocities."""
    lines = path.read_text().splitlines()
    sides = [float(line.split()[1]) for line in lines if line.endswith("hi")]
    tilts = [float(word) for word in next(line for line in lines if line.endswith("xy xz yz")).split()[:3]]
    begin = lines.index("Atoms  # atomic") + 2
    end = lines.index("Velocities") - 1 if "Velocities" in lines else len(lines)
    atoms = [line.split() for line in lines[begin:end] if line]
    return {"sides": sides, "tilts": tilts, "atoms": atoms, "scale": 1.0, "volume": sides[0] * sides[1] * sides[2]}


def targets(block: str) -> list[tuple[int, int, float, float, bool]]:
    """First and last step, temperatures at both, and whether the cell moves, of every stage in a part."""
    stages = []
    for piece in re.split(r"^(?=fix move)", block, flags=re.MULTILINE)[1:]:
        kelvin = re.search(r"(?:temp|langevin) (\S+) (\S+)", piece)
        span = re.search(r"start (\d+) stop (\d+)", piece)
        assert kelvin, piece
        assert span, piece
        moves = " iso " in piece or " aniso " in piece or " tri " in piece
        stages.append((int(span[1]), int(span[2]), float(kelvin[1]), float(kelvin[2]), moves))
    return stages


def write_looks(name: str, block: str, state: dict, steps: range, every: int, stride: int, fault: str) -> None:
    """Write dump, thermodynamics and deviation of a part, and bring the state to its end."""
    stages, number = targets(block), len(state["atoms"])
    dump, thermo, deviation = [], ["# step K bar eV A^3 eV\n"], ["# step max_devi_v and so on\n"]
    for step in steps:
        if step % every and step != steps[-1]:
            continue
        start, stop, cold, hot, moves = next((one for one in stages if step <= one[1]), stages[-1])
        rng = random.Random(f"{state['volume']:.4f} {number} {step}")
        asked = cold + (hot - cold) * (step - start) / max(stop - start, 1)
        bad = step > steps[0] and fault != "ok"
        kelvin = 1e5 if bad and fault == "hot" else max(asked + rng.gauss(0.0, 0.05 * asked), 1.0)
        if moves:
            state["scale"] = ((1.0 + EXPANSION * (asked - 300.0)) * (1.0 + rng.gauss(0.0, 2e-3))) ** (1.0 / 3.0)
        if step % every:
            continue
        volume = state["volume"] * state["scale"] ** 3
        kinetic = 1.5 * (number - 1) * 8.617333262e-5 * kelvin
        energies = f"{-10.0 * number + kinetic:.10g} {volume:.8g} {kinetic:.10g}"
        thermo.append(f"{step} {kelvin:.6g} {rng.gauss(0.0, 1e3):.8g} {energies}\n")
        dump.append(frame(state, step, rng, fault if bad else "ok"))
        if stride and step % stride == 0:
            worst = 1e3 if bad and fault == "hopeless" else (0.05 + 1e-4 * asked) * (1.0 + 0.2 * rng.random())
            mean = "-nan" if bad and fault == "undefined" else f"{0.4 * worst:.6e}"
            deviation.append(f"{step} 0 0 0 {worst:.6e} 0 {mean}\n")
    Path(f"{name}.dump").write_text("".join(dump))
    Path(f"{name}.thermo").write_text("".join(thermo))
    if stride:
        Path(f"{name}.devi").write_text("".join(deviation))


def frame(state: dict, step: int, rng: random.Random, fault: str) -> str:
    """One look as LAMMPS writes it."""
    scale, atoms = state["scale"], state["atoms"]
    atoms = atoms[:-1] if fault == "lost" else atoms
    lost = next((number for number, kind, *_ in atoms if kind == "1"), "1") if fault in ("broken", "contact") else ""
    rows = []
    for number, kind, *xyz in atoms:
        shift = 3.0 if number == lost else 0.0  # far from what it was bound to
        rows.append(" ".join([number, kind, *(f"{scale * float(x) + shift + rng.gauss(0.0, 0.01):.8f}" for x in xyz)]))
    return head(state, step, len(atoms), "id type xu yu zu") + "\n".join(rows) + "\n"


def head(state: dict, step: int, number: int, columns: str) -> str:
    """Box and columns of a look."""
    (lx, ly, lz), (xy, xz, yz), scale = state["sides"], state["tilts"], state["scale"]
    bounds = [
        (min(0.0, xy, xz, xy + xz), lx + max(0.0, xy, xz, xy + xz), xy),
        (min(0.0, yz), ly + max(0.0, yz), xz),
        (0.0, lz, yz),
    ]
    box = "".join(" ".join(f"{scale * one:.12e}" for one in bound) + "\n" for bound in bounds)
    return (
        f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{number}\n"
        f"ITEM: BOX BOUNDS xy xz yz pp pp pp\n{box}ITEM: ATOMS {columns}\n"
    )


def write_final(path: Path, state: dict, step: int) -> None:
    """The last frame with velocities in Å/ps."""
    rng, scale = random.Random(step), state["scale"]
    rows = [
        " ".join(
            [number, kind, *(f"{scale * float(x):.17g}" for x in xyz), *(f"{rng.gauss(0.0, 3.0):.17g}" for _ in xyz)]
        )
        for number, kind, *xyz in state["atoms"]
    ]
    path.write_text(head(state, step, len(rows), "id type xu yu zu vx vy vz") + "\n".join(rows) + "\n")


def check_pressure(fault: str) -> None:
    """Energies of a solid with a modulus of 10 GPa under 1 GPa, and the virial that goes with them, or zero."""
    volume, bar = 1000.0, 1e4
    virial = [0.0] * 6 if fault == "pressure" else [bar, bar, bar, 0.0, 0.0, 0.0]
    rows = [("none", 0.0, 0.0)]
    for size in (-2e-3, 2e-3):
        rows.append(("volume", size, -3 * bar * EV_A3_PER_BAR * volume * size))
        rows += [(name, size, -bar * EV_A3_PER_BAR * volume * size) for name in ("xx", "yy", "zz")]
        rows += [(name, size, 0.0) for name in ("xy", "xz", "yz")]
    words = " ".join(f"{one:.10g}" for one in virial)
    lines = [f"{name} {size:.10g} {energy:.14g} {volume:.12g} {words}\n" for name, size, energy in rows]
    Path("pressure.out").write_text("".join(lines))


def found(pattern: str, text: str) -> str:
    """The first group of the first match."""
    match = re.search(pattern, text, flags=re.MULTILINE)
    assert match, pattern
    return match[1]
