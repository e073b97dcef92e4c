"""What an error is, which settings pass, and which are proposed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from aiida_zif.plugins.cp2k.levels import load_level
from aiida_zif.workflows.level_convergence.comparison import Comparison, Measured, compare, errors, worst_ratio
from aiida_zif.workflows.level_convergence.ladder import Choice, changed, read_ladder, rungs
from aiida_zif.workflows.level_convergence.study import Noise

LEVEL = load_level("pbe-d3-fast", {"MGRID/CUTOFF": 400})  # 400 Ry, 1e-5
LADDER = read_ladder({"MGRID/CUTOFF": [300, 400, 500, 800], "SCF/EPS_SCF": [1.0e-4, 1.0e-5, 1.0e-7]}, LEVEL)
N_ATOMS = 4


def measured(
    difference: float = 0.0, shift: float = 0.0, force: float = 0.0, stress: float = 0.0, seconds: float = 1.0
):
    """Two frames of four atoms that are off by meV/atom, meV/Å and GPa."""
    energies = np.array([-10.0, -9.0]) + N_ATOMS * 1e-3 * (shift + np.array([0.0, difference]))
    return Measured(energies, np.full((2, N_ATOMS, 3), force * 1e-3), np.full((2, 3, 3), stress), seconds)


EXACT = measured()


def test_a_shift_of_all_energies_is_no_error() -> None:
    found = errors(measured(shift=250.0), EXACT)
    assert found.energy == pytest.approx(0, abs=1e-9)
    assert found.energy_shift == pytest.approx(250.0)


def test_errors_have_the_units_they_are_told_in() -> None:
    found = errors(measured(difference=2.0, force=-7.0, stress=0.3), EXACT)
    assert (found.energy, found.force, found.force_max, found.stress) == pytest.approx((2.0, 7.0, 7.0, 0.3))


def test_one_wrong_component_shows_in_the_largest_error() -> None:
    broken = measured()
    broken.forces[1, 2, 0] += 0.024
    found = errors(broken, EXACT)
    assert found.force_max == pytest.approx(24.0)
    assert found.force == pytest.approx(24.0 / np.sqrt(2 * N_ATOMS * 3))


def test_without_stress_energy_and_forces_decide() -> None:
    bare = Measured(EXACT.energies, EXACT.forces, None, 1.0)
    found = errors(bare, EXACT)
    assert found.stress is None
    assert worst_ratio(found, Noise()) == 0


@pytest.mark.parametrize("off", [{"difference": 1.1}, {"force": 11.0}, {"stress": 0.11}])
def test_each_error_alone_can_fail_a_rung(off: Mapping[str, float]) -> None:
    assert worst_ratio(errors(measured(**off), EXACT), Noise()) == pytest.approx(1.1)


@pytest.fixture
def study() -> Callable[..., Comparison]:
    """Judge a study whose force errors are the sum of those of its settings; some rungs may have failed."""
    cutoff = {300: 30.0, 400: 6.0, 500: 2.0, 800: 0.0}
    scf = {1.0e-4: 8.0, 1.0e-5: 3.0, 1.0e-7: 0.0}

    def result(choice: Choice) -> Measured:
        error = cutoff[choice["MGRID/CUTOFF"]] + scf[choice["SCF/EPS_SCF"]]
        return measured(force=error, seconds=20.0 - error / 2)

    def run(failed: tuple[str, ...] = (), tried: tuple[Choice, ...] = (), force: float = 10.0) -> Comparison:
        known = [choice for name, choice in rungs(LADDER, LEVEL).items() if name not in failed]
        by_hash = {changed(LEVEL, choice).hash: result(choice) for choice in (*known, *tried)}
        return compare(LEVEL, LADDER, Noise(force=force), by_hash)

    return run


COARSEST = {"MGRID/CUTOFF": 400, "SCF/EPS_SCF": 1.0e-4}
TIGHTENED = {"MGRID/CUTOFF": 400, "SCF/EPS_SCF": 1.0e-5}


def test_the_coarsest_values_that_pass_alone_are_tried_together(study: Callable) -> None:
    compared = study()
    assert compared.following == COARSEST
    assert compared.rungs["MGRID_CUTOFF_0"].passes is False
    assert compared.rungs["SCF_EPS_SCF_0"].passes is True


def test_errors_that_add_up_tighten_the_setting_that_is_furthest_off(study: Callable) -> None:
    compared = study(tried=(COARSEST,))
    assert compared.rungs["combined_0"].passes is False
    assert compared.rungs["combined_1"].overrides == {}  # the level as it is, and known already
    assert compared.following is None


def test_the_cheapest_that_passes_is_proposed(study: Callable) -> None:
    compared = study(tried=(COARSEST,))
    assert compared.proposal in ("as_it_is", "combined_1")
    assert compared.rungs[compared.proposal].overrides == {}
    loose = study(tried=(COARSEST,), force=20.0)
    assert loose.rungs[loose.proposal].overrides == {"SCF/EPS_SCF": 1.0e-4}


def test_as_long_as_no_combination_is_known_the_tightest_or_the_level_itself_is_proposed(study: Callable) -> None:
    assert study().proposal == "as_it_is"
    assert study(force=1.0).proposal == "tightest"


def test_only_the_tightest_is_left_where_nothing_passes(study: Callable) -> None:
    compared = study(force=0.5)
    assert compared.following is None
    assert compared.rungs[compared.proposal].overrides == {"MGRID/CUTOFF": 800, "SCF/EPS_SCF": 1.0e-7}


def test_a_rung_that_passes_below_one_that_does_not_passed_by_luck() -> None:
    by_hash = {changed(LEVEL, choice).hash: EXACT for choice in rungs(LADDER, LEVEL).values()}
    by_hash[changed(LEVEL, rungs(LADDER, LEVEL)["MGRID_CUTOFF_2"]).hash] = measured(force=99.0)
    assert compare(LEVEL, LADDER, Noise(), by_hash).rungs["combined_0"].overrides["MGRID/CUTOFF"] == 800


def test_a_rung_that_failed_has_no_numbers_and_takes_the_coarser_ones_with_it(study: Callable) -> None:
    compared = study(failed=("MGRID_CUTOFF_1",))
    assert compared.rungs["MGRID_CUTOFF_1"].errors is None
    assert set(compared.rungs["MGRID_CUTOFF_1"].model_dump(exclude_unset=True)) == {"hash", "choice", "overrides"}
    assert compared.following["MGRID/CUTOFF"] == 500


def test_without_the_tightest_there_is_no_verdict(study: Callable) -> None:
    with pytest.raises(KeyError):
        study(failed=("tightest",))
