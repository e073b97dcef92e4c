"""First labels of a campaign that the profile holds: they are reused, so they are not part of the cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiida import orm

from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.workflows.active_learning.imported.planned_frames import first_frames
from aiida_zif.workflows.active_learning.planning.first_labels import label_tasks
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.labelling.label_cache import known_labels
from aiida_zif.workflows.labelling.run_cache import known_run

if TYPE_CHECKING:
    from ase import Atoms

Tasks = dict[str, int]


def held_labels(settings: Settings, structures: dict[str, Atoms], levels: dict[str, str]) -> dict[str, Tasks]:
    """Return by system and name of the task how many units of the first labels are held: frames, or steps of a run.

    :param settings: of the campaign.
    :param structures: atoms by system.
    :param levels: hash of the level of theory by system.
    """
    if not settings.labelling.reuse:
        return {}
    return {
        system: {
            name: held_units(first_frames(atoms, start), task, levels[system])
            for name, (start, task) in label_tasks(settings, system).items()
        }
        for system, atoms in structures.items()
    }


def held_units(frames: FramesData, task: dict[str, Any], level_hash: str) -> int:
    """Return how many units of one labelling are held: all steps of a run or none, frames one by one."""
    if task["mode"] == "aimd":
        return task["steps"] + 1 if known_run(frames, orm.Dict(task), level_hash) is not None else 0
    return len(known_labels(frames.frame_ids(), level_hash))
