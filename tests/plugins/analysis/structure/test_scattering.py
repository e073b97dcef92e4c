"""Structure factors against sums over all pairs and all wave vectors, and the limits that a convention demands."""

from __future__ import annotations

from itertools import product
from typing import get_args

import numpy as np
import pytest

from aiida_zif.plugins.analysis.structure.extrema import peak_position
from aiida_zif.plugins.analysis.structure.pair_distribution import pair_distribution
from aiida_zif.plugins.analysis.structure.partial_factors import PartialFactors, from_distribution, from_wave_vectors
from aiida_zif.plugins.analysis.structure.scattering import (
    low_r_weight,
    normalisation_of,
    renormalised,
    to_real_space,
    to_reciprocal_space,
    total_factor,
    total_scattering,
)
from aiida_zif.plugins.analysis.structure.scattering_lengths import (
    DEUTERATED,
    Normalisation,
    Radiation,
    ScatteringLengths,
    scattering_lengths,
)

NORMALISATIONS: tuple[Normalisation, ...] = get_args(Normalisation)
RADIATIONS: tuple[Radiation, ...] = get_args(Radiation)
Q = np.arange(0.3, 20.0, 0.1)
TRICLINIC = np.array([[5.1, 0, 0], [2.03, 4.57, 0], [-1.07, 0.93, 6.01]])
MOLECULE = np.array([[0.0, 0, 0], [1.4, 0, 0], [-0.5, 1.0, 0.2], [0.1, -1.6, 1.1]])
SYMBOLS = ["N", "C", "H", "Zn"]


def debye(
    symbols: list[str], positions: np.ndarray, cell: np.ndarray, lengths: ScatteringLengths, reach: float
) -> np.ndarray:
    """(1/N) Σ b_i b_j sin(Qr)/(Qr) over all pairs closer than ``reach``, images included, one by one."""
    total = np.zeros_like(Q)
    shifts = np.array(list(product(range(-6, 7), repeat=3))) @ cell
    for i, j in product(range(len(symbols)), repeat=2):
        distances = np.linalg.norm(positions[j] - positions[i] + shifts, axis=1)
        distances = distances[(distances > 1e-9) & (distances < reach)]
        factor = lengths.of(symbols[i], Q) * lengths.of(symbols[j], Q)
        total += factor * np.sinc(np.outer(Q, distances) / np.pi).sum(axis=1)
    return total / len(symbols)


def missing_sphere(density: float, reach: float) -> np.ndarray:
    """ρ ∫ 4πr² sin(Qr)/(Qr) dr up to ``reach``: what g - 1 takes away from g."""
    return np.asarray(4 * np.pi * density * (np.sin(Q * reach) - Q * reach * np.cos(Q * reach)) / Q**3)


@pytest.mark.parametrize("radiation", RADIATIONS)
@pytest.mark.parametrize(("cell", "reach"), [(np.eye(3) * 40.0, 6.0), (TRICLINIC, 9.0)], ids=["molecule", "crystal"])
def test_a_total_factor_is_the_sum_over_all_pairs(radiation: Radiation, cell: np.ndarray, reach: float) -> None:
    lengths = scattering_lengths(SYMBOLS, radiation)
    counted = pair_distribution(SYMBOLS, MOLECULE, cell, maximum=reach, width=0.002)
    found = total_factor(from_distribution(counted, Q), lengths, "none")[0] * (100 if radiation == "neutron" else 1)
    expected = debye(SYMBOLS, MOLECULE, cell, lengths, reach)
    expected -= lengths.mean(Q) ** 2 * missing_sphere(4 / abs(np.linalg.det(cell)), reach)
    assert found == pytest.approx(expected, abs=2e-3 * np.abs(expected).max())


