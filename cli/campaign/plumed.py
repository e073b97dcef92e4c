"""Before anything is stored: can the LAMMPS of a campaign do what its PLUMED input asks?"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

from aiida_zif.cli.common.profile import fail, load_if_there

if TYPE_CHECKING:
    from aiida_zif.workflows.campaign.loading import Campaign

THIS_MACHINE = ("localhost", "127.0.0.1")


def refuse_without_plumed(campaign: Campaign) -> None:
    """End if a system is explored with PLUMED that the LAMMPS of this machine lacks; other machines are not asked."""
    plumed = any(campaign.for_system(name).exploration.plumed for name in campaign.systems)
    if not plumed or not campaign.limits.cycles or not load_if_there():
        return
    from aiida import orm
    from aiida.common.exceptions import NotExistent

    label = campaign.code_labels()["lmp"]
    try:
        code: Any = orm.load_code(label)
    except NotExistent:
        return  # said where codes are needed
    if code.computer.hostname in THIS_MACHINE and not has_plumed(code.prepend_text, str(code.get_executable())):
        fail(
            f"exploration.plumed: found {label}, which was built without the package PLUMED; allowed is a LAMMPS that "
            "lists PLUMED in `lmp -h`. Set up such a code and name it as codes.lmp, or leave exploration.plumed out."
        )


def has_plumed(prepend_text: str, executable: str) -> bool:
    """Ask a LAMMPS what it was built with; one that does not answer is not blamed here."""
    from aiida_zif.setup.doctor.machine import run_in_shell

    try:
        return "PLUMED" in installed_packages(run_in_shell(prepend_text, [executable, "-h"]))
    except (OSError, subprocess.SubprocessError):
        return True


def installed_packages(answer: str) -> set[str]:
    """Return the packages that a LAMMPS was built with.

    :param answer: what ``lmp -h`` prints.
    """
    _, _, listed = answer.partition("Installed packages:")
    lines = listed.partition("List of individual style options")[0]
    return {word for word in lines.split() if word.replace("-", "").isalnum() and word.isupper()}
