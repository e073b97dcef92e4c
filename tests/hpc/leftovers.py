"""What servers of killed tests leave behind: folders, and processes of theirs that the kernel did not end."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import psutil

PREFIX = "aiida-zif-server-"


def new_folder() -> Path:
    """Return a new temporary folder whose name tells which process owns it."""
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))


def sweep() -> list[Path]:
    """End the processes and remove the folders whose owner is dead, and return these folders."""
    folders = Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*")
    orphans = [folder for folder in folders if not psutil.pid_exists(int(folder.name[len(PREFIX) :].split("-")[0]))]
    for folder in orphans:
        for process in psutil.process_iter():
            if mentions(process, str(folder)):
                process.kill()
        shutil.rmtree(folder, ignore_errors=True)
    return orphans


def mentions(process: psutil.Process, folder: str) -> bool:
    """Whether a process was started with a folder in its command line or environment, or works in it."""
    try:
        return any(folder in word for word in [*process.cmdline(), *process.environ().values(), process.cwd()])
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False


if __name__ == "__main__":
    for swept in sweep():
        print(f"removed {swept}")
