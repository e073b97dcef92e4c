"""A campaign with stand-in codes on the tests' cluster, its database on the tests' server; both can be hurt."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg2
from campaign_folder import FACTS
from cluster import Cluster
from codes_of_cluster import stand_ins
from postgresql import PostgresqlServer
from site_of_tests import Site
from standin_campaign import StandIns, write_campaign

PATIENCE = 600.0  # s
RETRY_AFTER = (
    2  # s after which AiiDA tries a lost connection again, each time twice as long; five times, then it pauses
)
ENDED = ("finished", "excepted", "killed")
STATES = """
SELECT id, attributes->>'process_label', attributes->>'process_state', (attributes->>'exit_status')::int,
       coalesce(attributes->>'paused', 'false') = 'true'
FROM db_dbnode WHERE node_type LIKE 'process.%' ORDER BY id
"""


class HurtSite(Site):
    """A profile on the server, the cluster as its only computer, and codes that meet what is put in their way.

    :param real: codes that are no stand-ins, by label.
    """

    def __init__(
        self,
        folder: Path,
        server: PostgresqlServer,
        cluster: Cluster,
        real: dict[str, dict[str, Any]] | None = None,
        **pauses: float,
    ) -> None:
        super().__init__(folder, server, cluster)
        self.cluster: Cluster = cluster
        self.codes = StandIns(folder / "codes", **pauses)
        self.make_profile("zif", "--bare")
        files = self.write_computer({**stand_ins(self.codes.paths), **(real or {})})
        self.zif("setup", "computer", str(files), "--private", "--poll", "1")
        self.verdi("config", "set", "transport.task_retry_initial_interval", str(RETRY_AFTER))

    def verdi(self, *words: str) -> str:
        """Run ``verdi`` in this folder."""
        return self.python("-m", "aiida", *words).stdout

    def submit(self, resources: dict[str, Any] | None = None, **sections: Any) -> None:
        """Hand the campaign to the daemon; its label jobs ask for little memory."""
        codes = {label: f"{label}@{self.cluster.names['host']}" for label in (*self.codes.paths, "python")}
        label = {"ranks": 1, "concurrent": 2, "custom_scheduler_commands": "#SBATCH --mem=300"}
        file = write_campaign(self.folder, codes=codes, resources={"label": label, **(resources or {})}, **sections)
        self.zif("run", str(file), "--submit")

    def facts(self) -> dict[str, Any]:
        """Return what came of the campaign: frame ids of its blocks, orphans, processes that failed."""
        (pk,) = (process["pk"] for process in self.processes("ActiveLearningWorkChain"))
        return dict(json.loads(self.python(str(FACTS), str(pk)).stdout))

    # -- states ------------------------------------------------------------------------------------------------

    def processes(self, label: str | None = None) -> list[dict[str, Any]]:
        """Return pk, label, state and exit status of the processes, and whether they are paused."""
        config = json.loads((self.folder / ".aiida" / "config.json").read_text())
        access = config["profiles"]["zif"]["storage"]["config"]
        words = {"host": "hostname", "port": "port", "user": "username", "password": "password", "dbname": "name"}
        connection = psycopg2.connect(**{name: access[f"database_{key}"] for name, key in words.items()})
        try:
            with connection.cursor() as cursor:
                cursor.execute(STATES)
                names = ("pk", "label", "state", "exit_status", "paused")
                rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        finally:
            connection.close()
        return [row for row in rows if label in (None, row["label"])]

    def wait(self, until: Callable[[], Any], what: str) -> Any:
        """Wait until something is true, and return it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if answer := until():
                return answer
            time.sleep(0.5)
        raise AssertionError(f"not within {PATIENCE:g} s: {what}; {self.processes()[-6:]}")

    def wait_for_end(self) -> dict[str, Any]:
        """Wait until the campaign has ended, and return its process."""
        campaigns = lambda: self.processes("ActiveLearningWorkChain")  # noqa: E731
        return dict(self.wait(lambda: next((c for c in campaigns() if c["state"] in ENDED), None), "the end"))

    def wait_for_pause(self) -> None:
        """Wait until AiiDA has paused a process."""
        self.wait(lambda: any(process["paused"] for process in self.processes()), "a paused process")

    # -- faults ------------------------------------------------------------------------------------------------

    def hold(self, label: str) -> str:
        """Let the next job of a code stop half-way and wait; return its number once it does."""
        self.codes.put_fault(label, "hold")
        return self.codes.wait_for_fault(label, "hold", PATIENCE)

    def restart_database(self) -> None:
        """Stop the database under everybody's hands, and start it again some seconds later."""
        self.server.stop()
        time.sleep(3)
        self.server.start()

    def processes_here(self) -> list[psutil.Process]:
        """Return every process of this folder's daemon and its watchdog, none of the cluster."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                home = process.environ().get("AIIDA_PATH", "")
                if home.startswith(str(self.folder)) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found
