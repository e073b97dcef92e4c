"""A process that runs inside a command: Ctrl-C ends it together with its job, and the database stays whole."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from aiida_zif.plugins.cp2k.levels import load_level
from aiida_zif.workflows.engine.in_process import INTERRUPTED, run_to_its_end

pytestmark = pytest.mark.slow

OPTIONS = {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}, "withmpi": False}


def interrupt_when_there(file: Path) -> None:
    """Send Ctrl-C as soon as the job says that it runs."""
    for _ in range(12000):  # ten minutes, on whatever machine
        if file.is_file() and file.read_text().strip():
            break
        time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGINT)


def gone(pid: int) -> bool:
    """Whether a process that was told to end does so before long."""
    for _ in range(6000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_ctrl_c_ends_the_work_chain_and_its_job(
    localhost: Any, generate_frames: Callable, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from aiida import orm
    from aiida.plugins import WorkflowFactory

    running, executable = tmp_path / "pid", tmp_path / "cp2k"
    executable.write_text(f"#!/bin/sh\necho $$ > {running}\nexec sleep 3600\n")
    executable.chmod(0o755)
    inputs = {
        "frames": generate_frames(2),
        "task": orm.Dict({"mode": "batch"}),
        "cp2k": {
            "code": orm.InstalledCode(localhost, str(executable), label="sleeper"),
            "level": orm.Dict(load_level("gfn1-xtb").as_dict()),
            "metadata": {"options": OPTIONS},
        },
        "reuse": False,
    }
    before = signal.getsignal(signal.SIGINT)
    threading.Thread(target=interrupt_when_there, args=(running,), daemon=True).start()

    with pytest.raises(click.exceptions.Exit) as ended:
        run_to_its_end(WorkflowFactory("zif.label"), "Said at the end.", **inputs)

    assert ended.value.exit_code == INTERRUPTED
    assert "Said at the end." in capsys.readouterr().err
    chain, job = (orm.QueryBuilder().append(kind, project="*").order_by({kind: {"id": "desc"}}).first()[0]
                  for kind in (orm.WorkChainNode, orm.CalcJobNode))  # fmt: skip
    assert job.caller == chain
    assert chain.is_killed
    assert job.is_killed
    assert gone(int(running.read_text()))
    assert signal.getsignal(signal.SIGINT) is before
