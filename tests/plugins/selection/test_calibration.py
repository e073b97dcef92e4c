"""What a deviation says of the true error: fitted, inverted, and honest about few points."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.selection import calibration as relation


def cloud(n: int, level: float = 0.4, slope: float = 0.8, scatter: float = 0.3, seed: int = 1) -> Any:
    """Deviations and errors in eV/Å that follow a known relation."""
    rng = np.random.default_rng(seed)
    deviation = np.exp(rng.normal(-1.0, 0.8, n))
    return deviation, level * deviation**slope * np.exp(rng.normal(0.0, scatter, n))


def fitted(n: int, **kwargs: Any) -> relation.Relation:
    """The fit to such a cloud."""
    curve = relation.fit(*cloud(n, **kwargs), seed=5)
    assert curve is not None
    return curve


def test_a_known_relation_is_found_within_its_stated_uncertainty() -> None:
    curve = fitted(400)
    assert abs(curve.slope - 0.8) < 3 * curve.slope_error
    true = 0.4 * curve.centre**0.8
    assert abs(np.log(curve.level / true)) < 3 * curve.level_error
    assert curve.scatter == pytest.approx(0.3, rel=0.1)


def test_the_band_holds_as_many_unseen_frames_as_it_says() -> None:
    curve = fitted(1000)
    assert curve.coverage == pytest.approx(relation.BAND_SHARE, abs=0.03)
    deviation, error = cloud(1000, seed=2)
    low, high = relation.error_band(curve, deviation)
    assert np.mean((error > low) & (error < high)) == pytest.approx(relation.BAND_SHARE, abs=0.03)


@pytest.mark.parametrize("n", [6, 8, 16, 64])
@pytest.mark.parametrize("tails", ["normal", "heavy"])
def test_the_band_holds_what_it_says_however_few_frames_it_rests_on(
    monkeypatch: pytest.MonkeyPatch, n: int, tails: str
) -> None:
    monkeypatch.setattr(relation, "BOOTSTRAPS", 40)
    monkeypatch.setattr(relation, "_coverage", lambda *_: math.nan)  # its cost, not its value, would matter here
    rng = np.random.default_rng(n)
    inside = []
    for _ in range(150):
        deviation = np.exp(rng.normal(-1.0, 0.8, n + 20))
        noise = rng.normal(size=n + 20) if tails == "normal" else rng.standard_t(4, size=n + 20) / math.sqrt(2)
        error = 0.4 * deviation**0.8 * np.exp(0.3 * noise)
        curve = relation.fit(deviation[:n], error[:n], seed=1)
        assert curve is not None
        low, high = relation.error_band(curve, deviation[n:])
        inside.append(np.mean((low < error[n:]) & (error[n:] < high)))
    assert 0.87 <= np.mean(inside) <= 0.95


def test_few_frames_give_no_calibration() -> None:
    assert relation.fit(*cloud(relation.FEWEST - 1), seed=1) is None
    assert relation.fit(*cloud(relation.FEWEST), seed=1) is not None


def test_frames_without_a_finite_error_or_deviation_do_not_count() -> None:
    deviation, error = cloud(8)
    deviation[0], error[1], error[2] = np.nan, np.inf, 0.0
    assert relation.fit(deviation, error, seed=1) is None


def test_fewer_frames_are_less_certain() -> None:
    few, many = fitted(10), fitted(300)
    assert few.slope_error > many.slope_error
    assert few.level_error > many.level_error


def test_a_narrow_cloud_keeps_the_slope_of_independent_members() -> None:
    rng = np.random.default_rng(3)
    deviation = 0.3 * np.exp(rng.normal(0.0, 0.01, 20))
    curve = relation.fit(deviation, 0.2 * np.exp(rng.normal(0.0, 0.3, 20)), seed=1)
    assert curve is not None
    assert curve.slope == pytest.approx(1.0, abs=0.2)


def test_one_frame_far_out_does_not_turn_the_line() -> None:
    deviation, error = cloud(40)
    plain = relation.fit(deviation, error, seed=1)
    error[int(np.argmin(deviation))] *= 100
    bent = relation.fit(deviation, error, seed=1)
    assert plain is not None
    assert bent is not None
    assert bent.slope == pytest.approx(plain.slope, abs=0.15)


def test_the_inverse_undoes_the_relation() -> None:
    curve = fitted(200)
    deviation, _ = relation.deviation_at(curve, 0.15)
    assert relation.error_at(curve, deviation) == pytest.approx(0.15)


@pytest.mark.parametrize("n", [8, 12, 200])
@pytest.mark.parametrize("seed", range(5))
def test_levels_grow_with_the_target_and_leave_a_window(n: int, seed: int) -> None:
    curve = fitted(n, seed=seed)
    levels = np.array([relation.levels_for(curve, target) for target in np.geomspace(0.01, 2.0, 40)])
    assert (np.diff(levels, axis=0) >= 0).all()
    assert (levels[:, 1] >= 2 * levels[:, 0]).all()


def test_an_uncertain_calibration_asks_for_more_labels_not_for_fewer() -> None:
    curve = fitted(200)
    unsure = curve.model_copy(update={"level_error": 10 * curve.level_error})
    assert relation.levels_for(unsure, 0.15)[0] < relation.levels_for(curve, 0.15)[0]


def test_levels_stay_near_what_was_labelled() -> None:
    curve = fitted(50)
    assert relation.levels_for(curve, 1e-5)[0] == pytest.approx(curve.range[0] / 2)
    assert relation.levels_for(curve, 1e3)[0] == pytest.approx(curve.range[1] * 2)


def test_the_same_seed_gives_the_same_fit() -> None:
    assert fitted(20) == fitted(20)


def test_the_fit_does_not_depend_on_the_order_of_the_frames() -> None:
    deviation, error = cloud(20)
    assert relation.fit(deviation[::-1], error[::-1], seed=5) == relation.fit(deviation, error, seed=5)


def frames(system: str, n: int, level: float, seed: int) -> list[relation.ErrorOfFrame]:
    """Frames of one system; its zinc is twice as wrong as its hydrogen."""
    return [
        relation.ErrorOfFrame(system=system, max_force_deviation=x, force_rmse=y, elements={"Zn": 2 * y, "H": y})
        for x, y in zip(*cloud(n, level=level, seed=seed), strict=True)
    ]


def test_every_system_has_a_relation_of_its_own_and_elements_share_all_systems() -> None:
    several = [*frames("zif4", 60, 0.2, 1), *frames("zif8", 60, 0.8, 2), *frames("sod", 3, 1, 3)]
    found = relation.calibrate_frames(several, 1)
    at = {name: relation.error_at(curve, 0.3) for name, curve in found.systems.items() if curve}
    assert at["zif8"] > 2 * at["zif4"]
    assert found.systems["sod"] is None
    zinc, hydrogen, pooled = found.elements["Zn"], found.elements["H"], found.pooled
    assert zinc is not None
    assert hydrogen is not None
    assert pooled is not None
    assert zinc.n == pooled.n == 123
    assert relation.error_at(zinc, 0.3) == pytest.approx(2 * relation.error_at(hydrogen, 0.3), rel=1e-3)


def test_a_system_with_too_few_frames_borrows_from_the_others() -> None:
    found = relation.calibrate_frames([*frames("zif4", 60, 0.2, 1), *frames("sod", 3, 1, 3)], 1)
    assert found.of("sod") == found.pooled
    assert found.of("zif4") == found.systems["zif4"]
    assert relation.calibrate_frames([], 1).of("zif4") is None


def test_a_calibration_of_an_early_version_has_the_degrees_of_freedom_of_a_straight_line() -> None:
    stored = relation.calibrate_frames([*frames("zif4", 60, 0.2, 1), *frames("sod", 3, 1, 3)], 1, cycle=4).as_dict()
    assert stored.pop("schema") == 1
    without = {**stored["systems"]["zif4"]}
    del without["dof"]
    old = relation.Calibration.from_dict({**stored, "systems": {"zif4": without, "sod": None}})
    zif4, pooled = old.of("zif4"), old.pooled
    assert zif4 is not None
    assert pooled is not None
    assert (old.cycle, old.systems["sod"], zif4.dof) == (4, None, 58)
    assert pooled.dof == stored["pooled"]["dof"]


def test_a_stored_calibration_is_read_as_it_was_made() -> None:
    made = relation.calibrate_frames(frames("zif4", 60, 0.2, 1), 1, cycle=4)
    assert relation.Calibration.from_dict(made.as_dict()) == made
