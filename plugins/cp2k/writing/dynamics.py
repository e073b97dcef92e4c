"""The part of a CP2K input for molecular dynamics (no AiiDA)."""

from __future__ import annotations

from typing import Any

from aiida_zif.plugins.cp2k.task import AimdTask

BAR_PER_GPA = 1e4

RESTART_EVERY = 5
"""MD steps between two restart files, which is what a kill costs at most; a stop that CP2K sees coming costs none."""

RESTART_FILE = "start.restart"
"""Name under which a job finds the file that it goes on from."""


def dynamics_sections(task: AimdTask, restart: bool) -> dict[str, Any]:
    """Return the sections of a run at one temperature and one pressure, as nested mappings.

    Steps are numbered over the whole run, so that a part of it prints what belongs to the common grid. From a restart
    file CP2K takes positions, velocities, cell, thermostat, barostat and random numbers, but not their targets.

    :param task: the run, or the part of it that one job takes.
    :param restart: go on from :data:`RESTART_FILE`, which holds step ``task.first_step``.
    """
    temperature, pressure = task.temperatures[1], task.pressures[1]
    targets: dict[str, Any] = {"ENSEMBLE": "NVT" if task.ensemble == "nvt" else "NPT_F", **_thermostat(task)}
    if task.ensemble == "npt":
        targets["BAROSTAT"] = {"PRESSURE": pressure * BAR_PER_GPA, "TIMECON": task.barostat_time}
    steps = {
        "STEPS": int(task.steps - task.first_step),
        "STEP_START_VAL": int(task.first_step),
        "TIME_START_VAL": task.first_step * task.timestep,
    }
    dynamics = {**targets, **steps, "TIMESTEP": task.timestep, "TEMPERATURE": temperature}
    sections: dict[str, Any] = {
        "GLOBAL": {"SEED": int(task.seed) % 2**31},
        "MOTION": {"MD": dynamics, "PRINT": printed(1 if task.stride == "auto" else int(task.stride))},
    }
    sections["MOTION"]["PRINT"]["RESTART"] = {"EACH": {"MD": RESTART_EVERY}, "BACKUP_COPIES": 1}
    if restart:
        sections["EXT_RESTART"] = {"RESTART_FILE_NAME": RESTART_FILE}
    return sections


def _thermostat(task: AimdTask) -> dict[str, Any]:
    if task.thermostat == "langevin":
        return {"ENSEMBLE": "LANGEVIN", "LANGEVIN": {"GAMMA": 1.0 / task.thermostat_time}}
    kind = task.thermostat.upper()
    return {"THERMOSTAT": {"TYPE": kind, kind: {"TIMECON": task.thermostat_time}}}


def printed(stride: int) -> dict[str, Any]:
    """Return what a run writes every ``stride`` steps, and what it does not write at all."""
    each = {"EACH": {"MD": stride}}
    return {
        "TRAJECTORY": {"FORMAT": "XYZ", "UNIT": "angstrom", **each},
        "FORCES": {"FORMAT": "XYZ", "UNIT": "hartree*bohr^-1", **each},
        "CELL": dict(each),
        "VELOCITIES": {"_": "OFF"},
        "RESTART": {"_": "OFF"},
        "RESTART_HISTORY": {"_": "OFF"},
    }
