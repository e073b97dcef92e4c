"""A throw-away AiiDA folder, the commands that are typed on it, and ways to hurt its daemon."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

HERE = Path(__file__).parent
PATIENCE = 600.0  # s, on whatever machine


class Machine:
    """A throw-away AiiDA folder and the commands that are typed on it, each in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**os.environ, "AIIDA_PATH": str(folder), "PYTHONPATH": str(HERE)}
        self.env.pop("AIIDA_PROFILE", None)
        self.gates = 0

    def command(self, *words: str | Path) -> list[str]:
        return [sys.executable, str(HERE / "campaign_driver.py"), *map(str, words)]

    def __call__(self, *words: str | Path) -> dict[str, Any]:
        done = subprocess.run(
            self.command(*words), env=self.env, capture_output=True, text=True, timeout=2 * PATIENCE, check=False
        )
        assert done.returncode == 0, done.stderr
        answer = dict(json.loads(done.stdout.splitlines()[-1]))
        if "message" in answer:
            print(answer["message"])  # shown by pytest -rP: how long it took
        return answer

    def gate(self, is_open: bool = False) -> Path:
        """Return the path of a file for which jobs wait; it is made to let them go on."""
        self.gates += 1
        gate = self.folder / f"gate {self.gates}"
        if is_open:
            gate.touch()
        return gate

    def zif(self, *words: str) -> str:
        """Run ``aiida-zif`` and return what it prints."""
        return self.python("-c", "from aiida_zif.cli.main import main; main()", *words)

    def verdi(self, *words: str) -> str:
        """Run ``verdi`` and return what it prints."""
        return self.python("-m", "aiida", *words)

    def python(self, *words: str) -> str:
        """Run Python on this AiiDA folder and return what it prints."""
        command = [sys.executable, *words]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=2 * PATIENCE, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def processes(self) -> list[psutil.Process]:
        """Every live process that carries this AiiDA folder in its environment, jobs excluded."""
        found = []
        for process in psutil.process_iter():
            try:
                mine = process.environ().get("AIIDA_PATH", "").startswith(str(self.folder))
                if mine and process.status() != psutil.STATUS_ZOMBIE and "daemon" in " ".join(process.cmdline()):
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    def fixed(self) -> int:
        """Return how often the watchdog has fixed the daemon, as its log says."""
        logs = self.folder.glob(".aiida/daemon/log/*watchdog.log")
        return sum(log.read_text().count(": fixed: daemon started") for log in logs)

    def assert_finished_once(self) -> None:
        """The work chain ended well, no job ran twice, and no task is left."""
        seen = self("wait_finished")
        assert seen["total"] == 6
        assert seen["jobs"] == ["finished"] * 4


def kill(pids: Iterable[int]) -> None:
    """End processes at once, as a power loss would."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
