"""Turning planes: exact for known motions, blind to the sign of a normal."""

from __future__ import annotations

import numpy as np
import pytest

from aiida_zif.plugins.analysis.dynamics.reorientation import plane_correlation


def spinning(n_frames: int, degrees: float, count: int = 3) -> np.ndarray:
    angles = np.radians(degrees) * np.arange(n_frames)[:, None] + np.arange(count)
    return np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=2)


def test_a_plane_at_rest_has_one_and_a_turning_one_the_cosine() -> None:
    assert plane_correlation(spinning(50, 0.0), 0.5).values == pytest.approx(np.ones(25))
    found = plane_correlation(spinning(100, 4.0), 0.5)
    assert found.values[0] == pytest.approx(1.0)
    assert found.values == pytest.approx(1.5 * np.cos(np.radians(8.0 * found.times)) ** 2 - 0.5)


def test_signs_of_normals_do_not_matter() -> None:
    signs = np.random.default_rng(0).choice([-1, 1], size=(60, 3, 1))
    plain, signed = (plane_correlation(one, 1.0).values for one in (spinning(60, 3.0), signs * spinning(60, 3.0)))
    assert signed == pytest.approx(plain)


def test_the_correlation_is_that_of_every_origin_one_by_one() -> None:
    normals = np.random.default_rng(1).normal(size=(20, 4, 3))
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    found = plane_correlation(normals, 1.0, share=1.0)
    for lag in (0, 3, 19):
        each = 1.5 * np.sum(normals[lag:] * normals[: 20 - lag], axis=2) ** 2 - 0.5
        assert found.values[lag] == pytest.approx(each.mean())
        assert found.errors[lag] == pytest.approx(each.mean(axis=0).std(ddof=1) / 2)


def test_planes_that_turn_at_random_forget_with_the_rate_of_rotational_diffusion() -> None:
    random, rate, normals = np.random.default_rng(2), 0.01, [np.tile([0.0, 0.0, 1.0], (400, 1))]
    for _ in range(400):
        moved = normals[-1] + random.normal(size=(400, 3)) * (2 * rate) ** 0.5
        normals.append(moved / np.linalg.norm(moved, axis=1, keepdims=True))
    found = plane_correlation(np.array(normals), 1.0, share=0.1)
    assert found.values == pytest.approx(np.exp(-6 * rate * found.times), abs=0.03)
