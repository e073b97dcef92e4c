"""A file with a force field is a study, one without is a campaign, and one of both is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiida_zif.workflows.study.file.kind import kind_of
from aiida_zif.workflows.user_input.problems import CampaignError
from aiida_zif.workflows.user_input.yaml_source import Source


def source(**keys: Any) -> Source:
    return Source(keys, "some.yaml", Path(), {(key,): line for line, key in enumerate(keys, start=1)})


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        (["name", "systems"], "campaign"),
        (["name", "systems", "training"], "campaign"),
        (["training"], "campaign"),
        (["force_field"], "study"),
        (["name", "systems", "melt_quench"], "study"),
        (["name", "validate"], "study"),
    ],
)
def test_the_keys_say_what_a_file_is(keys: list[str], kind: str) -> None:
    assert kind_of(source(**dict.fromkeys(keys))) == kind


def test_a_file_of_both_kinds_is_refused_with_the_keys_of_each() -> None:
    with pytest.raises(CampaignError) as caught:
        kind_of(source(name="a", force_field={}, training={}, limits={}))
    (problem,) = caught.value.problems
    assert (problem.line, problem.field) == (2, "force_field")
    assert problem.found == "keys of a study (force_field) and of a campaign (training, limits)"
    assert "a campaign (it makes a force field) or a study" in problem.allowed
    assert "two files" in problem.fix


@pytest.mark.parametrize("keys", [[], ["name"], ["name", "seed", "codes"], ["flapdoodle"]])
def test_a_file_of_no_kind_is_refused_with_both(keys: list[str]) -> None:
    with pytest.raises(CampaignError) as caught:
        kind_of(source(**dict.fromkeys(keys)))
    (problem,) = caught.value.problems
    assert "campaign" in problem.allowed
    assert "study" in problem.allowed
    assert "docs/study.md" in problem.fix
