"""Tests that are killed leave neither a server nor a folder behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from cluster import missing_programs
from leftovers import sweep
from postgresql import find_programs
from wanting import skip

pytestmark = [pytest.mark.hpc, pytest.mark.slow]
SERVERS = """
import json, os, signal
from cluster import Cluster
from postgresql import PostgresqlServer
cluster, server = Cluster(), PostgresqlServer()
cluster.call("sbatch", "--output=/dev/null", "--wrap", "sleep 300")
pids = [process.pid for process in [*cluster.processes.values(), server.process]]
print(json.dumps([pids, str(cluster.folder), str(server.folder)]), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_servers_of_killed_tests_end_and_their_folders_are_removed() -> None:
    if missing_programs() or find_programs() is None:
        skip("servers are not installed")
    killed = subprocess.run(
        [sys.executable, "-c", SERVERS], cwd=Path(__file__).parent, capture_output=True, text=True, timeout=600
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    pids, *folders = json.loads(killed.stdout)
    deadline = time.monotonic() + 600
    while any(psutil.pid_exists(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
    assert {str(folder) for folder in sweep()} >= set(folders)
    assert not [folder for folder in folders if Path(folder).exists()]
