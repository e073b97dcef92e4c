"""Study files that are right, and how wrong ones are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from aiida_zif.workflows.study.force_field.known import KnownForceField
from aiida_zif.workflows.study.schema.force_field import ForceField

Factory = Callable[..., Any]

STUDY: Mapping[str, Any] = {
    "name": "zinc-glass",
    "protocol": "demo",
    "seed": 5,
    "force_field": {"campaign": "zinc-test"},
    "melt_quench": {},
}
FOUND = KnownForceField({"model_0": "uuid-0", "model_1": "uuid-1"}, ("H", "Zn"), 5.0, "committee of two: 2 models")


def found(section: ForceField) -> KnownForceField:
    """A profile that holds a committee under every name."""
    return FOUND


@pytest.fixture(scope="session")
def study(atoms: Any) -> Factory:
    """Factory of checked studies of the small framework; sections that are None are left out."""

    def generate(find: Any = found, /, **sections: Any) -> Any:
        from aiida_zif.workflows.study.file.loading import study_from_structures

        content = {key: value for key, value in {**STUDY, **sections}.items() if value is not None}
        return study_from_structures({"zinc": atoms}, content, find)

    return generate


@pytest.fixture(scope="session")
def wrong(study: Factory) -> Factory:
    """Build a study that must be refused, and return its problems, each complete."""

    def generate(find: Any = found, /, **sections: Any) -> list[Any]:
        from aiida_zif.workflows.user_input.problems import CampaignError

        with pytest.raises(CampaignError) as caught:
            study(find, **sections)
        return complete(caught.value.problems)

    return generate


@pytest.fixture
def refused_file(tmp_path: Path) -> Factory:
    """Write a study file that must be refused and return its problems, each complete."""

    def load(text: str) -> list[Any]:
        from aiida_zif.workflows.study.file.loading import load_study
        from aiida_zif.workflows.user_input.problems import CampaignError

        path = tmp_path / "study.yaml"
        path.write_text(text)
        with pytest.raises(CampaignError) as caught:
            load_study(path)
        return complete(caught.value.problems)

    return load


def complete(problems: list[Any]) -> list[Any]:
    """Return problems after a look whether each of them says everything."""
    for problem in problems:
        assert problem.found
        assert problem.allowed
        assert problem.fix
        assert "\n" not in f"{problem.found}{problem.allowed}{problem.fix}"
    return problems
