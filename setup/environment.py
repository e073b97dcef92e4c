"""Paths: the checkout, its AiiDA folder, the executables. No AiiDA import here."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

PROFILE = "zif"
AIIDA_FOLDER = ".aiida"


def checkout() -> Path | None:
    """Return the folder of the checkout, or None when the package was installed from a wheel."""
    root = Path(__file__).resolve().parent.parent
    return root if (root / "pyproject.toml").is_file() else None


def select_aiida_folder(create: bool = False) -> Path | None:
    """Use the AiiDA folder of the checkout unless AIIDA_PATH is set.

    Has to run before ``aiida`` is imported: AiiDA reads AIIDA_PATH at import, and makes the folder it names. A
    checkout in which no profile was ever made gives way to the user's own configuration in the home folder.

    :param create: take the checkout's folder in any case.
    :returns: the folder that holds ``.aiida``, or None if AiiDA's own default applies.
    """
    if chosen := os.environ.get("AIIDA_PATH"):
        return Path(chosen)
    root = checkout()
    if root is None:
        return None
    has_own, has_users = ((folder / AIIDA_FOLDER / "config.json").is_file() for folder in (root, Path.home()))
    if has_users and not (has_own or create):
        return None
    os.environ["AIIDA_PATH"] = str(root)
    return root


def scripts_folder() -> Path:
    """Return the folder with the console scripts of this Python (``.venv/bin``)."""
    return Path(sys.executable).parent


def search_path_without_venv() -> str:
    """Return PATH without this environment's scripts: its MPICH must not shadow the system's Open MPI."""
    own = scripts_folder()
    return os.pathsep.join(p for p in os.environ.get("PATH", os.defpath).split(os.pathsep) if p and Path(p) != own)


def find_executable(variable: str, name: str, search_path: str) -> Path | None:
    """Find an executable: the user's own choice first, then by name.

    :param variable: environment variable with the user's choice, a path or a command name.
    :param name: command name to look for if the variable is unset or empty.
    :param search_path: folders to look in, joined by ``:``.
    :returns: absolute path, or None if there is no such executable.
    """
    wanted = os.environ.get(variable) or name
    if wanted.startswith("~"):
        wanted = str(Path(wanted).expanduser())
    found = shutil.which(wanted, path=search_path)
    return Path(found).absolute() if found else None
