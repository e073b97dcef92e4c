"""What a frame says of its own labels beside their numbers is obeyed."""

from __future__ import annotations

from pathlib import Path

import pytest
from foreign_files import read_text, refused, taken, text_of

from aiida_zif.plugins.data.labelled_frame import FormatError

ZEROS = '"0 0 0 0 0 0 0 0 0"'


@pytest.mark.parametrize(
    "entry",
    ["converged=F", "scf_converged=False", "is_converged=0", "unconverged", "not_converged=T", "converged=no",
     "is_converged=None", "electronic_steps_converged=F", "scf=unconverged", "status=failed", "failed=T"],
)  # fmt: skip
def test_a_frame_that_says_it_is_not_converged_is_refused(tmp_path: Path, entry: str) -> None:
    assert refused(tmp_path, text_of(f"energy=-1 {entry}")).reason == "not_converged"


@pytest.mark.parametrize(
    "entry", ["converged=T", "scf_converged=True", "unconverged=F", "convergence=1e-6", "ionic_converged=F"]
)
def test_a_frame_that_does_not_is_taken(tmp_path: Path, entry: str) -> None:
    assert taken(tmp_path, text_of(f"energy=-1 {entry}")).energy == -1.0


@pytest.mark.parametrize("value", ["IsolatedAtom", "isolated_atom"])
def test_the_energy_of_a_free_atom_is_no_label(tmp_path: Path, value: str) -> None:
    assert refused(tmp_path, text_of(f"energy=-1 config_type={value}", ["H 0 0 0 0 0 0"])).reason == "isolated_atom"
    assert taken(tmp_path, text_of("energy=-1 config_type=Default")).energy == -1.0


@pytest.mark.parametrize(
    "entry", ["energy_per_atom=-3.0", "energy_is_per_atom=T", "energy_type=per_atom", "per_atom=T"]
)
def test_an_energy_that_the_file_says_is_that_of_an_atom_is_refused(tmp_path: Path, entry: str) -> None:
    assert refused(tmp_path, text_of(f"energy=-3.0 {entry}")).reason in ("energy_per_atom", "no_energy")


def test_an_energy_per_atom_beside_that_of_the_cell_is_no_contradiction(tmp_path: Path) -> None:
    assert taken(tmp_path, text_of("energy=-9.0 energy_per_atom=-3.0 force_rmse_per_atom=0.1")).energy == -9.0


def test_fractional_coordinates_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, text_of("energy=-1 coordinates=fractional")).reason == "not_cartesian"


def test_a_gradient_is_not_taken_for_forces(tmp_path: Path) -> None:
    text = text_of("energy=-1", properties="Properties=species:S:1:pos:R:3:gradient:R:3")
    with pytest.raises(FormatError, match="--forces-key: gradient found; allowed: forces, which are minus"):
        read_text(tmp_path, text, forces_key="gradient")


@pytest.mark.parametrize("entry", ["config_weight=0.0", "weight=0", "config_energy_weight=0", "config_forces_weight=0"])
def test_labels_of_no_weight_are_refused(tmp_path: Path, entry: str) -> None:
    assert refused(tmp_path, text_of(f"energy=-1 {entry}")).reason == "no_weight"


@pytest.mark.parametrize("name", ["stress", "REF_stress"])
def test_a_stress_of_no_weight_is_not_taken(tmp_path: Path, name: str) -> None:
    frame = taken(tmp_path, text_of(f"energy=-1 {name}={ZEROS} config_stress_weight=0.0"))
    assert frame.virial is None
    assert frame.not_taken == (name, "config_stress_weight")


def test_frames_of_several_levels_in_one_file_are_refused(tmp_path: Path) -> None:
    text = text_of("energy=-1 head=pbe") + text_of("energy=-2 head=hse")
    with pytest.raises(FormatError, match=r"foreign\.extxyz:1: head: 'pbe' and 'hse' found; allowed is one level"):
        read_text(tmp_path, text)
    assert len(read_text(tmp_path, text.replace("hse", "pbe"))) == 2


def test_charge_and_multiplicity_are_passed_on(tmp_path: Path) -> None:
    assert taken(tmp_path, text_of("energy=-1 total_charge=-1.0 multiplicity=2")).state == {
        "charge": -1, "multiplicity": 2,
    }  # fmt: skip
    assert taken(tmp_path, text_of("energy=-1 spin=2")).state == {"spin": 2}
    assert taken(tmp_path, text_of("energy=-1")).state == {}
    for charge in ("0.5", "inf", "nan"):
        with pytest.raises(FormatError, match=rf"charge: {charge} found; allowed is a whole number"):
            read_text(tmp_path, text_of(f"energy=-1 charge={charge}"))


@pytest.mark.parametrize(
    ("entry", "energy"),
    [("energy_meV=-1000", -1.0), ("energy_eV=-2", -2.0), ("energy_kcal_mol=-1", -0.0433641042418009),
     ("Energy(Ha)=-1", -27.211386245988)],
)  # fmt: skip
def test_a_unit_behind_a_name_is_that_unit(tmp_path: Path, entry: str, energy: float) -> None:
    frame = taken(tmp_path, text_of(entry), energy_key=entry.split("=")[0], forces_unit="eV/Å")
    assert frame.energy == pytest.approx(energy, rel=1e-14)


def test_a_unit_behind_a_name_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="energy_kJ: the unit kJ found; allowed: eV"):
        read_text(tmp_path, text_of("energy_kJ=-1"), energy_key="energy_kJ")
