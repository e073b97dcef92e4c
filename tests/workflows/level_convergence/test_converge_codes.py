"""Real convergence studies on one water molecule: seconds at GFN1-xTB."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aiida_zif.plugins.cp2k.levels import load_level

pytestmark = pytest.mark.codes

START = {"system": "water", "perturbed": {"frames": 2, "displacement": 0.05, "strain": 0.02}, "seed": 4}
OPTIONS = {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}, "withmpi": False}


@pytest.fixture
def study(cp2k_code: Callable) -> Callable[..., Any]:
    """Run a study on a water molecule in a small cell; returns its node."""
    from aiida import orm
    from aiida.engine import run_get_node
    from aiida.plugins import WorkflowFactory
    from ase import Atoms

    code = cp2k_code().store()
    water = Atoms("OHH", [[2, 2, 2], [2.757, 2.586, 2.05], [1.243, 2.586, 2]], cell=[4.6, 4.4, 4.8], pbc=True)
    structure = orm.StructureData(ase=water).store()

    def run(level: str, ladder: dict[str, Any], force: float = 10.0, **overrides: float) -> Any:
        settings = {
            "own": {"name": level, "overrides": overrides},
            "ladder": ladder,
            "noise": {"energy": 1.0, "force": force, "stress": 0.1},
            "start": START,
        }
        return run_get_node(
            WorkflowFactory("zif.converge"),
            cp2k={"code": code, "metadata": {"options": OPTIONS}},
            structure=structure,
            level=orm.Dict(load_level(level, overrides).as_dict()),
            study=orm.Dict(settings),
        ).node

    return run


def test_tight_binding_converges_with_its_ladder_and_known_jobs_are_not_run_again(study: Callable[..., Any]) -> None:
    from aiida_zif.provenance.level_convergence.table import summarise_study

    ladder = {"SCF/EPS_SCF": [1.0e-2, 1.0e-5, 1.0e-8], "POISSON/EWALD/O_SPLINE": [4, 6]}
    first = summarise_study(study("gfn1-xtb", ladder))
    errors = {row.name: row.errors for row in first.rows}
    assert errors["SCF_EPS_SCF_0"].force > errors["SCF_EPS_SCF_1"].force > errors["tightest"].force == 0
    assert errors["as_it_is"].force < 1.0
    assert first.rows[0].seconds > 0
    assert first.n_cached == 0

    again = summarise_study(study("gfn1-xtb", ladder, force=1.0))  # another noise, the same jobs
    assert again.n_cached >= first.n_jobs - 1
    assert {row.name: row.errors for row in again.rows}["SCF_EPS_SCF_0"] == errors["SCF_EPS_SCF_0"]


def test_a_basis_that_cp2k_does_not_find_is_told_and_ends_nothing(study: Callable[..., Any]) -> None:
    from aiida_zif.provenance.level_convergence.table import summarise_study

    ladder = {"basis": ["NO-SUCH-BASIS", "SZV-MOLOPT-SR-GTH", "DZVP-MOLOPT-SR-GTH"]}
    node = study("pbe-d3-fast", ladder, force=1e4, **{"MGRID/CUTOFF": 120, "MGRID/REL_CUTOFF": 30})
    assert node.is_finished_ok
    rows = {row.name: row for row in summarise_study(node).rows}
    assert "[304]" in rows["basis_0"].cause
    assert "NO-SUCH-BASIS" in rows["basis_0"].cause
    assert rows["basis_1"].errors.energy_shift > 0  # a smaller basis lies higher
