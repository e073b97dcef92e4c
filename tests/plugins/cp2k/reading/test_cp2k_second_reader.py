"""Other people's readers find the same energy, forces and stress, with the same units and signs.

The stored run ``by_hand`` is that of :mod:`hand_written` for the first frame of the stored batch: a different run
type, guess and solver at the same level of theory.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ase import units
from ase.io import read
from cp2k_cases import BATCH, FIXTURES, read_start
from hand_written import hand_written_input

from aiida_zif.plugins.cp2k.batches.order import batch_order

CP2KDATA = pytest.mark.skipif(
    importlib.util.find_spec("cp2kdata") is None, reason="cp2kdata is not installed; pip install aiida-zif[tests]"
)


@pytest.fixture
def block(finished_job: Callable[..., Any], parse: Callable[..., Any]) -> Any:
    """What our parser makes of the stored batch."""
    outputs, exit_code = parse(finished_job("batch", BATCH))
    assert exit_code.status == 0
    return outputs["labelled"]


def snapshots(block: Any) -> list[int]:
    """Where the frames of the block stand among what CP2K wrote, counted from 0."""
    order = batch_order(*read_start(FIXTURES / "batch"))
    return [order.index(index) for index in block.per_frame["index"]]


def test_the_stored_run_is_that_of_the_hand_written_input() -> None:
    symbols, positions, cells = read_start(FIXTURES / "batch")
    stored = (FIXTURES / "by_hand" / "hand.inp").read_text()
    assert stored == hand_written_input(symbols, positions[0], cells[0])


@CP2KDATA
def test_a_block_holds_what_dpdata_reads_from_the_run_written_by_hand(block: Any) -> None:
    """dpdata takes the stress that CP2K 2023.1 prints, times the volume, as the virial in eV, as we do."""
    import dpdata

    data = dpdata.LabeledSystem(str(FIXTURES / "by_hand" / "hand.out"), fmt="cp2kdata/e_f").data
    assert data["coords"][0] == pytest.approx(block.positions[0], abs=1e-5)
    assert data["cells"][0] == pytest.approx(block.cells[0], abs=1e-3)
    assert data["energies"][0] == pytest.approx(block.energies[0], abs=1e-4)
    assert data["forces"][0] == pytest.approx(block.forces[0], abs=2e-3)
    assert data["virials"][0] == pytest.approx(block.virials[0], abs=5e-3)


@CP2KDATA
def test_cp2kdata_reads_the_same_stress_from_our_own_output(block: Any) -> None:
    from cp2kdata.block_parser.stress import parse_stress_tensor_list

    stresses = parse_stress_tensor_list((FIXTURES / "batch" / "aiida.out").read_text())
    virials = stresses[snapshots(block)] * units.GPa * np.linalg.det(block.cells)[:, None, None]
    assert block.virials == pytest.approx(virials, rel=1e-5)


def test_cp2k_output_tools_reads_the_same_energy_from_our_own_output(block: Any) -> None:
    from cp2k_output_tools.parser import parse_iter

    text = (FIXTURES / "batch" / "aiida.out").read_text()
    found = [match["energies"]["total force_eval"] for match in parse_iter(text) if "energies" in match]
    assert snapshots(block)[0] == 0
    assert found[0] * units.Hartree == pytest.approx(block.energies[0], rel=1e-7)  # it reads the first one only


def test_ase_reads_the_same_positions_and_forces_from_our_own_output(block: Any) -> None:
    positions = read(FIXTURES / "batch" / "aiida-pos-1.xyz", index=":", format="xyz")
    forces = read(FIXTURES / "batch" / "aiida-frc-1.xyz", index=":", format="xyz")
    for row, snapshot in enumerate(snapshots(block)):
        pulled = forces[snapshot].positions * units.Hartree / units.Bohr
        assert block.positions[row] == pytest.approx(positions[snapshot].positions, abs=1e-9)
        assert block.forces[row] == pytest.approx(pulled, rel=1e-6, abs=1e-8)
