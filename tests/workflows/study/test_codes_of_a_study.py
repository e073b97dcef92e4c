"""The codes of a study reach its trajectories, `dp` where it is given."""

from __future__ import annotations

import pytest
from aiida import orm
from aiida.common import AttributeDict

from aiida_zif.workflows.study.child_inputs import md_inputs
from aiida_zif.workflows.study.file.json_schema import protocol_of_study
from aiida_zif.workflows.study.schema.resources import StudyResources


@pytest.mark.parametrize("more", [{}, {"dp": "compresses"}])
def test_every_trajectory_is_given_dp_where_the_study_has_it(aiida_profile: object, more: dict[str, str]) -> None:
    resources = StudyResources.model_validate(protocol_of_study("demo")["resources"])
    codes = AttributeDict({"lmp": "moves", "python": "leads", **more})
    given = md_inputs(AttributeDict({"resources": orm.Dict(resources.as_dict()), "codes": codes}))
    assert {name: given[name] for name in given if name != "metadata"} == {"code": "moves", "python": "leads", **more}
