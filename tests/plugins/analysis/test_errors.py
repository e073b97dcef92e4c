"""Standard errors: whether they are as large as the truth, whose unit is which, and what is said of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from aiida_zif.plugins.analysis.errors import block_error, bootstrap, combine, replica_error


def correlated(phi: float, n: int, count: int, seed: int = 1) -> np.ndarray:
    """Series x' = phi x + noise of unit variance, stationary from the start, shape (count, n)."""
    noise = np.random.default_rng(seed).normal(size=(count, n))
    start = noise[:, :1] / np.sqrt(1 - phi**2)
    noise[:, :1] = 0.0
    return np.asarray(lfilter([1.0], [1.0, -phi], noise, zi=start)[0])


def true_error(phi: float, n: int) -> float:
    """Standard deviation of the mean of n values of such a series, exact."""
    lags = np.arange(1, n)
    return float(np.sqrt((1 + 2 * np.sum((1 - lags / n) * phi**lags)) / (1 - phi**2) / n))


@pytest.mark.parametrize(("phi", "n"), [(0.0, 64), (0.5, 200), (0.9, 1000), (0.98, 10000)])
def test_intervals_of_a_correlated_series_hold_the_true_mean_as_often_as_they_say(phi: float, n: int) -> None:
    series = correlated(phi, n, 300)
    estimates = [block_error(one) for one in series]
    held = np.mean([abs(one.mean) < one.half_width(0.95) for one in estimates])
    assert 0.92 <= held <= 0.99
    assert np.mean([one.error for one in estimates]) == pytest.approx(true_error(phi, n), rel=0.15)


def test_correlated_samples_count_as_the_independent_ones_that_they_are_worth() -> None:
    phi, n = 0.9, 20000
    independent = np.mean([block_error(one).n for one in correlated(phi, n, 20)])
    assert independent == pytest.approx(n * (1 - phi) / (1 + phi), rel=0.2)


def test_a_series_shorter_than_its_correlations_is_said_to_have_a_lower_bound() -> None:
    remarks = [block_error(one).remark for one in correlated(0.98, 100, 50)]
    assert sum("lower bound" in remark for remark in remarks) > 40
    assert block_error(correlated(0.0, 4096, 1)[0]).remark == ""


def test_a_curve_has_the_error_of_each_of_its_numbers() -> None:
    series = correlated(0.7, 512, 3).T
    mean, error, n = block_error(series)
    assert np.shape(error) == (3,)
    for column in range(3):
        one = block_error(series[:, column])
        assert (mean[column], error[column], n[column]) == (one.mean, one.error, one.n)


def test_a_constant_has_no_error() -> None:
    constant = block_error(np.full(100, 0.1))
    assert constant.error == 0.0
    assert constant.remark == ""
    assert constant.n == 100


@pytest.mark.parametrize("count", [1, 3])
def test_too_few_samples_have_a_mean_and_no_error(count: int) -> None:
    few = block_error(np.arange(count, dtype=float))
    assert few.mean == (count - 1) / 2
    assert np.isnan(few.error)
    assert "too few" in few.remark


def test_replicas_have_the_standard_error_of_their_spread() -> None:
    estimate = replica_error([1.0, 2.0, 3.0])
    assert tuple(estimate) == pytest.approx((2.0, 1 / 3**0.5, 3))
    assert estimate.half_width() == pytest.approx(4.3027 / 3**0.5, rel=1e-4)
    assert "4.3" in estimate.remark


def test_one_replica_has_no_error() -> None:
    assert np.isnan(replica_error([1.0]).error)


def test_replicas_that_differ_have_the_error_of_their_spread() -> None:
    base = correlated(0.0, 1000, 3)
    estimate = combine([base[0], base[1] + 5.0, base[2] - 5.0])
    assert estimate.error == pytest.approx(5 / 3**0.5, rel=0.05)
    assert (estimate.error_from, estimate.n, estimate.freedom) == ("replicas", 3, 2)


def test_replicas_that_agree_by_chance_have_the_error_of_their_blocks() -> None:
    one = correlated(0.5, 1000, 1)[0]
    estimate = combine([one, one, one])
    assert estimate.error == pytest.approx(block_error(one).error / 3**0.5)
    assert estimate.error_from == "blocks"
    assert "larger than that of the spread" in estimate.remark


def test_one_replica_has_the_error_of_its_blocks_and_says_so() -> None:
    one = correlated(0.5, 1000, 1)[0]
    estimate = combine([one])
    assert tuple(estimate) == tuple(block_error(one))
    assert "one replica" in estimate.remark


def test_replicas_of_different_lengths_weigh_the_same() -> None:
    assert combine([np.zeros(10), np.ones(1000)]).mean == 0.5


def test_the_bootstrap_of_a_mean_is_the_standard_error() -> None:
    samples = np.random.default_rng(3).normal(size=12)
    estimate = bootstrap(list(samples), lambda drawn: np.mean(drawn), seed=7, draws=4000)
    assert estimate.error == pytest.approx(replica_error(samples).error, rel=0.05)


def test_a_seed_gives_the_same_bootstrap_again() -> None:
    samples = list(np.random.default_rng(3).normal(size=12))
    first, again, other = (bootstrap(samples, np.median, seed=seed, draws=50).error for seed in (1, 1, 2))
    assert first == again != other


def test_draws_without_a_value_are_counted() -> None:
    def slope(drawn: list[float]) -> float:
        return float(np.ptp(drawn)) if np.ptp(drawn) else float("nan")

    assert "undefined in" in bootstrap([1.0, 2.0], slope, seed=1, draws=100).remark


@pytest.mark.parametrize("values", [[], [1.0, float("nan")], 3.0])
def test_what_is_no_series_of_numbers_is_refused(values: object) -> None:
    with pytest.raises(ValueError, match="samples"):
        block_error(values)  # type: ignore[arg-type]


def test_blocks_that_happen_to_be_alike_leave_the_error_of_independent_samples() -> None:
    series = np.tile([0.0, 1.0], 8)
    found = block_error(series)
    assert found.error == pytest.approx(series.std(ddof=1) / 4)
    assert found.n == 16
