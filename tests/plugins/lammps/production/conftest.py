"""Inputs of a production run of ZIF-4, with stand-ins or with the real codes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

Factory = Callable[..., Any]
TYPE_MAP = ["C", "H", "N", "Zn"]
STAGES: list[dict[str, Any]] = [
    {"kind": "equilibrate", "name": "warm", "temperature": 300, "steps": 100},
    {"kind": "ramp", "name": "heat", "temperature": [300, 900], "pressure": 0.0, "coupling": "iso", "steps": 400},
    {"kind": "hold", "temperature": 900, "pressure": 0.0, "coupling": "iso", "steps": 300, "snapshots": 3},
]


@pytest.fixture
def md_inputs(aiida_profile: object, generate_model: Factory, generate_code: Factory) -> dict[str, Any]:
    """The inputs of a run of three stages in eight parts, with a stand-in for LAMMPS."""
    from aiida import orm
    from aiida.plugins import DataFactory

    from aiida_zif.plugins.systems import load_system

    atoms = load_system("zif-4")
    symbols = atoms.get_chemical_symbols()
    return {
        "code": generate_code("lmp_ok"),
        "python": generate_code(sys.executable),
        "committee": {f"model_{index}": generate_model(index, TYPE_MAP) for index in range(2)},
        "frames": DataFactory("zif.frames")(symbols, [atoms.positions], [atoms.cell[:]], system="zif4"),
        "topology": orm.StructureData(ase=atoms),
        "stages": orm.List(STAGES),
        "parameters": orm.Dict({"checkpoint_every": 100, "trust": 0.12, "max_untrusted": 7}),
        "metadata": {"options": {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}}},
    }


@pytest.fixture
def run_md(md_inputs: dict[str, Any], generate_code: Factory) -> Factory:
    """Run one job: (results, node); ``standin`` names the stand-in for LAMMPS."""

    def run(standin: str = "lmp_ok", **changes: Any) -> Any:
        from aiida.engine import run_get_node
        from aiida.plugins import CalculationFactory

        inputs = md_inputs | {"code": generate_code(standin)} | changes
        return run_get_node(CalculationFactory("zif.lammps.md"), **inputs)

    return run
