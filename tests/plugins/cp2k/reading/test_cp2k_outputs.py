"""Readers against real outputs of CP2K 2023.1 (GFN1-xTB, 13 atoms)."""

from __future__ import annotations

import numpy as np
import pytest
from cp2k_cases import FIXTURES

from aiida_zif.plugins.cp2k.reading.outputs import HARTREE, read_cells, read_main_output, read_xyz


def text(case: str, name: str = "aiida.out") -> str:
    return (FIXTURES / case / name).read_text()


def test_a_batch_has_one_evaluation_for_every_snapshot() -> None:
    output = read_main_output(text("batch"), first_step=1)
    assert sorted(output.evaluations) == [1, 2, 3]
    assert output.finished
    assert output.version == "2023.1"
    assert output.wall_s > 0


def test_energies_of_a_batch_agree_with_the_trajectory_file() -> None:
    output = read_main_output(text("batch"), first_step=1)
    frames = read_xyz(text("batch", "aiida-frc-1.xyz"))
    for step, evaluation in output.evaluations.items():
        assert evaluation.energy == pytest.approx(frames[step].energy, abs=1e-7)


def test_scf_steps_are_counted_over_all_outer_loops() -> None:
    output = read_main_output(text("batch"), first_step=1)
    assert [output.evaluations[step].scf_steps for step in (1, 2, 3)] == [11, 11, 50]
    assert all(evaluation.scf_converged for evaluation in output.evaluations.values())


def test_dynamics_start_at_step_zero_and_carry_temperature_and_time() -> None:
    output = read_main_output(text("aimd"), first_step=0)
    assert sorted(output.evaluations) == list(range(8))
    assert output.evaluations[0].temperature == pytest.approx(300.0)
    assert output.evaluations[0].seconds is None
    assert output.evaluations[7].temperature != output.evaluations[6].temperature
    assert output.evaluations[7].seconds > 0


def test_stress_is_the_configurational_one_with_its_own_numbers_for_every_step() -> None:
    evaluations = read_main_output(text("aimd"), first_step=0).evaluations
    row = next(line for line in text("aimd").splitlines() if line.startswith(" STRESS|      x"))
    assert evaluations[0].stress[0] == pytest.approx([float(word) for word in row.split()[2:]])
    assert np.allclose(evaluations[0].stress, evaluations[0].stress.T, atol=1e-6)
    assert not np.allclose(evaluations[0].stress, evaluations[1].stress)


def test_stress_in_bar_is_converted() -> None:
    plain = read_main_output(text("scf"), first_step=1).evaluations[1].stress
    in_bar = read_main_output(text("scf").replace("stress tensor [GPa]", "stress tensor [bar]"), 1)
    assert in_bar.evaluations[1].stress == pytest.approx(plain * 1e-4)


def test_a_frame_without_self_consistency_is_known() -> None:
    evaluations = read_main_output(text("scf"), first_step=1).evaluations
    assert [evaluations[step].scf_converged for step in (1, 2)] == [False, False]


def test_a_frame_interrupted_by_the_walltime_does_not_count() -> None:
    output = read_main_output(text("walltime"), first_step=0)
    assert output.out_of_time
    assert sorted(output.evaluations) == [0, 1, 2, 3, 4, 5]
    assert all(evaluation.scf_converged for evaluation in output.evaluations.values())


@pytest.mark.parametrize(
    ("case", "words"), [("badkey", "unknown keyword EPS_SFC in section SCF"), ("odd", "odd number of electrons")]
)
def test_the_reason_of_an_abort_is_read(case: str, words: str) -> None:
    output = read_main_output(text(case), first_step=1)
    assert words in output.abort
    assert "___" not in output.abort
    assert not output.finished


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_an_output_cut_off_anywhere_gives_only_frames_of_the_whole_one(share: float) -> None:
    whole = read_main_output(text("batch"), first_step=1).evaluations
    part = read_main_output(text("batch")[: int(share * len(text("batch")))], first_step=1).evaluations
    for step, evaluation in part.items():
        assert evaluation.energy == whole[step].energy
        assert evaluation.scf_converged == whole[step].scf_converged
    assert share > 0.3 or not part


def test_every_cut_of_an_xyz_file_gives_only_whole_frames() -> None:
    content = text("batch", "aiida-frc-1.xyz")
    whole = read_xyz(content)
    for end in range(0, len(content) + 1, 7):
        part = read_xyz(content[:end])
        assert len(part) <= end * 3 // len(content)
        assert all(np.array_equal(frame.values, whole[step].values) for step, frame in part.items())
    assert len(whole) == 3


def test_xyz_frames_are_keyed_by_the_step_of_their_comment() -> None:
    frames = read_xyz(text("aimd", "aiida-pos-1.xyz"))
    assert sorted(frames) == [0, 2, 4, 6]
    assert frames[0].symbols[:2] == ("Zn", "C")
    assert frames[0].energy == pytest.approx(-12.9805377326 * HARTREE)


def test_numbers_that_do_not_fit_their_field_are_not_finite() -> None:
    broken = "1\n i = 1, time = 0, E = -1.0\n Zn ************** 0.0 1.0\n"
    assert np.isnan(read_xyz(broken)[1].values[0, 0])


def test_a_file_that_is_no_trajectory_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        read_xyz("hello\nworld\n")


def test_cells_follow_a_flexible_cell() -> None:
    cells = read_cells(text("npt", "aiida-1.cell"))
    assert sorted(cells) == [0, 2, 4, 6]
    assert abs(np.linalg.det(cells[6]) - np.linalg.det(cells[0])) > 0.01
    assert cells[0][0] == pytest.approx([6.544925945, -0.0313000407, -0.0134235503])