def test_wide_bins_do_not_damp_a_smooth_distribution() -> None:
    lengths = 2.0 + 0.08 * np.random.default_rng(1).normal(size=20000)
    zinc = np.array(list(np.ndindex(28, 28, 28)))[:20000] * 9.0
    positions = np.concatenate([zinc, zinc + lengths[:, None] * np.array([0.0, 0, 1.0])])
    symbols, cell = ["Zn"] * 20000 + ["N"] * 20000, np.eye(3) * 260.0
    q = np.array([10.0, 20.0, 25.0])
    counted = [pair_distribution(symbols, positions, cell, 4.0, width, [("N", "Zn")]) for width in (0.005, 0.04)]
    fine, wide = (from_distribution(one, q).partials["N", "Zn"][0] - 1 for one in counted)
    assert wide == pytest.approx(fine, abs=0.003 * np.abs(2 * np.sinc(q * 2.0 / np.pi)).max())


def by_hand(
    symbols: list[str], positions: np.ndarray, cell: np.ndarray, q_max: float
) -> dict[tuple[float, str, str], float]:
    """F_ab of every wave vector, one by one."""
    reciprocal = 2 * np.pi * np.linalg.inv(cell).T
    names, found = np.array(symbols), {}
    for index in product(range(-6, 7), repeat=3):
        vector = np.array(index) @ reciprocal
        length = float(np.linalg.norm(vector))
        if not 0 < length < q_max:
            continue
        waves = np.exp(1j * positions @ vector)
        for a, b in product(sorted(set(symbols)), repeat=2):
            value = (waves[names == a].sum() * waves[names == b].sum().conj()).real / len(symbols)
            found[round(length, 9), a, b] = value
    return found


def test_partials_of_wave_vectors_are_those_of_every_vector_by_hand() -> None:
    found = from_wave_vectors(SYMBOLS, MOLECULE + 3.0, TRICLINIC, q_max=4.0, width=0.0001)
    expected = by_hand(SYMBOLS, MOLECULE, TRICLINIC, 4.0)
    lengths = sorted({key[0] for key in expected})
    assert found.q == pytest.approx(lengths, abs=1e-8)
    for (a, b), partial in found.partials.items():
        values = np.array([expected[length, a, b] for length in lengths])
        assert partial[0] == pytest.approx(1 + (values - (0.25 if a == b else 0)) / 0.25**2)


def test_atoms_in_parts_scatter_as_they_do_together(monkeypatch: pytest.MonkeyPatch) -> None:
    together = from_wave_vectors(SYMBOLS * 8, np.tile(MOLECULE, (8, 1)) * 1.1, TRICLINIC, 3.0)
    monkeypatch.setattr("aiida_zif.plugins.analysis.structure.partial_factors.ATOMS_AT_ONCE", 3)
    parts = from_wave_vectors(SYMBOLS * 8, np.tile(MOLECULE, (8, 1)) * 1.1, TRICLINIC, 3.0)
    assert parts.partials["C", "Zn"] == pytest.approx(together.partials["C", "Zn"])


