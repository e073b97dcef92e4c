"""What a study runs and cannot reach is said before it runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiida_zif.workflows.study.file.loading import load_study
from aiida_zif.workflows.study.file.planned_runs import planned_runs
from aiida_zif.workflows.study.file.remarks import remarks
from aiida_zif.workflows.study.force_field.known import KnownForceField

Factory = Callable[..., Any]

MELT = {
    "thermalisation": "1 ps", "equilibration": "2 ps", "heating": "3 ps", "hold": "4 ps", "relax_npt": "2 ps",
    "relax_nvt": "2 ps", "rates": ["100 K/ps", "50 K/ps"], "replicas": 3, "timestep": "0.5 fs", "snapshots": 5,
}  # fmt: skip


def test_melts_and_quenches_are_counted_to_the_step(study: Factory) -> None:
    runs = planned_runs(study(melt_quench=MELT))
    assert [(one.what, one.runs, one.steps, one.picoseconds) for one in runs] == [
        ("melt", 3, 20_000, 10.0),
        ("quench at 50 K/ps", 3, 56_000, 28.0),
        ("quench at 100 K/ps", 3, 32_000, 16.0),
    ]


def test_states_are_counted_in_the_cell_that_they_start_from(study: Factory) -> None:
    states = {"temperatures": ["300 K", "600 K"], "pressures": ["0 GPa", "1 GPa"], "replicas": 3,
              "equilibration": "1 ps", "sampling": "2 ps", "timestep": "0.5 fs"}  # fmt: skip
    large = {"supercell": [2, 2, 2]}
    (of_crystal,) = (one for one in planned_runs(study(melt_quench=large, states=states)) if one.section == "states")
    assert (of_crystal.runs, of_crystal.steps, of_crystal.n_atoms) == (12, 6000, 6)
    glass = {**states, "start": "glass"}
    (of_glass,) = (one for one in planned_runs(study(melt_quench=large, states=glass)) if one.section == "states")
    assert of_glass.n_atoms == 48


def test_an_isotropic_barostat_on_zif4_is_remarked_with_its_transition(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    text = "name: a\nforce_field: {campaign: b}\nsystems:\n  zif4: {structure: zif-4}\nmelt_quench: {}\n"
    path.write_text(text + "states: {temperatures: [100 K, 300 K], pressures: [0 GPa, 0.5 GPa]}\n")
    said = remarks(load_study(path))
    assert any("140 K and above 28 MPa" in line and line.startswith("melt_quench.coupling") for line in said)
    assert any("100 K and 0 GPa, 100 K and 0.5 GPa, 300 K and 0.5 GPa" in line for line in said)
    assert any(line.startswith("zif4: the melt has 272 atoms and is 15.4 Å thick") for line in said)
    assert any("nothing is extrapolated" in line for line in said)


def test_a_demo_says_that_it_makes_no_glass(study: Factory) -> None:
    assert any("no glass" in line for line in remarks(study()))
    assert not any("no glass" in line for line in remarks(study(protocol="fast")))


def test_one_model_says_nothing_about_what_it_does_not_know(study: Factory) -> None:
    alone = KnownForceField({"model_0": "a"}, ("H", "Zn"), 5.0, "one")
    assert any("one model" in line for line in remarks(study(lambda section: alone)))
    assert not any("one model" in line for line in remarks(study()))
