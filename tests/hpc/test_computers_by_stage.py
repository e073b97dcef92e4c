"""Labels on one computer, training on another, exploration on a third: each gets what its jobs need, no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from cluster import HOST, Cluster
from postgresql import PostgresqlServer
from site_of_tests import Site
from test_campaign_through_slurm import FACTS, HERE, PATIENCE, WHERE_JOBS_RAN, stand_ins

pytestmark = [pytest.mark.hpc, pytest.mark.slow, pytest.mark.long]
SSH = {"transport": "core.ssh_async", "hostname": HOST}
COMPUTERS: dict[str, dict[str, str]] = {
    "labels": {**SSH, "scheduler": "core.slurm"},
    "training": {**SSH, "scheduler": "core.direct"},
    "exploring": {"transport": "core.local", "hostname": "localhost", "scheduler": "core.direct"},
}
CODES = {"cp2k": "labels", "dp": "training", "lmp": "exploring", "python": "exploring"}


def write_computer(folder: Path, label: str) -> Path:
    """Write the files of one of the computers, and of its codes; return their folder."""
    files = folder / label
    files.mkdir()
    place = {"work_dir": str(folder / "work" / label), "mpirun_command": "mpirun -np {tot_num_mpiprocs}"}
    connection: dict[str, Any] = {"safe_interval": 0, "use_login_shell": False}
    contents: dict[str, dict[str, Any]] = {
        "computer": {"label": label, **COMPUTERS[label], **place, "mpiprocs_per_machine": 2},
        "configure": {"host": HOST, **connection} if "ssh" in COMPUTERS[label]["transport"] else connection,
    }
    for name, code in stand_ins().items():
        if CODES[name] == label:
            contents[name] = {"label": name, "computer": label, "with_mpi": False, **code}
    for name, content in contents.items():
        (files / f"{name}.yaml").write_text(yaml.safe_dump(content))
    return files


def write_campaign(folder: Path) -> Path:
    """Write the campaign of the tests with a computer of its own for each stage, and members that share a job."""
    campaign = yaml.safe_load((HERE / "campaign.yaml").read_text())
    campaign["codes"] = {name: f"{name}@{label}" for name, label in CODES.items()}
    campaign["resources"] = {"label": {"queue_name": "cpu"}, "train": {"lanes": 2, "concurrent": 1}}
    file = folder / "campaign.yaml"
    file.write_text(yaml.safe_dump(campaign))
    return file


def test_a_campaign_moves_to_a_computer_only_what_its_stage_needs(
    postgresql_server: PostgresqlServer, cluster: Cluster, tmp_path: Path
) -> None:
    site = Site(tmp_path, postgresql_server, cluster)
    site.make_profile("zif", "--bare")
    for label in COMPUTERS:
        site.zif("setup", "computer", str(write_computer(tmp_path, label)), "--private", "--poll", "1")
    try:
        results = ["--dir", str(tmp_path / "results")]
        site.zif("run", str(write_campaign(tmp_path)), *results, timeout=PATIENCE)
    finally:
        site.zif("daemon", "stop", check=False)
    summary = json.loads((tmp_path / "results" / "summary.json").read_text())
    facts = json.loads(site.python(str(FACTS), str(summary["pk"])).stdout)
    assert (summary["exit_status"], facts["orphans"], facts["failed"]) == (0, [], [])
    jobs = json.loads(site.python("-c", WHERE_JOBS_RAN).stdout)
    assert {(label, process) for label, _, _, process in jobs} == {
        ("labels", "Cp2kLabelCalculation"),
        ("training", "DeepmdTrainPackCalculation"),
        ("training", "DeepmdTestCalculation"),
        ("exploring", "LammpsExploreCalculation"),
    }
    assert what_lies(tmp_path / "work" / "labels") == {"models": 0, "data_sets": 0, "trajectories": 0}
    exploring = what_lies(tmp_path / "work" / "exploring")
    assert (exploring["models"], exploring["data_sets"]) == (2, 0), "the members of one committee, once"
    trainings = [job for job in jobs if job[3].startswith("DeepmdTrain")]
    training = what_lies(tmp_path / "work" / "training")
    assert training["data_sets"] == len(trainings) + 2, "once for all members of a job, and once a test"
    assert training["trajectories"] == 0


def what_lies(folder: Path) -> dict[str, int]:
    """Count what was sent to a computer or made there: models that were not trained there, data sets, trajectories."""
    names = [path.name for path in folder.rglob("*")]
    return {
        "models": sum(name.startswith("model_") and name.endswith(".pb") for name in names),
        "data_sets": sum(name == "data" for name in names),
        "trajectories": sum(name.endswith((".dump", ".lammpstrj")) for name in names),
    }
