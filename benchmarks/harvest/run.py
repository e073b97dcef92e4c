"""How many explored frames go through the harvest in a second, and whether its memory depends on how many there are.

``python benchmarks/harvest/run.py`` took about ten minutes on one core of one machine. The trajectories are on no
disk: files are
written as they are read. Four atoms for the memory, 10⁴ to 10⁶ frames; ZIF-4 (272 atoms) for the speed, with its
linkers checked in every frame. Numbers go to ``benchmarks/results/harvest.json``.
"""

from __future__ import annotations

import io
import json
import os
import platform
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "harvest.json"
FRAMES = {"small": (10_000, 100_000, 1_000_000), "zif-4": (2_000,)}
EVERY = 10


class Trajectory(io.RawIOBase):
    """A dump that is written where it is read: all frames are equally long, so that any place in it is known."""

    def __init__(self, frames: list[bytes], n_frames: int) -> None:
        self.frames, self.size, self.length, self.place = frames, n_frames * len(frames[0]), len(frames[0]), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.size}[whence]
        return self.place

    def readinto(self, buffer: Any) -> int:
        number, start = divmod(self.place, self.length)
        if self.place >= self.size:
            return 0
        frame = self.frames[number % len(self.frames)].replace(b"STEP________", b"%012d" % (number * EVERY))
        piece = frame[start : start + len(buffer)]
        buffer[: len(piece)] = piece
        self.place += len(piece)
        return len(piece)


class Written:
    """A file of the folder that is not there."""

    def __init__(self, content: Callable[[], Any] | None) -> None:
        self.content = content

    def exists(self) -> bool:
        return self.content is not None

    def open(self, mode: str = "r") -> Any:
        return self.content() if self.content else None


class Table(io.RawIOBase):
    """Lines that are made one by one."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        return self.lines


class Folder:
    """What the runs would have left: trajectory, thermodynamics and deviations of ``n_frames`` frames."""

    def __init__(self, positions: np.ndarray, cell: np.ndarray, n_frames: int) -> None:
        rng = np.random.default_rng(0)
        self.frames = [frame_text(positions + rng.normal(scale=0.03, size=positions.shape), cell) for _ in range(16)]
        self.n_frames, self.volume = n_frames, float(abs(np.linalg.det(cell)))

    def __truediv__(self, name: str) -> Written:
        steps = range(0, self.n_frames * EVERY, EVERY)
        contents: dict[str, Callable[[], Any]] = {
            "dump": lambda: io.BufferedReader(Trajectory(self.frames, self.n_frames), 1 << 18),
            "thermo": lambda: Table(f"{step} 300.0 0.0 -5.0 {self.volume:.6f}\n" for step in steps),
            "devi": lambda: Table(f"{step} 0 0 0 {hash(step) % 8191 / 7000:.6e} 0 0\n" for step in steps),
        }
        return Written(contents.get(re.sub(r".*\.", "", name)))


def frame_text(positions: np.ndarray, cell: np.ndarray) -> bytes:
    """One frame as LAMMPS writes it, always equally long."""
    (lx, _, _), (xy, ly, _), (xz, yz, lz) = cell
    bounds = [
        (min(0.0, xy, xz, xy + xz), lx + max(0.0, xy, xz, xy + xz), xy),
        (min(0.0, yz), ly + max(0.0, yz), xz),
        (0.0, lz, yz),
    ]
    head = (
        f"ITEM: TIMESTEP\nSTEP________\nITEM: NUMBER OF ATOMS\n{len(positions)}\nITEM: BOX BOUNDS xy xz yz pp pp pp\n"
    )
    head += "".join(f"{low:.12e} {high:.12e} {tilt:.12e}\n" for low, high, tilt in bounds)
    head += "ITEM: ATOMS id type xu yu zu fx fy fz\n"
    rows = (f"{i + 1} 1 " + " ".join(f"{x:14.8f}" for x in (*row, *row)) + "\n" for i, row in enumerate(positions))
    return (head + "".join(rows)).encode()


def measure(system: str, n_frames: int) -> dict[str, Any]:
    """Harvest one run in this process; what it took and held."""
    from ase import Atoms

    from aiida_zif.plugins.lammps import structure
    from aiida_zif.plugins.lammps.exploration.harvest_config import harvest_config
    from aiida_zif.plugins.lammps.exploration.settings import Settings, check_runs
    from aiida_zif.plugins.lammps.harvest import harvest
    from aiida_zif.plugins.systems import load_system

    small = Atoms("ZnNNC", positions=[[1, 1, 1], [3, 1, 1], [1, 3, 1], [5, 5, 5]], cell=[9, 9, 9])
    atoms = small if system == "small" else load_system(system)
    symbols = atoms.get_chemical_symbols()
    positions, cell = structure.restricted_frame(atoms.positions, atoms.cell[:])
    settings = Settings.from_dict({"sample_every": EVERY, "lower": 0.3, "upper": 1.0})
    stage = {"kind": "nvt", "temperature": 300, "steps": n_frames * EVERY}
    runs = check_runs([{"label": "one", "seed": 1, "stages": [stage]}], settings, 1)
    topology = structure.topology(symbols, positions, cell)
    config = harvest_config(runs, [[0]], settings, symbols, cell[None], 2, topology)
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    folder: Any = Folder(positions, cell, n_frames)
    summary, arrays = harvest(folder, config)
    took = time.perf_counter() - begin
    return {
        "system": f"{system}, {len(symbols)} atoms",
        "n_frames": summary["n_explored"],
        "n_candidates_back": len(arrays["candidates_step"]),
        "frames_per_s": summary["n_explored"] / took,
        "peak_memory_MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "memory_before_MB": before / 1024,
        "seconds": took,
    }


def main() -> None:
    """Measure each case in a process of its own, since the largest memory of a process never shrinks."""
    if len(sys.argv) == 3:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
        return
    cases = []
    for system, numbers in FRAMES.items():
        for number in numbers:
            command = [sys.executable, __file__, system, str(number)]
            cases.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
            print(json.dumps(cases[-1]), flush=True)
    results = {
        "peak_memory_ratio_1e6_over_1e4": cases[2]["peak_memory_MB"] / cases[0]["peak_memory_MB"],
        "zif4_frames_per_s": cases[-1]["frames_per_s"],
        "cases": cases,
        "command": "python benchmarks/harvest/run.py",
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "versions": {"numpy": np.__version__, "python": platform.python_version()},
        "duration_s": sum(case["seconds"] for case in cases),
    }
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