def pairs_at_random(n_frames: int = 30, n: int = 150, length: float = 2.0) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Zn and N joined in pairs of one length, at random places and directions."""
    random = np.random.default_rng(7)
    edge = 22.0
    zinc = random.random((n_frames, n, 3)) * edge
    direction = random.normal(size=zinc.shape)
    nitrogen = zinc + length * direction / np.linalg.norm(direction, axis=2, keepdims=True)
    cells = np.repeat(np.eye(3)[None] * edge, n_frames, axis=0)
    return ["Zn"] * n + ["N"] * n, np.concatenate([zinc, nitrogen], axis=1), cells


def test_both_ways_give_the_partials_of_pairs_at_random() -> None:
    symbols, positions, cells = pairs_at_random()
    direct = from_wave_vectors(symbols, positions, cells, q_max=4.0, width=0.25)
    from_g = from_distribution(pair_distribution(symbols, positions, cells, maximum=11.0), direct.q)
    exact = np.sinc(direct.q * 2.0 / np.pi) * 2
    some = direct.q > 1
    for partials in (direct, from_g):
        assert partials.partials["N", "Zn"].mean(axis=0)[some] - 1 == pytest.approx(exact[some], abs=0.12)
        assert partials.partials["Zn", "Zn"].mean(axis=0)[some] == pytest.approx(1.0, abs=0.15)


def liquid(
    radiation: Radiation, isotopes: dict[str, int] | None = None
) -> tuple[list[PartialFactors], ScatteringLengths]:
    """Frames of a Zn–N crystal whose atoms are displaced at random, with no distance below 1.4 Å."""
    places = (np.array(list(np.ndindex(6, 6, 6))) + 0.5) * 2.2
    symbols = ["Zn" if sum(index) % 2 else "N" for index in np.ndindex(6, 6, 6)]
    random = np.random.default_rng(2)
    frames = places + np.clip(0.12 * random.normal(size=(4, 216, 3)), -0.23, 0.23)
    counted = pair_distribution(symbols, frames, np.repeat(np.eye(3)[None] * 13.2, 4, axis=0), maximum=20.0)
    return [from_distribution(counted, np.arange(0, 30.0, 0.05))], scattering_lengths(symbols, radiation, isotopes)


@pytest.mark.parametrize("radiation", RADIATIONS)
@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_below_the_first_distance_the_slope_is_that_of_the_convention(
    radiation: Radiation, normalisation: Normalisation
) -> None:
    partials, lengths = liquid(radiation)
    found = total_scattering(partials, lengths, np.arange(0, 10, 0.02), normalisation, broadening=0.15)
    # peaks of X-rays that are not sharpened reach down to there
    highest, tolerance = (0.4, 0.1) if (radiation, normalisation) == ("x-ray", "none") else (0.9, 0.05)
    low = (found.r > 0.1) & (found.r < highest)
    weight = low_r_weight(lengths, normalisation)
    expected = -4 * np.pi * found.density * found.r * weight
    assert found.d.mean[low] == pytest.approx(expected[low], abs=tolerance * abs(expected[low]).max())
    assert found.t.mean[low] == pytest.approx(0.0, abs=tolerance * abs(expected[low]).max())
    assert found.g.mean[low].mean() == pytest.approx(-weight, rel=tolerance)


@pytest.mark.parametrize("radiation", RADIATIONS)
@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_the_normalisation_of_a_measurement_is_seen_from_its_slope(
    radiation: Radiation, normalisation: Normalisation
) -> None:
    partials, lengths = liquid(radiation)
    found = total_scattering(partials, lengths, np.arange(0, 10, 0.02), normalisation, broadening=0.15)
    name, ratios = normalisation_of(found.r, found.d.mean, lengths, found.density)
    assert name == normalisation
    assert ratios[normalisation] == pytest.approx(1.0, abs=0.1)


def test_a_curve_that_rises_from_zero_is_no_d_of_r() -> None:
    r = np.arange(0, 5, 0.02)
    with pytest.raises(ValueError, match="negative there"):
        normalisation_of(r, 0.5 * r, scattering_lengths(SYMBOLS, "x-ray"), 0.08)


@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_at_large_q_the_structure_factor_is_one(normalisation: Normalisation) -> None:
    partials, lengths = liquid("neutron")
    found = total_scattering(partials, lengths, np.arange(0, 10, 0.02), normalisation)
    assert found.s.mean[found.q > 20].mean() == pytest.approx(1.0, abs=0.01)
    if normalisation == "none":
        assert found.s.mean == pytest.approx(1 + 100 * found.f.mean / lengths.mean(found.q) ** 2)


@pytest.mark.parametrize("radiation", RADIATIONS)
@pytest.mark.parametrize(("given", "wanted"), product(NORMALISATIONS, repeat=2))
def test_one_normalisation_becomes_another(radiation: Radiation, given: Normalisation, wanted: Normalisation) -> None:
    partials, lengths = liquid(radiation)
    here, there = (total_factor(partials[0], lengths, name) for name in (given, wanted))
    assert renormalised(partials[0].q, here, lengths, given, wanted) == pytest.approx(there)


def test_the_area_of_a_peak_of_t_is_the_number_of_neighbours() -> None:
    symbols, positions, cells = pairs_at_random(60)
    lengths = scattering_lengths(symbols, "neutron")
    q = np.arange(0, 40, 0.05)
    counted = pair_distribution(symbols, positions, cells, maximum=11.0, width=0.01)
    found = total_scattering([from_distribution(counted, q)], lengths, np.arange(0, 4, 0.01), "none")
    peak = (found.r > 1.6) & (found.r < 2.4)
    smooth = np.interp(found.r, [1.6, 2.4], np.interp([1.6, 2.4], found.r, found.t.mean))
    area = np.sum((found.r * (found.t.mean - smooth))[peak]) * 0.01
    per_neighbour = 2 * 0.5 * lengths.of("Zn", 0.0) * lengths.of("N", 0.0) / 100
    assert area / per_neighbour == pytest.approx(1.0, abs=0.05)


def test_bonds_of_hydrogen_are_dips_for_neutrons_and_peaks_of_deuterium() -> None:
    frame = np.array([[0.0, 0, 0], [1.09, 0, 0]])
    counted = pair_distribution(["C", "H"], frame, np.eye(3) * 12, maximum=11.0)
    partials = [from_distribution(counted, np.arange(0, 25, 0.05))]
    r = np.arange(0.5, 2, 0.02)
    plain, heavy = (
        total_scattering(partials, scattering_lengths(["C", "H"], "neutron", isotopes), r, "none").d.mean
        for isotopes in (None, DEUTERATED)
    )
    assert peak_position(r, -plain, (0.8, 1.4)) == pytest.approx(1.09, abs=0.01)
    assert peak_position(r, heavy, (0.8, 1.4)) == pytest.approx(1.09, abs=0.01)


def test_a_window_broadens_a_peak_and_removes_its_ripples() -> None:
    q = np.arange(0, 20, 0.02)
    f = np.sin(2.0 * q) / (2.0 * np.where(q > 0, q, 1))
    r = np.arange(0.5, 6, 0.01)
    sharp, smooth = to_real_space(q, f, r, 0.0), to_real_space(q, f, r, np.pi / 20)
    assert sharp.max() > 1.4 * smooth.max()
    assert np.abs(sharp[r > 3]).max() > 5 * np.abs(smooth[r > 3]).max()


def test_a_measurement_that_begins_late_is_continued_to_zero() -> None:
    q = np.arange(0, 20, 0.02)
    f, r = -np.exp(-((q / 3) ** 2)), np.arange(0, 10, 0.1)
    assert to_real_space(q[10:], f[10:], r) == pytest.approx(to_real_space(q, f, r), abs=2e-3)


def test_both_transforms_belong_together() -> None:
    q, r = np.arange(0.05, 60, 0.05), np.arange(0, 20, 0.01)
    f = np.sin(2.0 * q) / q * np.exp(-((0.1 * q) ** 2) / 2)
    assert to_reciprocal_space(r, to_real_space(q, f, r), q[:500]) == pytest.approx(f[:500], abs=2e-3)


def test_a_window_in_r_removes_the_ripples_of_a_cut() -> None:
    q, r = np.arange(0.5, 25, 0.05), np.arange(0, 10, 0.01)
    d = np.exp(-(((r - 2) / 0.1) ** 2) / 2) + 0.3
    cut, smooth = (np.diff(to_reciprocal_space(r, d, q, reach)[100:], 2) for reach in (None, 10.0))
    assert np.abs(cut).max() > 3 * np.abs(smooth).max()


def test_a_window_in_the_partials_leaves_distances_as_they_are() -> None:
    symbols, positions, cells = pairs_at_random(20)
    lengths, q, r = scattering_lengths(symbols, "neutron"), np.arange(0, 25, 0.05), np.arange(0, 5, 0.02)
    counted = pair_distribution(symbols, positions, cells, maximum=11.0)
    plain, windowed = (total_scattering([from_distribution(counted, q, w)], lengths, r) for w in ("none", "lorch"))
    assert windowed.d.mean == pytest.approx(plain.d.mean, abs=0.02 * plain.d.mean.max())
    assert "Lorch window in r" in windowed.source
    assert np.abs(windowed.f.mean - plain.f.mean).max() > 0.02


def test_distances_beyond_those_counted_are_refused() -> None:
    symbols, positions, cells = pairs_at_random(2)
    lengths, q = scattering_lengths(symbols, "neutron"), np.arange(0, 25, 0.05)
    counted = pair_distribution(symbols, positions, cells, maximum=8.0)
    with pytest.raises(ValueError, match="counted up to 8 Å; take D"):
        total_scattering([from_distribution(counted, q)], lengths, np.arange(0, 9, 0.1))
    with pytest.raises(ValueError, match="of which a window leaves half"):
        total_scattering([from_distribution(counted, q, "lorch")], lengths, np.arange(0, 5, 0.1))


def test_curves_have_the_errors_of_replicas() -> None:
    symbols, positions, cells = pairs_at_random(8)
    counted = [pair_distribution(symbols, positions[i : i + 2], cells[:2], maximum=11.0) for i in (0, 2, 4, 6)]
    partials = [from_distribution(one, np.arange(0, 20, 0.1)) for one in counted]
    found = total_scattering(partials, scattering_lengths(symbols, "x-ray"), np.arange(0, 10, 0.1))
    lengths = scattering_lengths(symbols, "x-ray")
    each = np.array([total_factor(one, lengths).mean(axis=0) for one in partials])
    assert found.f.mean == pytest.approx(each.mean(axis=0))
    assert found.f.error == pytest.approx(each.std(axis=0, ddof=1) / 2)
    assert (found.d.error[1:] > 0).all()
    assert found.f.error_from == "replicas"


def test_a_convention_is_named_in_full() -> None:
    partials, lengths = liquid("neutron")
    named = total_scattering(partials, lengths, np.arange(0, 5, 0.1), "<b>2", broadening=0.1)
    assert named.convention.startswith("Keen 2001, neutron: F(Q) = Σ c c b b (A - 1) / ⟨b⟩²")
    assert "Lorch, Δ = 0.1 Å" in named.window
    assert "g(r) up to 20 Å, all images" in named.source
    heavy = scattering_lengths({"C": 1, "H": 1}, "neutron", DEUTERATED)
    counted = pair_distribution(["C", "H"], MOLECULE[:2], np.eye(3) * 9, maximum=5.0)
    assert "H is 2H" in total_scattering([from_distribution(counted, Q)], heavy, Q[:9]).convention


def test_partials_that_are_missing_or_differ_are_refused() -> None:
    partials, lengths = liquid("neutron")
    shorter = PartialFactors(partials[0].q[:9], {}, {}, partials[0].densities, "")
    with pytest.raises(ValueError, match="different Q"):
        total_scattering([partials[0], shorter], lengths, Q)
    with pytest.raises(ValueError, match="N–N, Zn–Zn missing"):
        total_factor(
            PartialFactors(partials[0].q, {("N", "Zn"): np.ones((1, 600))}, {"N": 1, "Zn": 1}, np.ones(1), ""), lengths
        )
    with pytest.raises(ValueError, match="narrower bins"):
        from_distribution(pair_distribution(SYMBOLS, MOLECULE, TRICLINIC, maximum=5.0, width=0.2), np.array([20.0]))
    with pytest.raises(ValueError, match="no shell"):
        from_wave_vectors(SYMBOLS, MOLECULE, TRICLINIC, q_max=0.5)
