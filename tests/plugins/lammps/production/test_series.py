"""A series is stored and read without loss, and legs of a trajectory are joined in time."""

from __future__ import annotations

import numpy as np
import pytest

from aiida_zif.plugins.lammps.production.series import QUANTITIES, Series, concatenate


def series(blocks: int, steps: int = 100, timestep: float = 0.5, level: float = 1.0) -> Series:
    last = steps * (1 + np.arange(blocks))
    arrays = {
        "first_step": last - steps,
        "last_step": last,
        "time_ps": (last - steps / 2) * timestep / 1000,
        "end_ps": last * timestep / 1000,
        "stage": np.arange(blocks) // 2,
        "n": np.full(blocks, 10),
        "density": np.full(blocks, level),
        "density_std": np.full(blocks, 0.1),
    }
    return Series.from_arrays(arrays)


def test_a_series_survives_its_node(aiida_profile: object) -> None:
    made = series(5)
    read = Series.from_node(made.to_node().store())
    assert len(read) == 5
    for name, array in made.arrays().items():
        assert np.array_equal(read.arrays()[name], array, equal_nan=True), name
    assert np.array_equal(read["density_std"], np.full(5, 0.1))
    assert np.isnan(read["coordination"]).all()


def test_legs_go_on_in_time_whatever_their_time_steps() -> None:
    joined = concatenate([series(4), series(2, steps=50, timestep=0.25, level=2.0)])
    assert joined.first_step.tolist() == [0, 100, 200, 300, 400, 450]
    assert joined.end_ps == pytest.approx([0.05, 0.1, 0.15, 0.2, 0.2125, 0.225])
    assert joined.stage.tolist() == [0, 0, 1, 1, 2, 2]
    assert joined.of_stage(2)["density"].tolist() == [2.0, 2.0]


def test_every_quantity_is_there_or_the_arrays_are_refused() -> None:
    arrays = series(3).arrays()
    assert {f"{name}{end}" for name in QUANTITIES for end in ("", "_std")} < set(arrays)
    with pytest.raises(ValueError, match="density"):
        Series.from_arrays({**arrays, "density": np.zeros(2)})
    with pytest.raises(ValueError, match="end_ps"):
        Series.from_arrays({name: array for name, array in arrays.items() if name != "end_ps"})
