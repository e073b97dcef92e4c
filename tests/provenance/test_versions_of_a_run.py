"""Versions and executables are those of the run, whatever is installed today."""

from __future__ import annotations

from typing import Any

import pytest
from aiida import orm
from synthetic_graph import SyntheticGraph

from aiida_zif.provenance.campaigns.software import executables_of, software_of


@pytest.fixture
def graph(aiida_profile: object, tmp_path: Any) -> SyntheticGraph:
    """A graph with codes of its own."""
    graph = SyntheticGraph(tmp_path)
    graph.make_codes()
    return graph


def started(graph: SyntheticGraph, version: dict[str, str], **details: Any) -> Any:
    """Store a process that began with some versions."""
    kind = orm.CalcJobNode if "caller" in details else orm.WorkChainNode
    node: Any = kind(process_type="aiida.calculations:zif.cp2k" if "caller" in details else "")
    node.base.attributes.set("version", version)
    if "caller" in details:
        node.computer = graph.codes["cp2k"].computer
        node.base.links.add_incoming(graph.codes["cp2k"], orm_link("INPUT_CALC"), "code")
        node.base.links.add_incoming(details["caller"], orm_link("CALL_CALC"), details["label"])
    return node.store()


def orm_link(name: str) -> Any:
    from aiida.common.links import LinkType

    return LinkType[name]


def test_versions_of_a_run_are_those_of_all_its_processes_the_first_in_front(graph: SyntheticGraph) -> None:
    chain = started(graph, {"core": "2.8.0", "plugin": "0.1.0", "commit": "abc", "numpy": "1.26.0"})
    job = started(graph, {"core": "2.9.0", "plugin": "0.1.0", "commit": "def"}, caller=chain, label="c00_label")
    graph.end(job, {"output_parameters": orm.Dict({"cp2k_version": "2023.1"})})
    assert software_of([chain.pk]) == {
        "aiida-zif": "0.1.0",
        "aiida-zif commit": "abc, def",
        "aiida-core": "2.8.0, 2.9.0",
        "cp2k": "2023.1",
        "numpy": "1.26.0",
    }


def test_a_run_of_an_earlier_version_says_what_it_knows_and_nothing_of_today(graph: SyntheticGraph) -> None:
    chain = started(graph, {"core": "2.7.0"})
    assert software_of([chain.pk]) == {"aiida-core": "2.7.0"}


def test_executables_are_those_of_the_jobs_that_ran(graph: SyntheticGraph) -> None:
    chain = started(graph, {"core": "2.9.0"})
    started(graph, {"core": "2.9.0"}, caller=chain, label="c00_label")
    assert executables_of([chain.pk]) == {graph.codes["cp2k"].full_label: "/usr/bin/cp2k"}


def test_members_of_a_packed_training_name_their_code_too(graph: SyntheticGraph) -> None:
    chain = started(graph, {"core": "2.9.0"})
    job = started(graph, {"core": "2.9.0"}, caller=chain, label="c00_train")
    graph.end(job, {"output_parameters__model_0": orm.Dict({"deepmd_version": "3.2.0"})})
    assert software_of([chain.pk])["deepmd-kit"] == "3.2.0"
