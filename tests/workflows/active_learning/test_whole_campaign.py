"""One small campaign with the three real codes, undisturbed and killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

HERE = Path(__file__).parents[1]
CAMPAIGN = HERE / "small-campaign.yaml"
PATIENCE = 900.0

pytestmark = [pytest.mark.codes, pytest.mark.slow]


class Site:
    """An AiiDA folder of its own, and what happened in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "AIIDA_PATH": str(folder)}
        self.call("-m", "aiida_zif.setup.profile")

    def call(self, *arguments: str, check: bool = True) -> str:
        """Run Python in this folder and return what it prints."""
        done = subprocess.run(
            [sys.executable, *arguments], env=self.environment, capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.returncode == 0 or not check, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout

    def zif(self, *arguments: str) -> str:
        """Run `aiida-zif` in this folder."""
        return self.call("-c", "from aiida_zif.cli.main import main; main()", *arguments)

    def run(self) -> dict[str, Any]:
        """Run the campaign to its end, or go on with it, and return its summary and facts."""
        self.zif("run", str(CAMPAIGN), "--dir", str(self.folder / "results"))
        summary = json.loads((self.folder / "results" / "summary.json").read_text())
        facts = json.loads(self.call(str(HERE / "campaign_facts.py"), str(summary["pk"])))
        return {"summary": summary, **facts}

    def kill_everything(self) -> int:
        """End the daemon, its workers and every job of this folder at once, as a power loss would."""
        victims = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get("AIIDA_PATH", "").startswith(str(self.folder))
                if (ours and process.pid != os.getpid()) or str(self.folder) in process.cwd():
                    victims.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        for process in victims:
            process.send_signal(signal.SIGKILL)
        return len(victims)


def make_site(folder: Path) -> Iterator[Site]:
    site = Site(folder)
    try:
        yield site
    finally:
        site.zif("daemon", "stop")


@pytest.fixture(scope="module")
def undisturbed_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from make_site(tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture(scope="module")
def undisturbed(undisturbed_site: Site) -> dict[str, Any]:
    return undisturbed_site.run()


def test_the_campaign_ends_well_after_its_cycles(undisturbed: dict[str, Any]) -> None:
    summary = undisturbed["summary"]
    assert summary["exit_status"] == 0
    assert summary["stop_reason"] == "max_cycles"
    assert [iteration["iteration"] for iteration in summary["iterations"]] == [0, 1, 2]
    assert all(iteration["force_rmse_eV_per_A"] > 0 for iteration in summary["iterations"])


def test_every_data_node_is_an_input_or_has_a_creator(undisturbed: dict[str, Any]) -> None:
    assert undisturbed["n_data"] > 50
    assert undisturbed["orphans"] == []


def test_every_explored_frame_is_counted_once(undisturbed: dict[str, Any]) -> None:
    for iteration in undisturbed["summary"]["iterations"][:-1]:
        verdicts = [iteration[key] for key in ("n_accurate", "n_candidate", "n_failed")]
        assert iteration["n_explored"] == sum(verdicts) > 0
        assert iteration["n_explored"] == iteration["n_selected"] + sum(iteration["n_not_chosen"].values())


def test_no_frame_is_labelled_twice(undisturbed: dict[str, Any]) -> None:
    labelled = [key for keys in undisturbed["labelled"].values() for key in keys]
    assert len(labelled) == len(set(labelled)) == undisturbed["summary"]["total_labels"]


def test_no_held_out_frame_is_in_the_data_set(undisturbed: dict[str, Any]) -> None:
    dataset = {key for keys in undisturbed["dataset"].values() for key in keys}
    held_out = {key for keys in undisturbed["held_out"].values() for key in keys}
    assert held_out
    assert not dataset & held_out


def test_a_second_run_changes_nothing(undisturbed_site: Site, undisturbed: dict[str, Any]) -> None:
    again = undisturbed_site.run()
    assert again["summary"]["pk"] == undisturbed["summary"]["pk"]
    assert again["n_calcjobs"] == undisturbed["n_calcjobs"]


def test_verdi_archives_the_campaign(undisturbed_site: Site, undisturbed: dict[str, Any]) -> None:
    archive = undisturbed_site.folder / "campaign.aiida"
    pk = str(undisturbed["summary"]["pk"])
    undisturbed_site.call("-m", "aiida", "archive", "create", "--nodes", pk, "--", str(archive))
    assert archive.stat().st_size > 100_000


def test_a_campaign_killed_in_the_middle_ends_like_an_undisturbed_one(
    tmp_path: Path, undisturbed: dict[str, Any]
) -> None:
    for site in make_site(tmp_path):
        runner = subprocess.Popen(
            [sys.executable, "-c", "from aiida_zif.cli.main import main; main()", "run", str(CAMPAIGN)],
            env=site.environment,
            stdout=subprocess.DEVNULL,
        )
        wait_for_cycle(site, 1)
        assert site.kill_everything() >= 4
        assert runner.wait(timeout=60) != 0
        resumed = site.run()
        assert resumed["summary"]["exit_status"] == 0
        assert resumed["orphans"] == []
        assert_same_first_labels(resumed, undisturbed)
        labelled = [key for keys in resumed["labelled"].values() for key in keys]
        assert len(labelled) == len(set(labelled))


def wait_for_cycle(site: Site, cycle: int) -> None:
    """Wait until the campaign explores or labels in a cycle."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        status = site.call("-c", "from aiida_zif.cli.main import main; main()", "status", "--json", check=False)
        if status and any(now["cycle"] >= cycle for now in json.loads(status)["running"]):
            return
        time.sleep(2.0)
    raise AssertionError(f"cycle {cycle} was not reached in {PATIENCE:g} s")


def assert_same_first_labels(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Compare what follows from seed and codes alone: frames and energies before the first training."""
    first = [name for name in other["dataset"] if name.startswith("c00")]
    assert first
    for name in first:
        assert one["dataset"][name] == other["dataset"][name]
        assert one["energies"][name] == pytest.approx(other["energies"][name], abs=1e-5)
