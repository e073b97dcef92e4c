"""A machine without a queue is never asked for more cores than it has."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiida import orm


@pytest.fixture
def code(aiida_profile: object, tmp_path: Path) -> Callable[..., str]:
    """Factory of codes by what runs the jobs of their computer."""

    def make(scheduler: str, transport: str = "core.local", cores: int | None = None) -> str:
        label = f"cores-{tmp_path.name}-{scheduler}-{transport}".replace(".", "-")
        place = {"transport_type": transport, "scheduler_type": scheduler, "workdir": str(tmp_path)}
        computer = orm.Computer(label, "localhost", **place).store()
        computer.set_default_mpiprocs_per_machine(cores)
        return str(orm.InstalledCode(computer, "/bin/true", label="cp2k").store().full_label)

    return make


def test_a_campaign_that_asks_for_more_is_refused_before_anything_is_stored(
    invoke: Callable[..., Any], campaign_file: Any, code: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2})
    text = f"codes: {{cp2k: {code('core.direct')}}}\nresources: {{label: {{ranks: 2, threads: 2}}}}\n"
    refused = invoke("check", campaign_file(new=text))
    assert refused.exit_code == 2
    assert "resources.label" in refused.stderr
    assert "4 cores at once (2 ranks × 2 threads × 1 jobs)" in refused.stderr
    assert "{ranks: 3, threads: 1, concurrent: 1}" in refused.stderr


def test_a_study_of_convergence_may_take_fewer_ranks_than_the_campaign(
    campaign_file: Any, code: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aiida_zif.cli.campaign.machine import refuse_oversubscription
    from aiida_zif.cli.campaign.reading import read_campaign

    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0})
    campaign = read_campaign(campaign_file(new=f"codes: {{cp2k: {code('core.direct')}}}\n"), None)
    with pytest.raises(SystemExit):
        refuse_oversubscription(campaign, ("cp2k",))
    refuse_oversubscription(campaign, ("cp2k",), ranks=1)


@pytest.mark.parametrize(("scheduler", "cores"), [("core.slurm", None), ("core.direct", 8)])
def test_a_queue_and_a_machine_that_is_large_enough_are_not(code: Any, scheduler: str, cores: int | None) -> None:
    from aiida_zif.cli.campaign.machine import code_if_there
    from aiida_zif.workflows.campaign.checks.machine_cores import cores_without_queue

    assert cores_without_queue(code_if_there(code(scheduler, "core.ssh_async", cores))) == cores
