"""A campaign and its continuation with what a study did not trust, whole, with stand-in codes: one graph."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standin_site import Site

pytestmark = pytest.mark.slow

FRAMES = """
import numpy as np
from aiida import load_profile, orm
load_profile()
from aiida_zif.plugins.data.frames import FramesData
campaign = orm.load_node({pk})
structure = campaign.inputs.systems["net0"].get_ase()
shifts = np.random.default_rng(5).normal(scale=0.05, size=(4, len(structure), 3))
arrays = {{"max_force_deviation": np.array([0.5, 0.9, 0.01, 0.7]), "step": np.arange(4) * 1000, "stage": np.arange(4)}}
cells = np.tile(np.array(structure.cell), (4, 1, 1))
symbols, positions = structure.get_chemical_symbols(), structure.positions + shifts
frames = FramesData(symbols, positions, cells, system="net0", per_frame=arrays)
print(frames.store().pk)
"""
"""Stores frames as a melt-quench hands them over: three between the trust levels, one that the committee knows."""

FACTS = """
import json
from aiida import load_profile, orm
load_profile()
from aiida_zif.plugins.data.dataset import blocks_in
old, new, frames = (orm.load_node(pk) for pk in {pks})
found = {{campaign.pk: blocks_in(dict(campaign.outputs.dataset)).values() for campaign in (old, new)}}
learnt = {{pk: [key for block in blocks for key in block.frame_ids()] for pk, blocks in found.items()}}
print(json.dumps({{"old": learnt[old.pk], "new": learnt[new.pk], "study": frames.frame_ids(),
    "models": [[node.uuid for node in dict(c.outputs.committee).values()] for c in (old, new)],
    "verdict": new.outputs.verdict.get_dict(), "label": new.label,
    "orphans": [n.pk for n in new.called_descendants if not n.is_finished_ok]}}))
"""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What came of a campaign, the frames of a study, and the continuation."""
    site = Site(tmp_path_factory.mktemp("goes_on"))
    try:
        site.zif("run", str(site.write_campaign(limits={"cycles": 1, "labels": 1000})), "--foreground")
        (old,) = (process["pk"] for process in site.processes("ActiveLearningWorkChain"))
        frames = int(site.call("-c", FRAMES.format(pk=old)))
        site.zif("extend", str(old), "--frames", str(frames), "--foreground", "--dir", str(site.folder / "result"))
        (new,) = (p["pk"] for p in site.processes("ActiveLearningWorkChain") if p["pk"] != old)
        facts = json.loads(site.call("-c", FACTS.format(pks=(old, new, frames))))
        summary = json.loads((Path(site.folder) / "result" / "summary.json").read_text())
        lineage = json.loads(site.zif("lineage", str(new), "--json", "--full"))
        again = site.zif("extend", str(old), "--frames", str(frames), "--foreground")
        pks = {"old": old, "new": new, "frames": frames}
        yield {**facts, "summary": summary, "lineage": lineage, "again": again, "pks": pks}
    finally:
        site.zif("daemon", "stop")


def test_the_frames_of_the_study_are_learnt_and_nothing_is_lost(story: dict[str, Any]) -> None:
    added = set(story["new"]) - set(story["old"])
    assert set(story["old"]) < set(story["new"])
    assert added == {key for row, key in enumerate(story["study"]) if row != 2}
    assert len(story["new"]) == len(set(story["new"]))


def test_the_committee_is_another_one(story: dict[str, Any]) -> None:
    old, new = story["models"]
    assert len(new) == len(old)
    assert not set(old) & set(new)


def test_the_summary_says_what_it_goes_on_from(story: dict[str, Any]) -> None:
    before = story["summary"]["goes_on_from"]
    assert (before["pk"], before["untrusted"]) == (story["pks"]["old"], [story["pks"]["frames"]])
    assert story["summary"]["seed_labels"]["n_labelled"] == {"net0_untrusted": 3}
    assert story["summary"]["stop_reason"] == "trained"
    assert story["label"] == "standin.2"


def test_the_lineage_of_the_new_models_has_the_frames_of_the_study(story: dict[str, Any]) -> None:
    text = json.dumps(story["lineage"]["lineage"])
    assert "frames that a study did not trust" in text
    assert f'"pk": {story["pks"]["frames"]}' in text


def test_every_step_ended_well(story: dict[str, Any]) -> None:
    assert story["orphans"] == []


def test_the_same_command_does_nothing_twice(story: dict[str, Any]) -> None:
    assert f"<{story['pks']['new']}> did this already" in story["again"]
