"""A study with stand-in codes: everything is killed in a melt, and the same command brings it to its end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from campaign_folder import kill
from standin_site import Site

pytestmark = pytest.mark.slow

FACTS = Path(__file__).parent / "study_facts.py"
MODELS = """
from io import BytesIO
from aiida import load_profile
load_profile()
from aiida_zif.plugins.data.potential import DeepPotentialData
for content in (b"one", b"two"):
    named = {"type_map": ["H", "C", "N", "Zn"], "rcut": 5.0, "model_backend": "tensorflow", "deepmd_version": "3"}
    print(DeepPotentialData(BytesIO(content), filename="model.pb", **named).store().pk)
"""
STUDY: dict[str, Any] = {
    "name": "standin-glass",
    "protocol": "demo",
    "seed": 7,
    "systems": {"zif4": {"structure": "zif-4"}},
    "melt_quench": {
        "rates": ["10000 K/ps"], "replicas": 2, "thermalisation": "0.02 ps", "equilibration": "0.05 ps",
        "heating": "0.05 ps", "hold": "0.05 ps", "relax_npt": "0.05 ps", "relax_nvt": "0.05 ps", "snapshots": 2,
        "sample_every": 10,
    },
    "structure": {"observables": ["pairs", "linkers"], "of": ["crystal", "melt", "glass"]},
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An AiiDA folder with stand-ins that take their time, two models, and a study file."""
    site = Site(tmp_path_factory.mktemp("study"), lmp=3.0)
    pks = [int(line) for line in site.call("-c", MODELS).split()]
    (site.folder / "study.yaml").write_text(json.dumps({**STUDY, "force_field": {"committee": pks}}))
    try:
        yield site
    finally:
        site.zif("daemon", "stop")


@pytest.fixture(scope="module")
def study(site: Site) -> dict[str, Any]:
    """What came of the study: its command, its daemon and its jobs are killed when the first melt runs."""
    path = str(site.folder / "study.yaml")
    command = [sys.executable, "-c", "from aiida_zif.cli.main import main; main()", "run", path]
    with subprocess.Popen(command, env=site.environment, stdout=subprocess.DEVNULL) as runner:
        site.wait(lambda: site.processes("LammpsMdCalculation") or runner.poll() is not None, "a trajectory")
        assert runner.poll() is None
        assert kill(site.alive()) >= 3
    site.zif("run", path, "--dir", str(site.folder / "results"))
    (process,) = site.processes("StudyWorkChain")
    facts = json.loads(site.call(str(FACTS), str(process["pk"])))
    return {"summary": json.loads((site.folder / "results" / "summary.json").read_text()), **facts}


def test_the_study_ends_well_with_all_its_parts(study: dict[str, Any]) -> None:
    assert study["summary"]["exit_status"] == 0
    assert study["outputs"] == {
        "melt_quench": ["zif4"],
        "structure": ["zif4_crystal", "zif4_glass_10000", "zif4_melt"],
        "verdict": [],
    }


def test_no_trajectory_runs_twice(study: dict[str, Any]) -> None:
    assert sorted(study["trajectories"]) == ["melt_0", "melt_1", "quench_0_at_10000", "quench_1_at_10000"]


def test_every_data_node_is_an_input_or_has_a_creator(study: dict[str, Any]) -> None:
    assert study["n_data"] > 30
    assert study["orphans"] == []
    assert study["unfinished"] == []


def test_the_same_command_finds_the_study_again(site: Site, study: dict[str, Any]) -> None:
    said = site.zif("run", str(site.folder / "study.yaml"))
    assert "is finished already" in said
    assert len(site.processes("StudyWorkChain")) == 1


def test_the_report_is_a_page(site: Site, study: dict[str, Any]) -> None:
    page = (site.folder / "results" / "report.html").read_text()
    assert "standin-glass" in page
    assert "no glass" in page
