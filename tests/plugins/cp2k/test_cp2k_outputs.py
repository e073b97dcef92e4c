"""Readers against real outputs of CP2K 2023.1 (GFN1-xTB, 13 atoms)."""

from __future__ import annotations

import numpy as np
import pytest
from cp2k_cases import FIXTURES

from aiida_zif.plugins.cp2k.outputs import HARTREE, read_cells, read_main_output, read_xyz


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