def in_the_words_of(version: str, content: str) -> str:
    """The stored output of 2023.1 as another version prints it, with the same numbers."""
    content = content.replace("CP2K version 2023.1", f"CP2K version {version}")
    if version == "2022.1":
        return content
    content = content.replace("energy [a.u.]: ", "energy [hartree]")
    lines, in_bar = [], False
    for line in content.splitlines():
        in_bar = in_bar or "stress tensor [GPa]" in line
        words = line.split()
        if in_bar and len(words) == 5 and words[1] in "xyz":
            values = "".join(f"{1e4 * float(word):20.11E}" for word in words[2:])
            line = f" STRESS|      {words[1]}{values}"
        in_bar = in_bar and words[:2] != ["STRESS|", "z"]
        lines.append(line.replace("stress tensor [GPa]", "stress tensor [bar]"))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("version", ["2022.1", "2025.1", "2025.2", "2026.1"])
@pytest.mark.parametrize(("case", "first"), [("batch", 1), ("aimd", 0)])
def test_all_versions_are_read_to_the_last_digit(version: str, case: str, first: int) -> None:
    plain = read_main_output(text(case), first)
    other = read_main_output(in_the_words_of(version, text(case)), first)
    assert other.version == version
    assert sorted(other.evaluations) == sorted(plain.evaluations)
    for step, evaluation in plain.evaluations.items():
        found = other.evaluations[step]
        assert found.energy == evaluation.energy
        assert found.stress == pytest.approx(evaluation.stress, rel=1e-10)
        assert (found.scf_converged, found.convergence) == (evaluation.scf_converged, evaluation.convergence)
    assert not other.unread


@pytest.mark.parametrize(
    ("form", "electronvolt"),
    [
        ("energy (a.u.):      -1.0", HARTREE),
        ("energy [a.u.]:      -1.0", HARTREE),
        ("energy [hartree]    -1.0", HARTREE),
        ("energy [hartree]:   -1.0", HARTREE),
        ("energy [Ry]         -1.0", HARTREE / 2),
        ("energy [eV]         -1.0", 1.0),
    ],
)
def test_the_unit_of_the_energy_is_obeyed(form: str, electronvolt: float) -> None:
    line = next(one for one in text("scf").splitlines() if "ENERGY|" in one)
    content = text("scf").replace(line, f" ENERGY| Total FORCE_EVAL ( QS ) {form}", 1)
    assert read_main_output(content, 1).evaluations[1].energy == pytest.approx(-electronvolt)


@pytest.mark.parametrize(
    ("unit", "gpa"), [("GPa", 1.0), ("bar", 1e-4), ("kbar", 0.1), ("MPa", 1e-3), ("Pa", 1e-9), ("atm", 1.01325e-4)]
)
def test_the_unit_of_the_stress_is_obeyed(unit: str, gpa: float) -> None:
    plain = read_main_output(text("batch"), 1).evaluations[2].stress
    content = text("batch").replace("Analytical stress tensor [GPa]", f"Analytical stress tensor [{unit}]")
    assert read_main_output(content, 1).evaluations[2].stress == pytest.approx(plain * gpa)


def test_the_stress_of_old_versions_is_read() -> None:
    plain = read_main_output(text("batch"), 1).evaluations[1].stress
    content = text("batch").replace("STRESS| Analytical stress tensor [GPa]", "STRESS TENSOR [GPa]\n")
    for axis in "xyz":
        content = content.replace(f" STRESS|      {axis}  ", f"  {axis.upper()}  ")
    assert read_main_output(content, 1).evaluations[1].stress == pytest.approx(plain)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("energy [a.u.]:", "energy [furlong]", "furlong"),
        ("energy [a.u.]:", "energy is", "energy is"),
        ("Analytical stress tensor [GPa]", "Analytical stress tensor [furlong]", "furlong"),
        ("Analytical stress tensor [GPa]", "Analytical stress tensor", "Analytical stress tensor"),
        ("STRESS|      z ", "STRESS|      w ", "STRESS| x"),
        (" OT DIIS ", " SOMETHING ELSE ", "no table of the steps"),
    ],
)
def test_a_line_in_another_form_is_named_and_not_taken(old: str, new: str, said: str) -> None:
    output = read_main_output(text("batch").replace(old, new), 1)
    assert sorted(output.unread) == [1, 2, 3]
    assert said in (output.what_is_unread(1) or "")
    assert "2023.1" in (output.what_is_unread(1) or "")


def test_a_run_that_came_to_its_end_without_a_known_line_was_not_read() -> None:
    output = read_main_output(text("batch").replace("ENERGY|", "E|"), 1)
    assert output.whole
    assert not output.evaluations
    assert "2022.1 to 2026.1 are read" in (output.what_is_unread(2) or "")


def test_what_a_run_that_was_cut_off_did_not_come_to_is_not_unread() -> None:
    output = read_main_output(text("batch")[: len(text("batch")) // 2], 1)
    assert output.what_is_unread(3) is None


def test_an_exit_file_is_told_from_a_walltime() -> None:
    line = " *** MD run terminated by external request ***\n"
    content = text("aimd").replace("  **** **** ******  **  PROGRAM ENDED AT", f"{line}  **** **  PROGRAM ENDED AT")
    output = read_main_output(content, 0)
    assert output.exit_requested == "MD run terminated by external request"
    assert not output.out_of_time
    assert not output.whole


def test_exponents_of_fortran_are_read() -> None:
    content = text("batch").replace("-5.74827095714E-01", "-5.74827095714D-01")
    assert read_main_output(content, 1).evaluations[1].stress[0, 0] == -0.574827095714
