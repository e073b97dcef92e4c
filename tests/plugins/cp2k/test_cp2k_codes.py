"""Real runs of CP2K on very small cells: signs, salvage, independence of labels from their batch."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cp2k_cases import AIMD, BATCH, FIXTURES, read_start
from hand_written import hand_written_input

from aiida_zif.plugins.cp2k.levels import load_level
from aiida_zif.plugins.cp2k.reading.outputs import BOHR, GPA_TO_EV_PER_A3, HARTREE
from aiida_zif.plugins.systems import load_system

pytestmark = pytest.mark.codes

TIGHT = {"SCF/EPS_SCF": 1e-8, "QS/EPS_DEFAULT": 1e-14}


@pytest.fixture
def label(cp2k_code: Callable) -> Callable[..., Any]:
    """Label frames with CP2K on one core; returns the job node."""
    from aiida import orm
    from aiida.engine import run_get_node
    from aiida.plugins import CalculationFactory

    from aiida_zif.plugins.data.frames import FramesData

    code = cp2k_code()

    def run(symbols: Any, positions: Any, cells: Any, task: dict[str, Any], level: Any = None) -> Any:
        options = {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}, "withmpi": False}
        _, node = run_get_node(
            CalculationFactory("zif.cp2k"),
            code=code,
            frames=FramesData(symbols, positions, cells),
            level=orm.Dict((level or load_level("gfn1-xtb")).as_dict()),
            task=orm.Dict(task),
            metadata={"options": options},
        )
        return node

    return run


def finite_differences(
    label: Callable, symbols: list[str], positions: Any, cell: Any, level: Any, strain: float
) -> None:
    """Compare forces and virial of a frame with energies of displaced and strained ones, all in one batch."""
    step = 0.002
    moves = [(0, 0), (len(symbols) - 1, 2)]
    strains = [(0, 0), (2, 2), (0, 1)]
    frames, cells = [positions], [cell]
    for atom, axis in moves:
        for sign in (1, -1):
            frames.append(positions.copy())
            frames[-1][atom, axis] += sign * step
            cells.append(cell)
    for first, second in strains:
        for sign in (1, -1):
            deformation = np.eye(3)
            deformation[first, second] += 0.5 * sign * strain
            deformation[second, first] += 0.5 * sign * strain
            frames.append(positions @ deformation)
            cells.append(cell @ deformation)
    loose = {"gates": {"net_force": 1.0}}  # a coarse grid drags on a lone molecule
    node = label(symbols, frames, cells, BATCH | loose, level)
    assert node.exit_status == 0
    block = node.outputs.labelled
    assert block.n_frames == len(frames)
    slopes = (block.energies[2::2] - block.energies[1::2]) / 2  # minus the energy difference over two
    forces = [block.forces[0][move] for move in moves]
    assert slopes[:2] / step == pytest.approx(forces, abs=2e-3)
    virial = [block.virials[0][pair] for pair in strains]
    assert slopes[2:] / strain == pytest.approx(virial, abs=max(0.02 * np.abs(virial).max(), 5e-3))


def test_forces_and_virial_of_xtb_are_slopes_of_the_energy(label: Callable) -> None:
    symbols, positions, cells = read_start(FIXTURES / "batch")
    finite_differences(label, symbols, positions[0], cells[0], load_level("gfn1-xtb", TIGHT), 0.002)


@pytest.mark.slow
def test_forces_and_virial_of_a_framework_are_slopes_of_the_energy(label: Callable) -> None:
    crystal = load_system("salem-2")
    positions = crystal.positions + 0.03 * np.random.default_rng(1).normal(size=crystal.positions.shape)
    level = load_level("gfn1-xtb", TIGHT)
    finite_differences(label, crystal.get_chemical_symbols(), positions, crystal.cell[:], level, 0.002)


def test_forces_and_virial_of_pbe_are_slopes_of_the_energy(label: Callable) -> None:
    positions = np.array([[2.0, 2.0, 2.1], [2.1, 2.3, 2.95]])
    cell = np.array([[4.2, 0, 0], [0.4, 4.0, 0], [0, 0.3, 4.4]])
    level = load_level("pbe-d3-fast", {"MGRID/CUTOFF": 400, "SCF/EPS_SCF": 1e-7, "QS/EPS_DEFAULT": 1e-12})
    finite_differences(label, ["F", "H"], positions, cell, level, 0.01)


def test_a_poisoned_frame_is_rejected_and_changes_no_other_label(label: Callable) -> None:
    symbols, positions, cells = read_start(FIXTURES / "batch")
    poisoned = positions[1].copy()
    poisoned[9] = poisoned[1] + 0.2
    first, last = positions[0], positions[1]
    node = label(symbols, [first, poisoned, last], cells[[0, 1, 1]], BATCH)
    assert node.exit_status == 0
    assert node.outputs.labelled.per_frame["index"].tolist() == [0, 2]
    assert node.outputs.output_parameters["rejected"][0]["index"] == 1
    alone = label(symbols, [last], cells[[1]], BATCH).outputs.labelled
    assert node.outputs.labelled.energies[1] == pytest.approx(alone.energies[0], abs=1e-7)
    assert node.outputs.labelled.forces[1] == pytest.approx(alone.forces[0], abs=1e-6)


def test_labels_of_dynamics_in_a_flexible_cell_are_those_of_a_batch(label: Callable) -> None:
    symbols, positions, cells = read_start(FIXTURES / "batch")
    task = AIMD | {"ensemble": "npt", "pressure": 1.0, "deuterium": True}
    moving = label(symbols, positions[:1], cells[:1], task, load_level("gfn1-xtb", TIGHT)).outputs.labelled
    still = label(symbols, moving.positions, moving.cells, BATCH, load_level("gfn1-xtb", TIGHT)).outputs.labelled
    assert moving.energies == pytest.approx(still.energies, abs=1e-4)
    assert moving.forces == pytest.approx(still.forces, abs=1e-3)
    assert moving.virials == pytest.approx(still.virials, abs=5e-3)


def test_velocities_follow_the_seed_and_the_temperature(label: Callable) -> None:
    symbols, positions, cells = read_start(FIXTURES / "batch")
    task = AIMD | {"stride": 7, "label_after": -1}
    runs = [label(symbols, positions[:1], cells[:1], task | {"seed": seed}).outputs.labelled for seed in (1, 1, 2)]
    assert np.array_equal(runs[0].positions, runs[1].positions)
    assert not np.allclose(runs[0].positions[1], runs[2].positions[1], atol=1e-3)
    assert runs[0].per_frame["temperature"][0] == pytest.approx(300.0)


def test_forces_and_virial_of_an_open_shell_are_slopes_of_the_energy(label: Callable) -> None:
    positions = np.array([[2.0, 2.0, 2.1], [2.1, 2.3, 2.95]])
    cell = np.array([[6.2, 0, 0], [0.4, 6.0, 0], [0, 0.3, 6.4]])
    finite_differences(label, ["O", "H"], positions, cell, load_level("gfn1-xtb", TIGHT).in_state(0, 2), 0.002)


@pytest.mark.parametrize("name", ["pair", "zif-8-cl"])
def test_labels_are_those_of_an_input_written_by_hand(label: Callable, tmp_path: Path, name: str) -> None:
    if name == "pair":
        symbols, positions, cells = read_start(FIXTURES / "batch")
        frame, cell = positions[0], cells[0]
    else:
        crystal = load_system(name)
        symbols, cell = crystal.get_chemical_symbols(), crystal.cell[:]
        frame = crystal.positions + 0.03 * np.random.default_rng(1).normal(size=crystal.positions.shape)
    job = label(symbols, [frame], [cell], BATCH, load_level("gfn1-xtb", TIGHT))
    energy, forces, stress = by_hand(str(job.inputs.code.filepath_executable), symbols, frame, cell, tmp_path / "hand")
    block = job.outputs.labelled
    assert block.energies[0] == pytest.approx(energy * HARTREE, abs=1e-5 * len(symbols))
    assert block.forces[0] == pytest.approx(forces * HARTREE / BOHR, abs=1e-3)
    assert block.virials[0] == pytest.approx(stress * GPA_TO_EV_PER_A3 * np.linalg.det(cell), abs=1e-2)


def by_hand(
    executable: str, symbols: Any, positions: Any, cell: Any, folder: Path
) -> tuple[float, np.ndarray, np.ndarray]:
    """Run CP2K without AiiDA and read hartree, hartree/bohr and GPa from where a human looks for them."""
    folder.mkdir()
    (folder / "hand.inp").write_text(hand_written_input(symbols, positions, cell))
    environment = {"CP2K_DATA_DIR": "/usr/share/cp2k", **os.environ, "OMP_NUM_THREADS": "1"}
    command = [executable, "-i", "hand.inp"]
    lines = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True).stdout.splitlines()
    energy = next(line for line in lines if line.startswith(" ENERGY| Total FORCE_EVAL"))
    atoms = next(number for number, line in enumerate(lines) if line.startswith(" # Atom   Kind   Element"))
    head = next(number for number, line in enumerate(lines) if "Analytical stress tensor [GPa]" in line)
    forces = [line.split()[3:6] for line in lines[atoms + 1 : atoms + 1 + len(symbols)]]
    stress = [line.split()[2:5] for line in lines[head + 2 : head + 5]]
    return float(energy.split()[-1]), np.array(forces, dtype=float), np.array(stress, dtype=float)
