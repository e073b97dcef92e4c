"""Temperature and pressure that a run reached, against those that it was asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.lammps.harvest.targets import TargetMeans


def stage(first: int, last: int, temperature: list[float], pressure: list[float] | None = None) -> dict[str, Any]:
    return {"first": first, "last": last, "temperature": temperature, "pressure": pressure}


def run(
    temperatures: Any, pressures: Any = 0.0, targets: Any = None, n_atoms: int = 272, independent: float = 200.0
) -> dict[str, Any]:
    """The report on a run with a frame every 10 steps; K and GPa."""
    n_frames = len(temperatures)
    reached = TargetMeans(targets or [stage(0, 10 * n_frames, [300.0, 300.0])], n_atoms, independent)
    for index, (hot, bar) in enumerate(zip(temperatures, np.broadcast_to(pressures, n_frames), strict=True)):
        reached.add(10 * (index + 1), (hot, bar * 1e4, -5.0, 1000.0))
    return reached.report()


def noise(n_frames: int, mean: float, deviation: float) -> np.ndarray:
    return np.random.default_rng(0).normal(mean, deviation, n_frames)


def test_means_come_with_errors_of_block_means_and_targets() -> None:
    found = run(noise(1600, 300.0, 15.0), noise(1600, 0.5, 0.2), [stage(0, 16000, [300.0, 300.0], [0.5, 0.5])])
    temperature, pressure = found["reached"]["temperature"], found["reached"]["pressure"]
    assert temperature["mean"] == pytest.approx(300.0, abs=1.0)
    assert temperature["error"] == pytest.approx(15.0 / 40, rel=0.4)
    assert pressure["mean"] == pytest.approx(0.5, abs=0.02)
    assert pressure["error"] == pytest.approx(0.2 / 40, rel=0.4)
    assert (temperature["target"], pressure["target"]) == ([300.0, 300.0], [0.5, 0.5])
    assert found["missed"] == []


def test_hot_run_has_missed_its_temperature() -> None:
    assert run(noise(30, 693.0, 30.0))["missed"] == ["temperature"]
    assert run(noise(30, 180.0, 15.0))["missed"] == ["temperature"]


@pytest.mark.parametrize(
    ("mean", "n_frames", "n_atoms", "missed"),
    [
        (325.0, 3000, 272, []),  # 8 % off for sure, which is tolerated
        (335.0, 3000, 272, ["temperature"]),
        (335.0, 20, 272, []),  # within what a cell of 272 atoms fluctuates in the time of its thermostat
        (350.0, 20, 272, ["temperature"]),
        (350.0, 20, 24, []),
        (335.0, 20, 27200, ["temperature"]),
    ],
)
def test_a_short_run_of_a_small_cell_may_be_farther_off(
    mean: float, n_frames: int, n_atoms: int, missed: list[str]
) -> None:
    assert run(noise(n_frames, mean, 1.0), n_atoms=n_atoms)["missed"] == missed


def test_a_ramp_is_compared_step_by_step() -> None:
    climbing = np.linspace(303.0, 600.0, 100)
    targets = [stage(0, 1000, [300.0, 600.0], [0.0, 1.0])]
    assert run(climbing, np.linspace(0.01, 1.0, 100), targets)["missed"] == []
    # cut off at half of its way it is still on its target
    assert run(climbing[:50], np.linspace(0.01, 0.5, 50), targets)["missed"] == []
    assert run(climbing[::-1], np.linspace(0.01, 1.0, 100), targets)["missed"] == []  # on the average
    assert run(climbing + 200.0, 0.9, targets)["missed"] == ["temperature", "pressure"]
    assert run(climbing, 0.5, targets)["reached"]["temperature"]["target"] == [300.0, 600.0]


def test_stages_of_one_run_have_targets_of_their_own() -> None:
    targets = [stage(0, 500, [300.0, 300.0], [0.0, 0.0]), stage(500, 1000, [900.0, 900.0], None)]
    found = run([300.0] * 50 + [900.0] * 50, noise(100, 0.0, 0.01), targets)
    assert found["missed"] == []
    assert found["reached"]["temperature"]["target"] == [300.0, 900.0]
    assert found["reached"]["pressure"]["target"] is None


def test_pressure_counts_only_where_one_was_asked_for() -> None:
    assert run(noise(50, 300.0, 15.0), 3.0)["missed"] == []
    npt = [stage(0, 500, [300.0, 300.0], [0.0, 0.0])]
    assert run(noise(50, 300.0, 15.0), noise(50, 0.08, 0.01), npt)["missed"] == []  # 0.1 GPa is tolerated
    assert run(noise(50, 300.0, 15.0), noise(50, -0.4, 0.1), npt)["missed"] == ["pressure"]
    assert run(noise(50, 300.0, 15.0), noise(50, 0.2, 2.0), npt)["missed"] == []  # within three errors


@pytest.mark.parametrize("temperatures", [[], [float("nan"), float("inf")]])
def test_nothing_sampled_has_reached_and_missed_nothing(temperatures: list[float]) -> None:
    found = run(temperatures, targets=[stage(0, 100, [300.0, 300.0])])
    assert found["reached"]["temperature"] == {"mean": None, "error": None, "target": [300.0, 300.0]}
    assert found["missed"] == []


def test_too_few_frames_have_no_error() -> None:
    assert run([300.0, 310.0, 290.0])["reached"]["temperature"]["error"] is None
