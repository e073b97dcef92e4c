"""The small system of the stored LAMMPS outputs, and hand-made files of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

FIXTURES = Path(__file__).parents[1] / "fixtures" / "lammps"
PACKED = FIXTURES / "packed"
TYPE_MAP = ["H", "Zn"]
SYMBOLS = ["Zn", "H"] * 12
RUNS: list[dict[str, Any]] = [
    {
        "label": "tri",
        "start": 0,
        "seed": 1,
        "stages": [
            {"kind": "npt", "temperature": 300, "pressure": 0.5, "coupling": "tri", "steps": 30},
            {"kind": "nvt", "temperature": 300, "steps": 33},
        ],
    },
    {"label": "hot", "start": 0, "seed": 2, "stages": [{"kind": "nvt", "temperature": [600, 5000], "steps": 100}]},
    {
        "label": "warm",
        "start": 0,
        "seed": 3,
        "stages": [{"kind": "minimise", "steps": 5}, {"kind": "nvt", "temperature": 500, "steps": 60}],
    },
]
PARAMETERS: dict[str, Any] = {
    "lower": 0.004,
    "upper": 0.006,
    "thermostat_time": 5,
    "halt": {"temperature": 5001, "force_deviation": 1.0},
    "n_control": 5,
    "max_candidates": 6,
    "min_separation": 10,
}
"""The inputs of the stored job."""


def config() -> dict[str, Any]:
    """What the stored job told its harvest."""
    return dict(json.loads((PACKED / "harvest.json").read_text()))


def start_frame() -> tuple[np.ndarray, np.ndarray]:
    """Positions (24, 3) and cell (3, 3) from which the stored runs started, Å."""
    lines = (PACKED / "start_000.data").read_text().splitlines()
    sides = [float(line.split()[1]) for line in lines if line.endswith("hi")]
    xy, xz, yz = (float(word) for word in next(line for line in lines if line.endswith("yz")).split()[:3])
    cell = np.array([[sides[0], 0, 0], [xy, sides[1], 0], [xz, yz, sides[2]]])
    rows = [line.split() for line in lines[lines.index("Atoms  # atomic") + 2 :]]
    return np.array(rows, dtype=float)[:, 2:], cell


def write_run(folder: Path, stem: str, deviations: list[float], every: int = 10, side: float = 10.0) -> None:
    """Write the files of a run of two atoms, 3 Å apart, one frame for each deviation and one for the start."""
    dump, thermo, deviation = "", "# step K bar eV A^3\n", "# step\n"
    for index, value in enumerate([0.0, *deviations]):
        step = index * every
        dump += f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS xy xz yz pp pp pp\n"
        dump += f"0 {side} 0\n" * 3 + "ITEM: ATOMS id type xu yu zu fx fy fz\n"
        dump += f"1 1 {1 + 1e-3 * index:.8f} 1 1 1 0 0\n2 1 4 1 1 -1 0 0\n"
        thermo += f"{step} 300 {1e4} -5 {side**3}\n"
        deviation += f"{step} 0 0 0 {value:.6e} 0 {0.4 * value:.6e}\n"
    (folder / f"{stem}.dump").write_text(dump)
    (folder / f"{stem}.thermo").write_text(thermo)
    (folder / f"{stem}.devi").write_text(deviation)
    (folder / f"{stem}.log").write_text("LAMMPS\n")
    (folder / f"{stem}.end").write_text(f"completed {len(deviations) * every}\n")


def two_atoms(n_runs: int = 1, n_models: int = 2, **settings: Any) -> dict[str, Any]:
    """The configuration of a harvest of such runs."""
    common = {**config()["settings"], "lower": 0.1, "upper": 1.0, "max_candidates": 100, "min_separation": 10.0}
    runs = [
        {
            "label": f"r{index}",
            "stem": f"run_{index:03d}",
            "lane": "lane_0",
            "steps": 100,
            "equilibration": 0,
            "targets": [{"first": 0, "last": 100, "temperature": [300.0, 300.0], "pressure": None}],
            "start_volume": 1000.0,
            "temperature": 300.0,
            "pressure": None,
            "driver": index % n_models,
        }
        for index in range(n_runs)
    ]
    atoms = {"mass": 2.0, "metals": [], "nitrogens": [], "hydrogens": [0, 1]}
    return {
        "n_models": n_models,
        "radii": [0.3, 0.3],
        "atoms": atoms,
        "topology": None,
        "settings": {**common, **settings},
        "preflights": [],
        "runs": runs,
    }
