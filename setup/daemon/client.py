"""AiiDA's daemon client, with a clean environment, and with support for paths with blanks."""

from __future__ import annotations

import os
import sys
import tempfile
from functools import cache
from pathlib import Path

from aiida.engine.daemon.client import DaemonClient

from aiida_zif.plugins.jobs.lost_database import MARK, mark_of
from aiida_zif.setup.daemon.processes import SUPERVISOR
from aiida_zif.setup.postgresql.target import ADMIN_VARIABLE, ROLE_VARIABLE

# Neither thread counts nor passwords of the terminal that starts the daemon may reach the jobs of a campaign.
_PRIVATE = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VIRTUAL_ENV", ADMIN_VARIABLE, ROLE_VARIABLE}


class OwnDaemonClient(DaemonClient):
    """Starts the daemon from a checkout whose path holds blanks, and with a clean environment.

    The supervisor gets its commands as one line each without quotes, so in a checkout with a blank in its path
    no worker would ever start. A link without blanks in the temporary folder stands in for the environment.
    """

    @property
    def _scripts(self) -> Path:
        return blank_free(Path(sys.executable).parent.parent) / "bin"

    @property
    def _verdi_bin(self) -> str:
        return str(self._scripts / "verdi")

    def cmd_start_daemon(self, number_workers: int = 1, foreground: bool = False) -> list[str]:
        """Return the command that starts the supervisor, with the interpreter named explicitly."""
        _, *words = super().cmd_start_daemon(number_workers, foreground)
        return [str(self._scripts / "python"), "-m", SUPERVISOR, *words]

    def get_env(self) -> dict[str, str]:  # type: ignore[override]  # a static method above
        """Return the environment of the daemon: ours, our scripts first, no thread counts, and a mark for workers."""
        env = {key: value for key, value in os.environ.items() if key not in _PRIVATE}
        env["PATH"] = os.pathsep.join([str(self._scripts), os.environ.get("PATH", os.defpath)])
        env["AIIDA_PATH"] = str(self._config.dirpath)
        env["PYTHONUNBUFFERED"] = "True"
        env[MARK] = mark_of(env["AIIDA_PATH"], self.profile.name)
        return env


@cache
def blank_free(folder: Path) -> Path:
    """Return a path without blanks for a folder: itself, or a link to it in the temporary folder."""
    if not any(character.isspace() for character in str(folder)):
        return folder
    link = Path(tempfile.mkdtemp(prefix="aiida_zif_")) / "env"
    link.symlink_to(folder)
    return link
