"""What a section is about must be computed by another, and a force field must know every element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aiida_zif.workflows.study.force_field.known import ForceFieldFault, KnownForceField

Wrong = Callable[..., list[Any]]

REFERENCE = {"files": "a.xyz", "system": "zinc", "state": "glass", "kind": "published AIMD", "source": "somebody"}


def test_a_study_that_computes_nothing_is_refused(wrong: Wrong) -> None:
    (problem,) = wrong(melt_quench=None)
    assert problem.found == "nothing to compute"
    assert "melt_quench, structure, states, validate" in problem.allowed
    assert "melt_quench: {}" in problem.fix


def test_a_structure_without_a_melt_is_refused(wrong: Wrong) -> None:
    (problem,) = wrong(melt_quench=None, structure={})
    assert problem.field == "structure"
    assert "states" in problem.fix


def test_states_of_a_glass_that_nobody_makes_are_refused(wrong: Wrong) -> None:
    (problem,) = wrong(melt_quench=None, states={"start": "glass"})
    assert problem.field == "states.start"


def test_a_comparison_with_nothing_is_refused(wrong: Wrong) -> None:
    (problem,) = wrong(melt_quench=None, validate={})
    assert problem.field == "validate"


@pytest.mark.parametrize(
    ("change", "field", "fix"),
    [
        ({"system": "zinq"}, "system", "did you mean 'zinc'?"),
        ({"state": "glas"}, "state", "did you mean 'glass'?"),
        ({"state": "300K_0GPa"}, "state", "take one of these"),
        ({"kind": "F(q)"}, "kind", "did you mean 'F(Q)'?"),
        ({"files": []}, "files", "add at least one"),
        ({"files": ["a.dat", "b.dat"], "kind": "D(r)"}, "files", "one reference of each"),
        ({"source": ""}, "source", "change it to what is allowed"),
    ],
)
def test_a_reference_that_stands_beside_nothing_is_refused(
    wrong: Wrong, change: dict[str, Any], field: str, fix: str
) -> None:
    problems = wrong(structure={}, validate={"references": {"aimd": {**REFERENCE, **change}}})
    assert problems[0].field == f"validate.references.aimd.{field}"
    assert fix in problems[0].fix


def test_a_force_field_without_an_element_of_a_system_is_refused(wrong: Wrong) -> None:
    known = KnownForceField({"model_0": "a"}, ("H", "C"), 5.0, "committee of c <7>: 1 model")
    (problem,) = wrong(lambda section: known)
    assert problem.field == "force_field.campaign"
    assert problem.found == "committee of c <7>: 1 model, which knows H, C, without Zn of systems.zinc"
    assert "trained with Zn" in problem.fix


def test_a_force_field_that_is_not_there_is_one_problem_of_several(wrong: Wrong) -> None:
    def find(section: Any) -> KnownForceField:
        raise ForceFieldFault(("campaign",), "'zinc-test', which is not there", "campaigns", "run it")

    problems = wrong(find, melt_quench={"rates": ["0 K/ps"]})
    assert {problem.field for problem in problems} == {"force_field.campaign", "melt_quench.rates[0]"}


@pytest.mark.parametrize(
    ("key", "value", "files"),
    [
        ("files", "model.pb", "model.pb"),
        ("files", ["a.pb", "b.pb"], "a.pb b.pb"),
        ("file", "x/y", "x/y"),
        ("model", "model.pb", "model.pb"),
        ("campaign", "./zif.pb", "./zif.pb"),
        ("imported", "some/model.pb", "some/model.pb"),
    ],
)
def test_a_file_is_no_force_field_and_the_way_to_make_it_one_is_said(
    wrong: Wrong, key: str, value: Any, files: str
) -> None:
    (problem,) = wrong(None, force_field={key: value})
    assert problem.field == f"force_field.{key}"
    assert problem.fix.startswith(f"import first: `aiida-zif import {files} --source")


@pytest.mark.parametrize("files", ["model.pb", "./some/where"])
def test_a_bare_path_is_no_force_field(wrong: Wrong, files: str) -> None:
    (problem,) = wrong(None, force_field=files)
    assert f"aiida-zif import {files}" in problem.fix
