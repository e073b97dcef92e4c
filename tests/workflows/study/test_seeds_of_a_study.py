"""Everything that is drawn by chance follows from the seed of the study, part by part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiida_zif.workflows.study.names import parts_of
from aiida_zif.workflows.study.steps import settings_of


def seeds_of(study: Any) -> dict[str, int]:
    settings = study.settings()
    parts = [part for part in parts_of(settings) if part.section != "validation"]
    return {part.label(): settings_of(part, settings, alone=False)["seed"] for part in parts}


def test_the_seed_of_every_part_follows_from_that_of_the_study(study: Callable[..., Any]) -> None:
    given: dict[str, Any] = {"structure": {}, "states": {}}
    one, again, other = (seeds_of(study(seed=seed, **given)) for seed in (7, 7, 8))

    assert one == again
    assert len(one) == len(set(one.values())) > 3, "no two parts draw the same numbers"
    assert all(one[part] != other[part] for part in one)
