"""A throw-away AiiDA folder in which one campaign runs and can be hurt.

States are read from the database file, which costs nothing.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

FACTS = Path(__file__).parents[1] / "workflows" / "campaign_facts.py"
PATIENCE = 1800.0  # s, on whatever machine


class CampaignFolder:
    """An AiiDA folder, its profile and one campaign.

    :param folder: to make everything in.
    :param variables: environment of all commands, beside what is there.
    """

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.environment = {**os.environ, "AIIDA_PATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **variables}
        self.environment.pop("AIIDA_PROFILE", None)
        folder.mkdir(parents=True, exist_ok=True)
        self.call("-m", "aiida_zif.setup.profile")

    # -- commands ----------------------------------------------------------------------------------------------

    def call(self, *words: str, check: bool = True) -> str:
        """Run Python in this folder and return what it prints."""
        command = [sys.executable, *words]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0 or not check, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout

    def zif(self, *words: str, check: bool = True) -> str:
        """Run ``aiida-zif`` in this folder."""
        return self.call("-c", "from aiida_zif.cli.main import main; main()", *words, check=check)

    def verdi(self, *words: str, check: bool = True) -> str:
        """Run ``verdi`` in this folder."""
        return self.call("-m", "aiida", *words, check=check)

    def facts(self) -> dict[str, Any]:
        """Return what came of the campaign: frame ids of its blocks, orphans, processes that failed."""
        (pk,) = (process["pk"] for process in self.processes("ActiveLearningWorkChain"))
        return dict(json.loads(self.call(str(FACTS), str(pk))))

    # -- states ------------------------------------------------------------------------------------------------

    @property
    def database(self) -> Path:
        """The file of the database."""
        return next(self.folder.glob(".aiida/repository/*/database.sqlite"))

    def processes(self, label: str | None = None) -> list[dict[str, Any]]:
        """Return pk, label, state, exit status and time of the processes, of one kind or of all."""
        names = {"label": "process_label", "state": "process_state", "exit_status": "exit_status"}
        columns = ", ".join(f"json_extract(attributes, '$.{key}')" for key in names.values())
        query = f"SELECT id, {columns} FROM db_dbnode WHERE node_type LIKE 'process.%' ORDER BY id"
        with closing(sqlite3.connect(self.database)) as connection:
            rows = [dict(zip(("pk", *names), row, strict=True)) for row in connection.execute(query)]
        return [row for row in rows if label in (None, row["label"])]

    def wait(self, until: Callable[[], Any], what: str, pause: float = 0.2) -> Any:
        """Wait until something is true, and return it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if answer := until():
                return answer
            time.sleep(pause)
        raise AssertionError(f"not within {PATIENCE:g} s: {what}; {self.processes()[-5:]}")

    def wait_for_process(self, label: str, number: int) -> None:
        """Wait until there are so many processes of a kind; a campaign that ends before is an error."""
        self.wait(lambda: len(self.processes(label)) >= number or self.ended(), f"{number} x {label}")
        assert len(self.processes(label)) >= number, self.processes()[-5:]

    def wait_for_end(self) -> dict[str, Any]:
        """Wait until the campaign has ended, and return its process."""
        return dict(self.wait(self.ended, "the end of the campaign"))

    def ended(self) -> dict[str, Any] | None:
        """Return the process of the campaign if it has ended."""
        campaigns = self.processes("ActiveLearningWorkChain")
        return next((c for c in campaigns if c["state"] in ("finished", "excepted", "killed")), None)

    # -- what runs ---------------------------------------------------------------------------------------------

    def daemon(self) -> list[psutil.Process]:
        """Return every process of this folder's daemon and its watchdog."""
        return [process for process in self.alive() if any("daemon" in word for word in words_of(process))]

    def workers(self) -> list[psutil.Process]:
        """Return the workers of this folder's daemon."""
        return [process for process in self.alive() if words_of(process)[-2:] == ["daemon", "worker"]]

    def alive(self) -> list[psutil.Process]:
        """Return every live process of this folder, jobs included, this one not."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                home = process.environ().get("AIIDA_PATH", "")  # of the daemon: the folder .aiida
                ours = any(path.startswith(str(self.folder)) for path in (home, process.cwd()))
                if ours and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found


def words_of(process: psutil.Process) -> list[str]:
    """Return the command line of a process, nothing if it has ended."""
    try:
        return list(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []


def kill(processes: Iterable[psutil.Process]) -> int:
    """End processes at once, as a power loss would; return how many."""
    victims = list(processes)
    for victim in victims:
        with suppress(psutil.NoSuchProcess):
            victim.send_signal(signal.SIGKILL)
    psutil.wait_procs(victims, timeout=10.0)
    return len(victims)
