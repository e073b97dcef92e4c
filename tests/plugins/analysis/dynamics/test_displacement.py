"""Paths through periodic frames, mean square displacement and diffusion: exact for known motions."""

from __future__ import annotations

import numpy as np
import pytest

from aiida_zif.plugins.analysis.dynamics.displacement import (
    diffusion,
    followed,
    mean_square_displacement,
    unwrapped,
    without_drift,
)

CELL = np.array([[9.0, 0, 0], [4.0, 8.0, 0], [-3.0, 1.0, 7.0]])


def steps(n_frames: int, count: int, width: float, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.cumsum(random.normal(size=(n_frames, count, 3)) * width, axis=0)


def wrapped(paths: np.ndarray, cells: np.ndarray, seed: int = 0) -> np.ndarray:
    """Every atom of every frame in any image."""
    images = np.random.default_rng(seed).integers(-2, 3, size=paths.shape)
    images[0] = 0
    return paths + images @ cells


@pytest.mark.parametrize("handed", [1, -1])
def test_jumps_by_cell_vectors_are_taken_out(handed: int) -> None:
    paths, cells = steps(60, 7, 0.6), np.tile(CELL * [1, 1, handed], (60, 1, 1))
    assert unwrapped(wrapped(paths, cells), cells) == pytest.approx(paths)


def test_a_cell_that_breathes_moves_no_atom() -> None:
    scale = 1 + 0.03 * np.sin(np.arange(50))[:, None, None]
    cells, fractions = CELL * scale, np.random.default_rng(1).random((9, 3)) + 20.0
    frames = fractions @ cells
    assert unwrapped(wrapped(frames, cells), cells) == pytest.approx(np.tile(frames[:1], (50, 1, 1)))


def test_vectors_that_are_exchanged_for_others_of_the_lattice_are_followed() -> None:
    paths, cells = steps(30, 5, 0.3), np.tile(CELL, (30, 1, 1))
    flipped = cells.copy()
    flipped[10:] = np.array([[1, 0, 0], [-1, 1, 0], [0, 0, 1]]) @ CELL
    flipped[20:] = np.array([[0, 1, 0], [1, 0, 0], [2, 0, 1]]) @ CELL
    assert followed(flipped) == pytest.approx(np.tile(followed(cells)[:1], (30, 1, 1)))
    assert unwrapped(wrapped(paths, flipped), flipped) == pytest.approx(paths)


def test_frames_that_are_too_far_apart_are_refused() -> None:
    frames = np.zeros((3, 2, 3))
    frames[2, 1] = 0.48 * CELL[2]
    with pytest.raises(ValueError, match=r"moves 0\.4\d of a cell vector from frame 1 to 2"):
        unwrapped(frames, np.tile(CELL, (3, 1, 1)))
    with pytest.raises(ValueError, match="which is no small change"):
        unwrapped(frames, np.stack([CELL, CELL, 2 * CELL]))


def test_the_centre_of_mass_stays_where_it_was() -> None:
    random = np.random.default_rng(3)
    masses, inner = random.random(6) + 0.5, steps(40, 6, 0.2)
    still = without_drift(inner, masses)
    moved = without_drift(inner + np.arange(40)[:, None, None] * [0.1, -0.2, 0.3], masses)
    assert moved == pytest.approx(still)
    centre = np.einsum("i,tij->tj", masses, still) / masses.sum()
    assert centre == pytest.approx(np.tile(centre[:1], (40, 1)))


def test_straight_motion_has_the_square_of_its_way() -> None:
    velocity = np.array([0.3, -0.4, 1.2])
    paths = np.arange(200)[:, None, None] * velocity * 0.05 + np.random.default_rng(1).random((1, 4, 3)) * 1e3
    found = mean_square_displacement(paths, 0.05)
    assert found.times[:3] == pytest.approx([0, 0.05, 0.1])
    assert found.values == pytest.approx(1.69 * found.times**2, abs=1e-8)
    assert found.errors == pytest.approx(np.zeros(100), abs=1e-7)
    assert found.origins[:2].tolist() == [200, 199]
    assert found.unit == "Å²"


def test_displacement_is_that_of_every_origin_one_by_one() -> None:
    paths = steps(30, 5, 1.0)
    found = mean_square_displacement(paths, 1.0, share=1.0)
    for lag in (0, 1, 7, 29):
        moved = np.sum((paths[lag:] - paths[: 30 - lag]) ** 2, axis=2)
        assert found.values[lag] == pytest.approx(moved.mean())
        assert found.errors[lag] == pytest.approx(moved.mean(axis=0).std(ddof=1) / 5**0.5)


def test_random_steps_diffuse_with_their_coefficient_within_its_error() -> None:
    interval, wanted = 0.1, 0.25
    width = (2 * wanted * interval) ** 0.5
    found = diffusion(steps(2000, 60, width), interval)
    assert found.coefficient.mean == pytest.approx(wanted, abs=4 * found.coefficient.error)
    assert 0.002 < found.coefficient.error < 0.03
    assert found.coefficient.error_from == "blocks"
    assert found.exponent == pytest.approx(1.0, abs=0.05)
    assert found.remark == ""


def test_errors_of_diffusion_are_those_of_repeated_runs() -> None:
    runs = [diffusion(steps(500, 20, 1.0, seed), 1.0).coefficient for seed in range(60)]
    spread = np.std([run.mean for run in runs], ddof=1)
    assert np.mean([run.error for run in runs]) == pytest.approx(spread, rel=0.35)


def test_vibration_is_said_to_be_no_diffusion() -> None:
    random = np.random.default_rng(0)
    found = diffusion(random.normal(size=(400, 20, 3)), 1.0)
    assert found.remark == "exponent 0.00: no diffusion within these times" or found.remark.startswith("exponent -0.0")
    assert found.coefficient.mean == pytest.approx(0.0, abs=0.01)


def test_too_few_frames_for_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match="frames: 12 in 5 blocks"):
        diffusion(steps(12, 3, 1.0), 1.0)
    with pytest.raises(ValueError, match="interval: found 0"):
        mean_square_displacement(steps(12, 3, 1.0), 0.0)
