"""Two labels of one kind in a frame: the user chooses, and a name that is not the standard one is asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from foreign_files import ATOMS, CELL, read_text, refused, taken, text_of

from aiida_zif.plugins.data.labelled_frame import FormatError

MACE = (
    f"3\n{CELL} Properties=species:S:1:pos:R:3:forces:R:3:REF_forces:R:3 energy=-15.21 REF_energy=-430.0 "
    'REF_stress="0.001 0 0 0 0.001 0 0 0 0.001" pbc="T T T"\n'
    "H 0.934 2 2 0.11 0.02 -0.03 0.5 0 0\nC 2 2 2 -0.31 0.05 0.04 -0.9 0 0\nN 3.156 2 2 0.2 -0.07 -0.01 0.4 0 0\n"
)
ONE = '"1 0 0 0 1 0 0 0 1"'


def test_every_candidate_is_listed_with_the_option_that_chooses_it(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        read_text(tmp_path, MACE)
    energy, forces, stress = str(caught.value).split("\n")
    assert "energy (-15.21) and REF_energy (-430) found" in energy
    assert "Add --energy-key energy or --energy-key REF_energy." in energy
    assert "forces and REF_forces found" in forces
    assert "Add --stress-key REF_stress or --stress-key none." in stress


def test_the_labels_that_the_user_chooses_are_taken_and_the_others_listed(tmp_path: Path) -> None:
    said = {"energy_key": "REF_energy", "forces_key": "REF_forces", "stress_key": "REF_stress"}
    frame = taken(tmp_path, MACE, **said)
    assert (frame.energy, frame.forces[1].tolist()) == (-430.0, [-0.9, 0.0, 0.0])
    assert frame.virial == pytest.approx(np.eye(3) * -0.216)
    assert frame.not_taken == ("energy", "column forces")
    assert frame.taken == (
        "energy from REF_energy in eV", "forces from REF_forces in eV/Å", "stress from REF_stress in eV/Å^3",
    )  # fmt: skip


def test_the_labels_of_a_model_are_taken_if_they_are_meant(tmp_path: Path) -> None:
    frame = taken(tmp_path, MACE, energy_key="energy", forces_key="forces", stress_key="none")
    assert (frame.energy, frame.virial) == (-15.21, None)
    assert "REF_stress" in frame.not_taken


@pytest.mark.parametrize(
    "rival", ["REF_energy", "dft_energy", "DFT_energy", "Energy", "mace_energy", "energy_ref", "total_energy", "E0",
              "energies", "MACE_energy", "potential_energy", "dftEnergy", "energy-pbe", "energy2", "TOTEN",
              "gap_energy"],
)  # fmt: skip
def test_an_energy_beside_another_one_is_refused_until_the_user_chooses(tmp_path: Path, rival: str) -> None:
    text = text_of(f"energy=-1.0 {rival}=-2.0")
    with pytest.raises(FormatError, match=rf"--energy-key energy or --energy-key {rival}"):
        read_text(tmp_path, text)
    assert taken(tmp_path, text, energy_key=rival).energy == -2.0
    assert taken(tmp_path, text, energy_key="energy").energy == -1.0


@pytest.mark.parametrize("rival", ["free_energy", "REF_energy", "energies"])
def test_two_names_of_one_energy_are_no_rivals(tmp_path: Path, rival: str) -> None:
    frame = taken(tmp_path, text_of(f"{rival}=-1.0 energy=-1.0"))
    assert (frame.taken[0], frame.not_taken) == ("energy from energy in eV", (rival,))


def test_of_energy_and_free_energy_it_is_said_to_which_the_forces_belong(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="forces of a smeared occupation are those of free_energy"):
        read_text(tmp_path, text_of("energy=-1.0 free_energy=-1.01"))


@pytest.mark.parametrize(
    "entry", ["kinetic_energy=2", "config_energy_weight=1", "energy_sigma=0.1", "energy_std=0.1", "formation_energy=3",
              "energy_per_atom=-0.3", "fermi_energy=1", "energy_gap=1.2", "d3_energy=-0.1", "max_force=2",
              'energies="-1 -2 -3"'],
)  # fmt: skip
def test_what_is_called_energy_and_is_no_label_is_no_rival(tmp_path: Path, entry: str) -> None:
    assert taken(tmp_path, text_of(f"energy=-1.0 {entry}")).energy == -1.0


@pytest.mark.parametrize(
    ("entries", "properties", "options"),
    [
        ("REF_energy=-1", "forces:R:3", "--energy-key REF_energy"),
        ("energy=-1", "dft_force:R:3", "--forces-key dft_force"),
        ("energy=-1", "f:R:3", "--forces-key f"),
    ],
)
def test_a_single_label_of_another_name_is_refused_with_the_option_to_add(
    tmp_path: Path, entries: str, properties: str, options: str
) -> None:
    text = text_of(entries, properties=f"Properties=species:S:1:pos:R:3:{properties}")
    assert f"Add {options}." in refused(tmp_path, text).detail
    key, value = options.removeprefix("--").split()
    assert taken(tmp_path, text, **{key.replace("-", "_"): value}).energy == -1.0


@pytest.mark.parametrize("entry", ["REF_stress", "stresses", "dft_virial", "REF_virials"])
def test_a_stress_or_virial_of_another_name_is_not_left_out_in_silence(tmp_path: Path, entry: str) -> None:
    option = "--virial-key" if "virial" in entry else "--stress-key"
    with pytest.raises(FormatError, match=rf"Add {option} {entry} or {option} none"):
        read_text(tmp_path, text_of(f"energy=-1 {entry}={ONE}"))


@pytest.mark.parametrize(("name", "sign"), [("stress", -216.0), ("virial", 1.0), ("virials", 1.0)])
def test_a_standard_name_alone_is_taken_with_the_sign_that_the_docs_say(tmp_path: Path, name: str, sign: float) -> None:
    frame = taken(tmp_path, text_of(f"energy=-1 {name}={ONE}"))
    assert frame.virial == pytest.approx(np.eye(3) * sign)


def test_two_virials_of_one_frame_are_rivals(tmp_path: Path) -> None:
    text = text_of(f'energy=-1 virial={ONE} dft_virial="2 0 0 0 2 0 0 0 2"')
    with pytest.raises(FormatError, match="virial and dft_virial found"):
        read_text(tmp_path, text)
    assert taken(tmp_path, text, virial_key="dft_virial").virial == pytest.approx(np.eye(3) * 2)


def test_a_virial_that_contradicts_the_stress_is_refused_and_either_can_be_left_out(tmp_path: Path) -> None:
    text = text_of(f"energy=-1 virial={ONE} stress={ONE}")
    assert refused(tmp_path, text).reason == "stress_and_virial_differ"
    assert taken(tmp_path, text, stress_key="none").virial == pytest.approx(np.eye(3))
    assert taken(tmp_path, text, virial_key="none").virial == pytest.approx(np.eye(3) * -216)


def test_two_columns_of_one_content_are_no_rivals(tmp_path: Path) -> None:
    doubled = [f"{line} {' '.join(line.split()[-3:])}" for line in ATOMS]
    text = text_of("energy=-1", doubled, "Properties=species:S:1:pos:R:3:forces:R:3:force:R:3")
    assert taken(tmp_path, text).not_taken == ("column force",)


def test_a_name_that_the_file_does_not_have_is_said(tmp_path: Path) -> None:
    text = text_of("energy=-1")
    assert "no entry 'REF_energy' among" in refused(tmp_path, text, energy_key="REF_energy").detail
    with pytest.raises(FormatError, match="--stress-key REF_stress: no frame"):
        read_text(tmp_path, text, stress_key="REF_stress")


def test_a_key_of_frames_that_are_all_refused_is_not_said_to_be_missing(tmp_path: Path) -> None:
    text = text_of(f"energy=-1 REF_stress={ONE} converged=F")
    assert refused(tmp_path, text, stress_key="REF_stress").reason == "not_converged"
