"""A PostgreSQL server of the tests' own: on loopback, in a temporary folder, as a user without rights."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path

from leftovers import new_folder, sweep

ADMIN = "postgres"
PATIENCE = 60.0  # s for the server to answer on a busy machine


def find_programs() -> Path | None:
    """Return the folder with ``initdb`` and ``postgres``, the newest one, or None where there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = folders[-1] if folders else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def unprivileged_user() -> str | None:
    """Return whom to run as, since PostgreSQL refuses root; None if we are somebody else already."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class PostgresqlServer:
    """Starts with a password for its superuser; ends with the process that started it, however that ends.

    :param durable: write as a server does that must lose nothing, and log no statements.
    """

    def __init__(self, durable: bool = False) -> None:
        programs = find_programs()
        if programs is None:
            raise FileNotFoundError("no PostgreSQL server is installed: apt-get install postgresql")
        self.programs, self.durable = programs, durable
        self.host, self.port, self.password = "127.0.0.1", free_port(), secrets.token_urlsafe(12)
        sweep()
        self.folder = new_folder()
        self.user = unprivileged_user()
        self.process: subprocess.Popen[bytes] | None = None
        self._initialise()
        self.start()

    def _initialise(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password)
        if self.user:
            shutil.chown(self.folder, self.user)
            shutil.chown(secret, self.user)
        words = ["-D", str(self.folder / "data"), "-U", ADMIN, "-E", "UTF8", "--locale=C", f"--pwfile={secret}"]
        done = subprocess.run(
            self._as_user(str(self.programs / "initdb"), *words, "--auth=scram-sha-256", "--no-sync"),
            capture_output=True,
            text=True,
            cwd="/",
        )
        secret.unlink()
        if done.returncode:
            self.remove()
            raise RuntimeError(f"initdb failed: {done.stderr.strip()}")

    def _as_user(self, *command: str) -> list[str]:
        """Return a command that runs without root's rights, and ends when we do (SIGINT: a fast shutdown)."""
        whom = ["--reuid", self.user, "--regid", self.user_group(), "--clear-groups"] if self.user else []
        return ["setpriv", "--pdeathsig", "INT", *whom, "--", *command]

    def user_group(self) -> str:
        """Return the group of the user that the server runs as."""
        return str(pwd.getpwnam(str(self.user)).pw_gid)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        where = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}"]
        cheap = [] if self.durable else ["-c", "fsync=off", "-c", "shared_buffers=32MB", "-c", "log_statement=all"]
        command = [str(self.programs / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                self._as_user(*command, *where, *cheap), stdout=log, stderr=log, cwd="/", start_new_session=True
            )
        deadline = time.monotonic() + PATIENCE
        ready = [str(self.programs / "pg_isready"), "-q", "-h", self.host, "-p", str(self.port)]
        while subprocess.run(ready, check=False).returncode:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start: {self.log()[-2000:]}")
            time.sleep(0.1)

    def log(self) -> str:
        """Return what the server wrote: every statement that it was sent."""
        return (self.folder / "server.log").read_text(errors="replace")

    def stop(self) -> None:
        """Stop the server; it may be started again."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(2)  # SIGINT: roll back what is open, and go
            self.process.wait(timeout=PATIENCE)

    def remove(self) -> None:
        """Stop the server and forget its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
