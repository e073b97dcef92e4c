"""What a section is about must be computed by another, and a force field must know every element."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aiida_zif.workflows.study.force_field.known import ForceFieldFault, KnownForceField

Wrong = Callable[..., Any]

ABOUT = {"system": "zinc", "phase": "glass", "source": "somebody", "temperature": "300 K"}
FRAMES = {**ABOUT, "files": ["frames.xyz"], "level": "PBE-D3"}
CURVE = {**ABOUT, "file": "curve.dat", "curve": "F(Q)", "radiation": "neutron"}
FRAME = """2
Lattice="11 0 0 0 11 0 0 0 11" Properties=species:S:1:pos:R:3 pbc="T T T"
Zn 2.0 2 2
H  3.6 2 2
"""


@pytest.fixture
def wrong_file(tmp_path: Path, atoms: Any) -> Wrong:
    """Build a study beside files of others; it must be refused unless it is a good one."""
    from aiida_zif.workflows.study.file.loading import build_study
    from aiida_zif.workflows.user_input.problems import CampaignError
    from aiida_zif.workflows.user_input.yaml_source import Source

    (tmp_path / "frames.xyz").write_text(FRAME)
    (tmp_path / "frames.odd").write_text(FRAME)
    (tmp_path / "broken.xyz").write_text("2\nno cell\nZn 0 0\n")
    (tmp_path / "curve.dat").write_text("".join(f"{0.5 + 0.1 * row:.2f} {row * 0.01:.3f}\n" for row in range(100)))

    def build(good: bool = False, **sections: Any) -> Any:
        content = {"name": "a", "protocol": "demo", "force_field": {"campaign": "b"}, "melt_quench": {}, **sections}
        source = Source({**content, "systems": {"zinc": {"structure": "given"}}}, "study.yaml", tmp_path)
        if good:
            return build_study(source, {"zinc": atoms}, None)
        with pytest.raises(CampaignError) as caught:
            build_study(source, {"zinc": atoms}, None)
        return caught.value.problems

    return build


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
        ({"phase": "melt"}, "phase", "add melt to structure.of"),
        ({"phase": "glas"}, "phase", "did you mean 'glass'?"),
        ({"files": []}, "files", "add at least one"),
        ({"files": ["there-is-none.xyz"]}, "files", "correct the path"),
        ({"files": ["broken.xyz"]}, "files", ""),
        ({"files": ["frames.odd"]}, "files", "state the format"),
        ({"source": ""}, "source", "change it to what is allowed"),
        ({"temperature": "300"}, "temperature", "300 K"),
        ({"comparable": True}, "why", "say what makes the two comparable"),
    ],
)
def test_a_reference_that_cannot_be_compared_is_refused(
    wrong_file: Wrong, change: dict[str, Any], field: str, fix: str
) -> None:
    problems = wrong_file(structure={"of": ["glass"]}, validate={"frames": {"aimd": {**FRAMES, **change}}})
    assert problems[0].field == f"validate.frames.aimd.{field}"
    assert fix in problems[0].fix


@pytest.mark.parametrize(
    ("change", "field"),
    [({"file": "broken.xyz"}, "file"), ({"curve": "F(q)"}, "curve"), ({"radiation": "light"}, "radiation")],
)
def test_a_curve_that_cannot_be_compared_is_refused(wrong_file: Wrong, change: dict[str, Any], field: str) -> None:
    problems = wrong_file(structure={"of": ["glass"]}, validate={"curves": {"neutrons": {**CURVE, **change}}})
    assert problems[0].field == f"validate.curves.neutrons.{field}"


def test_references_that_can_be_read_are_taken(wrong_file: Wrong) -> None:
    sections = {"structure": {"of": ["glass"]}, "validate": {"frames": {"aimd": FRAMES}, "curves": {"n": CURVE}}}
    assert wrong_file(good=True, **sections).validation.curves["n"].curve == "F(Q)"


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
        ("campaign", "./zif.pb", "./zif.pb"),
    ],
)
def test_a_file_is_no_force_field_and_the_way_to_make_it_one_is_said(
    wrong: Wrong, key: str, value: Any, files: str
) -> None:
    (problem,) = wrong(None, force_field={key: value})
    assert problem.field == f"force_field.{key}"
    assert problem.fix.startswith(f"import first: `aiida-zif import {files} --level TEXT --source")


@pytest.mark.parametrize("files", ["some/model.pb", "./some/where"])
def test_a_bare_path_is_no_force_field(wrong: Wrong, files: str) -> None:
    (problem,) = wrong(None, force_field=files)
    assert f"aiida-zif import {files}" in problem.fix
