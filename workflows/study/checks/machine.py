"""Checks of a study against the codes of the profile and the cores of its machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aiida import orm
from aiida.common.exceptions import NotExistent

from aiida_zif.workflows.campaign.checks.codes import code_problems, known_codes
from aiida_zif.workflows.campaign.checks.machine_cores import cores_without_queue
from aiida_zif.workflows.study.schema.resources import MdStage, StudyResources
from aiida_zif.workflows.user_input.problems import Problem

CODE_OF = {"md": "lmp"}
"""Stage: the code that runs it."""


def machine_problems(labels: Mapping[str, str], resources: StudyResources) -> Iterator[Problem]:
    """Yield what forbids to run a study with the codes of the loaded profile; a profile without any is not set up yet.

    :param labels: ``label@computer`` by code.
    """
    if not known_codes():
        return
    yield from code_problems(labels, resources, CODE_OF, "study")
    if labels["lmp"] == labels["python"]:
        found, fix = f"{labels['lmp']}, which is codes.python, too", "name the code of LAMMPS"
        yield Problem("study", None, "codes.lmp", found, "two codes: LAMMPS, and a Python with NumPy", fix)
    try:
        lmp = orm.load_code(labels["lmp"])
    except NotExistent:
        return  # named above
    yield from compression_problems(labels, lmp)
    cores = cores_without_queue(lmp)
    if cores is not None:
        yield from core_problems(resources.md, cores)


def compression_problems(labels: Mapping[str, str], lmp: orm.AbstractCode) -> Iterator[Problem]:
    """Models are compressed in the job that uses them."""
    try:
        dp = orm.load_code(labels["dp"]) if "dp" in labels else None
    except NotExistent:
        return  # named above
    home = lmp.computer
    if dp is not None and home is not None and dp.computer != home:
        allowed = f"a DeePMD-kit on {home.label}, the computer of codes.lmp"
        yield Problem("study", None, "codes.dp", labels["dp"], allowed, "name such a code, or leave dp out")


def core_problems(md: MdStage, cores: int) -> Iterator[Problem]:
    """Trajectories side by side use no more cores than a machine without a queue has."""
    wanted = md.processes * md.threads * md.concurrent
    if wanted > cores:
        found = f"{wanted} cores at once ({md.ranks} ranks × {md.threads} threads × {md.concurrent} jobs)"
        allowed = f"at most {cores} cores at once: this machine has no queue"
        fix = f"write for example {{ranks: 1, threads: 1, concurrent: {cores}}}"
        yield Problem("study", None, "resources.md", found, allowed, fix)
