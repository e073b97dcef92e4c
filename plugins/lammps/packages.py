"""What a LAMMPS was built with, from what it says of itself with ``-h`` (no AiiDA)."""

from __future__ import annotations


def installed_packages(answer: str) -> set[str]:
    """Return the packages of a LAMMPS.

    :param answer: what ``lmp -h`` prints.
    """
    _, _, listed = answer.partition("Installed packages:")
    lines = listed.partition("List of individual style options")[0]
    return {word for word in lines.split() if word.replace("-", "").isalnum() and word.isupper()}
