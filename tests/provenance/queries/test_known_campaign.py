"""Which differences between a campaign of the profile and one of a file make it another campaign."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.provenance.queries.differences import differing_codes, differing_keys
from aiida_zif.provenance.queries.known_campaign import is_free


def test_keys_that_are_missing_empty_or_lists_are_compared_as_wholes() -> None:
    assert differing_keys({"a": {"b": 1}}, {"a": {"b": 1.0}, "c": {}}, is_free) == ["c: nothing then, {} now"]
    assert differing_keys({"a": {}}, {"a": {"b": 1}}, is_free) == ["a.b: nothing then, 1 now"]
    assert differing_keys({"stages": [{"steps": 1}]}, {}, is_free) == ['stages: [{"steps": 1}] then, nothing now']
    assert differing_keys({"labelling": {"reuse": True}}, {"labelling": {"reuse": False}}, is_free) == []


def test_a_code_that_computes_numbers_is_part_of_a_campaign_and_the_one_that_reads_them_is_not(localhost: Any) -> None:
    node = orm.WorkChainNode()
    for name in ("cp2k", "dp", "python"):
        code = orm.InstalledCode(computer=localhost, filepath_executable="/bin/true", label=f"{name}-new").store()
        node.base.links.add_incoming(code, LinkType.INPUT_WORK, f"codes__{name}")
    labels = {"cp2k": "cp2k@cluster", "dp": f"dp-new@{localhost.label}", "python": "python@cluster"}
    assert differing_codes(node.store(), labels) == [f"codes.cp2k: cp2k-new@{localhost.label} then, cp2k@cluster now"]
