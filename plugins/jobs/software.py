"""The versions of the software of a process, recorded on its node when it starts."""

from __future__ import annotations

import json
import platform
import subprocess
from functools import lru_cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Any

from aiida.engine import Process

PACKAGE = "aiida-zif"
PACKAGES = ("aiida-cp2k", "ase", "numpy", "scipy")
"""Beside AiiDA and this package, those whose version can change what a step writes or makes of its results."""

VERSION = "version"
"""Attribute of process nodes in which AiiDA keeps ``core`` and ``plugin``; it does not count for AiiDA's cache."""


class RecordsSoftware(Process):
    """A process whose node says which packages, and which commit of this one, it began with."""

    def _setup_version_info(self) -> dict[str, Any]:
        """Add to what AiiDA stores: ``plugin`` (this package), ``commit``, ``python`` and :data:`PACKAGES`."""
        found = {**super()._setup_version_info()[VERSION], **running_software()}
        self.node.base.attributes.set(VERSION, found)
        return {VERSION: found}


@lru_cache(maxsize=1)
def running_software() -> dict[str, str]:
    """Return versions by name, read once a program: a program goes on with what it has loaded.

    :returns: ``plugin``, ``python``, :data:`PACKAGES`, and ``commit`` where it is known.
    """
    own = distribution(PACKAGE)
    found = {"plugin": own.version, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    commit = commit_of(own)
    return found | ({"commit": commit} if commit else {})


def commit_of(package: Distribution) -> str | None:
    """Return the commit that a package was installed from, with ``-dirty`` if files were changed since.

    A package in editable mode is asked through its checkout, one that pip fetched by version control through what pip
    noted down (``direct_url.json``, PEP 610). None for a wheel of an index, and where git does not answer.
    """
    try:
        origin = json.loads(package.read_text("direct_url.json") or "{}")
    except ValueError:
        return None
    if origin.get("dir_info", {}).get("editable"):
        return commit_of_checkout(Path(__file__).resolve().parents[2])
    return origin.get("vcs_info", {}).get("commit_id")


def commit_of_checkout(folder: Path) -> str | None:
    """Return the commit of a checkout, with ``-dirty`` if tracked files differ from it; None where it has none."""
    if not (folder / ".git").exists():
        return None  # git would answer for a folder above
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
