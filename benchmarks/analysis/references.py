"""Structure of published AIMD glasses and of measured scattering, by this library, beside the numbers known of them.

``python benchmarks/analysis/references.py --data FOLDER`` takes seconds. FOLDER holds ``glasses/*.cif`` (AIMD glasses
of ZIF-4, Gaillac et al. 2020, CC-BY-4.0) and ``scattering/`` (X-ray F(Q) and D(r) of the ZIF-4 glass, Gaillac et al.
2017, CC-BY-4.0). They are not shipped; without them the script says so and writes nothing. Numbers go to
``benchmarks/results/structure.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "structure.json"
GLASS_DENSITY = 1.581
"""g/cm³, of the model that was fitted to the same measurement (Gaillac 2017)."""
BROADENING = 0.081
"""Å, the Lorch window with which the measured F(Q) gives the measured D(r) best."""
DISTANCES = {"C–C, C–N": (1.2, 1.6), "Zn–N": (1.8, 2.3), "Zn–C": (2.8, 3.3), "4 Å": (3.9, 4.4), "Zn–Zn": (5.5, 6.4)}
KNOWN = {
    "coordination within 2.5 Å": (3.93, "ten configurations: 3.93(3)"),
    "share of four-fold Zn": (0.92, "ten configurations"),
    "N–Zn–N": (109.5, "ten configurations, width 8.8°"),
    "tetrahedral order": (0.960, "ten configurations"),
}


def glasses(folder: Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Read the glasses: symbols, positions (N, n, 3) and cells (N, 3, 3) in Å."""
    from ase.io import read

    frames = [read(path) for path in sorted(folder.glob("*.cif"))]
    symbols = frames[0].get_chemical_symbols()
    return symbols, np.array([one.positions for one in frames]), np.array([one.cell[:] for one in frames])


def local_order(symbols: list[str], positions: np.ndarray, cells: np.ndarray) -> dict[str, Any]:
    """Coordination, angles and order of the glasses; errors are those of frames of one run."""
    from aiida_zif.plugins.analysis.errors import block_error
    from aiida_zif.plugins.analysis.structure import angles

    frames = symbols, positions, cells
    counts = angles.coordination_counts(*frames, "Zn", "N", 2.5)
    bonds = angles.bond_angles(*frames, "Zn", "N", 2.5)
    found = {
        "coordination within 2.5 Å": block_error(counts.mean(axis=1)),
        "share of four-fold Zn": block_error((counts == 4).mean(axis=1)),
        "N–Zn–N": angles.mean_angle([bonds]),
        "tetrahedral order": angles.mean_order([angles.tetrahedral_order(*frames, "Zn", "N", 2.5)]),
        "N–Zn–N, width": angles.angle_width([bonds]),
    }
    return {
        name: {"value": one.mean, "error": one.error, "known": KNOWN.get(name), "remark": one.remark}
        for name, one in found.items()
    }


def scattering(symbols: list[str], positions: np.ndarray, cells: np.ndarray, folder: Path) -> dict[str, Any]:
    """Convention of the measurement, and peaks of its curves beside those of the glasses."""
    from aiida_zif.plugins.analysis.structure.extrema import peak_position
    from aiida_zif.plugins.analysis.structure.pair_distribution import pair_distribution
    from aiida_zif.plugins.analysis.structure.partial_factors import from_distribution
    from aiida_zif.plugins.analysis.structure.scattering import normalisation_of, to_real_space, total_scattering
    from aiida_zif.plugins.analysis.structure.scattering_lengths import scattering_lengths
    from aiida_zif.plugins.physics.geometry import densities

    lengths = scattering_lengths(symbols, "x-ray")
    r, d = np.loadtxt(folder / "zif4_glass_xray_31C.dofr")[:, :2].T
    q, f = np.loadtxt(folder / "zif4_glass_xray_31C.int01")[:-1, :2].T
    per_atom = len(symbols) / abs(np.linalg.det(cells[0])) / float(densities(symbols, cells)[0])
    name, ratios = normalisation_of(r, d, lengths, GLASS_DENSITY * per_atom)
    own = to_real_space(q, f, r, BROADENING)
    near = (r > 1) & (r < 20)
    counted = pair_distribution(symbols, positions, cells, maximum=20.0)
    total = total_scattering(
        [from_distribution(counted, np.arange(0, 24, 0.025))], lengths, r[r <= 10], name, BROADENING
    )
    return {
        "normalisation_of_the_measurement": name,
        "slope_over_that_of_each_normalisation": ratios,
        "scale_of_measured_d_over_transform_of_measured_f": float(
            np.dot(own[near], d[near]) / np.dot(own[near], own[near])
        ),
        "peaks_of_d": {
            label: {
                "measured": peak_position(r, d, within),
                "glasses": peak_position(total.r, total.d.mean, within),
                "height_measured": float(d[(r > within[0]) & (r < within[1])].max()),
                "height_glasses": float(total.d.mean[(total.r > within[0]) & (total.r < within[1])].max()),
            }
            for label, within in DISTANCES.items()
        },
        "first_peak_of_f_measured": peak_position(q, f, (0.8, 1.6)),
        "convention": total.convention,
    }


def main() -> None:
    """Compare, print and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "reference")
    data = parser.parse_args().data
    if not list(data.glob("glasses/*.cif")):
        sys.exit(f"skipped: {data} holds no glasses/*.cif; they are not shipped, see the head of this file")
    frames = glasses(data / "glasses")
    results = {
        "aimd_glasses": local_order(*frames),
        "n_configurations": len(frames[1]),
        "scattering": scattering(*frames, data / "scattering"),
        "command": "python benchmarks/analysis/references.py --data FOLDER",
    }
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    print(RESULTS.read_text())


if __name__ == "__main__":
    main()
