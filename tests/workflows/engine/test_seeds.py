"""Every random choice follows from the campaign's seed."""

from aiida_zif.workflows.engine.seeds import SEED_LIMIT, derive_seed


def test_a_seed_never_changes_between_versions() -> None:
    assert derive_seed(4, "train", 0, 1) == 271707158


def test_seeds_differ_by_purpose_iteration_and_member() -> None:
    seeds = {derive_seed(4, purpose, i, j) for purpose in ("train", "explore") for i in range(50) for j in range(8)}
    assert len(seeds) == 2 * 50 * 8


def test_indices_do_not_run_into_each_other() -> None:
    assert derive_seed(1, "train", 1, 11) != derive_seed(1, "train", 11, 1)


def test_seeds_fit_what_the_codes_can_read() -> None:
    assert all(0 < derive_seed(root, "label") < SEED_LIMIT for root in range(200))
