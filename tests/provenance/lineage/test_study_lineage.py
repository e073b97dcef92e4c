"""Where results of a study come from."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from aiida import orm
from rich.console import Console
from synthetic_study import SyntheticStudy

from aiida_zif.cli.results.lineage_tree import draw
from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.provenance.lineage.ancestry import in_lines, what_stands_behind
from aiida_zif.provenance.lineage.lookup import find_target
from aiida_zif.provenance.lineage.origin import Origin
from aiida_zif.provenance.lineage.results import by_kind, stage_in_words
from aiida_zif.provenance.lineage.trace import trace
from aiida_zif.provenance.queries import sql
from aiida_zif.workflows.properties.melt_quench.naming import Leg


def walk(origin: Origin) -> Iterator[Origin]:
    yield origin
    for child in origin.origins:
        yield from walk(child)


def tree_of(node: orm.Node, full: bool = False, depth: int | None = None) -> Origin:
    return trace(find_target(str(node.pk)), depth, full)


def text_of(origin: Origin) -> str:
    console = Console(file=io.StringIO(), width=400)
    console.print(draw(origin))
    return console.file.getvalue()  # type: ignore[attr-defined]


def pks_in(origin: Origin) -> set[int]:
    """Every node that a tree names, those that stand for others included."""
    found = {int(one.node.pk or 0) for one in walk(origin) if one.node is not None}
    for one in walk(origin):
        found |= {*one.facts.get("pks", ()), *one.facts.get("models", {}).values()}
    return found


def test_a_glass_leads_through_quench_and_melt_to_committee_labels_and_crystal(study: SyntheticStudy) -> None:
    text = text_of(tree_of(study.glasses["replica_0_at_20"]))
    steps = [
        f"LAMMPS MD, quench_0_at_20 of study zif4-glass <{study.campaign.pk}>: quench 1500 to 300 K, 1.2 ps",
        "LAMMPS MD, melt_0 of study zif4-glass",
        "cell that is run, built of the crystal",
        "source CoRE MOF 2019-ASR",
        "committee of 3: model_0",
        "DeePMD-kit training, seed 200, on 20 frames in 4 blocks",
        "CP2K, AIMD at 300 K",
    ]
    places = [text.index(step) for step in steps]
    assert places == sorted(places)


@pytest.mark.parametrize("what", ["report", "glass", "curves", "structure"])
def test_every_node_behind_a_result_is_in_its_whole_tree(study: SyntheticStudy, what: str) -> None:
    nodes: dict[str, Any] = {
        "report": study.melt.outputs.report,
        "glass": study.glasses["replica_2_at_100"],
        "curves": study.melt.outputs.curves,
        "structure": study.analysed["glass_20"],
    }
    shown = pks_in(tree_of(nodes[what], full=True))
    behind: list[Any] = [orm.load_node(pk) for pk in sql.ancestors([nodes[what].pk], material=True)]
    kinds = (LabelledFramesData, DeepPotentialData, orm.StructureData)
    of_study = {node.pk for node in behind if node.pk > study.campaign.pk and not isinstance(node, orm.Dict | orm.List)}
    wanted = of_study | {node.pk for node in behind if isinstance(node, kinds)}
    missing = {node.pk: str(node) for node in behind if node.pk in wanted - shown}
    assert missing == {}


def test_the_curves_of_a_study_rest_on_the_committee_and_its_labels(study: SyntheticStudy) -> None:
    behind = what_stands_behind(study.melt.outputs.curves)
    assert (behind["n_labelled_frames"], behind["n_trajectory_jobs"]) == (20, 12)
    assert behind["committees_learnt_from"]["n_frames"] == 20
    assert [one["pk"] for one in behind["studies"]] == [study.campaign.pk]
    assert [one["name"] for one in behind["campaigns"]] == ["zif4-test"]


def test_counts_name_the_study_and_its_jobs(study: SyntheticStudy) -> None:
    lines = in_lines(what_stands_behind(study.glasses["replica_0_at_20"]))
    assert "2 MD jobs of studies" in lines[-2]
    assert lines[-1] == f"study: zif4-glass <{study.campaign.pk}>; campaign: zif4-test <{study.made.campaign.pk}>"


def test_a_campaign_is_counted_as_before(study: SyntheticStudy) -> None:
    behind = what_stands_behind(study.made.committee["model_0"])
    assert (behind["n_trajectory_jobs"], behind["studies"]) == (0, [])
    assert "MD job" not in " ".join(in_lines(behind))


def test_one_of_many_stands_for_all_and_names_the_others(study: SyntheticStudy) -> None:
    text = text_of(tree_of(study.melt.outputs.report))
    assert "8 other nodes of glass made alike" in text
    assert "2 other nodes of melt made alike" in text
    assert "made alike" not in text_of(tree_of(study.analysed["glass_20"], full=True))


def test_processes_are_called_by_plain_words(study: SyntheticStudy) -> None:
    text = text_of(tree_of(study.campaign))
    for words in (
        "study zif4-glass, seed 11", "melt and quench (melt_quench_zif4)", "structure (structure_zif4_glass_20)",
        "grid of states (states_zif4)", "comparison with other results (validation_zif4)",
        "states, transitions, checks and verdict of a melt and quench", "table and curves of the structure",
        "series of several trajectories", "snapshots of the stages of a trajectory",
    ):  # fmt: skip
        assert words in text
    for jargon in ("Calculation", "WorkChain", "report_structure <"):
        assert jargon not in text


def test_a_frame_is_followed_to_the_trajectory_that_brought_it(study: SyntheticStudy) -> None:
    node = study.glasses["replica_1_at_50"]
    target = find_target(node.frame_ids()[2])
    assert target.node.pk == node.pk
    text = text_of(trace(target))
    assert "index 2 of 6 frames" in text.splitlines()[0]
    assert "quench_1_at_50" in text.splitlines()[1]


def test_depth_ends_the_tree_with_a_mark(study: SyntheticStudy) -> None:
    assert "a larger --depth shows it" in text_of(tree_of(study.campaign, depth=1))


def test_a_job_that_continued_another_leads_to_it(new_study: Callable[[], SyntheticStudy]) -> None:
    study = new_study()
    study.begin()
    study.begin_melt()
    first = study.start_leg(Leg(0), study.start)
    folder = orm.RemoteData(remote_path="/scratch/x", computer=study.codes["lmp"].computer)
    study.end(first, {"remote_folder": folder})
    second = study.continue_leg(Leg(0), study.start, folder)
    frames = study.frames(2, Leg(0))
    study.end(second, {"snapshots": frames})
    text = text_of(tree_of(frames))
    assert "continued from LAMMPS MD, melt_0" in text
    assert f"<{first.pk}>" in text


def test_stages_are_said_with_temperature_and_time() -> None:
    ramp = {"kind": "ramp", "name": "quench", "steps": 60000, "temperature": [1500.0, 300.0]}
    assert stage_in_words(ramp, 0.5) == "quench 1500 to 300 K, 30 ps"
    assert stage_in_words({"kind": "minimise", "steps": 100}, 0.5) == "minimise"
    assert stage_in_words({"kind": "nvt", "steps": 10, "temperature": 300}, 0.25) == "nvt 300 K, 0.0025 ps"


def test_kinds_that_lead_furthest_back_come_first() -> None:
    labels = dict.fromkeys(("crystal", "melt_melt_0", "glass_quench_0_at_20", "untrusted_all"), np.nan)
    assert list(by_kind(labels)) == ["glass", "melt", "crystal", "untrusted"]
