"""An AiiDA folder whose profile lies on the tests' PostgreSQL server and whose jobs go to the tests' cluster."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from cluster import HOST, Cluster
from postgresql import PostgresqlServer

CLI = "from aiida_zif.cli.main import main; main()"


class Site:
    """Types commands, as a person would who may log in to the cluster."""

    def __init__(self, folder: Path, server: PostgresqlServer, cluster: Cluster | None = None) -> None:
        self.folder, self.server, self.cluster = folder, server, cluster
        home = str(cluster.home if cluster else folder)
        secrets = {"AIIDA_ZIF_PG_ADMIN_PASSWORD": server.password, "PGPASSFILE": str(folder / "pgpass")}
        self.environment = {**os.environ, "AIIDA_PATH": str(folder), "HOME": home, **secrets}

    def python(self, *words: str, check: bool = True, timeout: float = 300.0) -> subprocess.CompletedProcess[str]:
        """Run Python in this folder."""
        done = subprocess.run(
            [sys.executable, *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == 0 or not check, done.stdout[-3000:] + done.stderr[-3000:]
        return done

    def zif(self, *words: str, check: bool = True, timeout: float = 300.0) -> subprocess.CompletedProcess[str]:
        """Run `aiida-zif`."""
        return self.python("-c", CLI, *words, check=check, timeout=timeout)

    def make_profile(self, name: str, *words: str) -> None:
        """Make a profile on the server, with role and database of the folder's own."""
        own = f"{name}_{self.folder.name}".lower().replace("-", "_")[:60]
        place = ["--host", self.server.host, "--port", str(self.server.port), "--role", own, "--database", own]
        self.zif("setup", "profile", "--postgresql", "--name", name, *place, *words)

    def write_computer(self, codes: dict[str, dict[str, Any]], **changes: object) -> Path:
        """Write the files of the cluster and return their folder.

        :param codes: by label what differs from a code without MPI.
        """
        assert self.cluster is not None
        folder = self.folder / "cluster"
        folder.mkdir(exist_ok=True)
        computer = {
            "label": HOST,
            "hostname": HOST,
            "transport": "core.ssh_async",
            "scheduler": "core.slurm",
            "work_dir": str(self.cluster.work),
            "mpirun_command": "mpirun -np {tot_num_mpiprocs}",
            "mpiprocs_per_machine": 2,
        }
        contents: dict[str, dict[str, Any]] = {
            "computer": {**computer, **changes},
            "configure": {"host": HOST, "safe_interval": 0, "use_login_shell": False},
        }
        for label, code in codes.items():
            contents[label] = {"label": label, "computer": HOST, "with_mpi": False, **code}
        for name, content in contents.items():
            (folder / f"{name}.yaml").write_text(yaml.safe_dump(content))
        return folder
