"""AIMD at the level of the labels: the blocks that a committee was trained on, and the level itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiida import orm

from aiida_zif.plugins.cp2k.task import AimdSettings, read_task
from aiida_zif.plugins.data.dataset import blocks_in
from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.workflows.properties.validation.settings import FramesReference


def blocks_of(committee: Mapping[str, Any]) -> dict[str, LabelledFramesData]:
    """Return the blocks that the models of a committee were trained on, by name; none of a model of others."""
    found: dict[str, LabelledFramesData] = {}
    for node in committee.values():
        training = node.creator
        if training is not None and "dataset" in training.inputs:
            found |= blocks_in(dict(training.inputs.dataset))
    return found


def level_of(committee: Mapping[str, Any]) -> str:
    """Return the level of theory of the labels of a committee, in words; empty where nobody knows it."""
    levels = {block.level_of_theory["line"] for block in blocks_of(committee).values()}
    return levels.pop() if len(levels) == 1 else ""


def aimd_references(
    committee: Mapping[str, Any], systems: Mapping[str, str]
) -> dict[str, tuple[FramesReference, LabelledFramesData]]:
    """Return the AIMD runs at constant temperature that a committee was trained on, as references of the crystal.

    Frames of a run were labelled when it was run, so that they are AIMD at the level of the labels.

    :param systems: label of a system in the study → label in the campaign.
    """
    found = {}
    for name, block in blocks_of(committee).items():
        run = _run_of(block)
        for here, there in systems.items():
            if run is None or block.system != there or block.n_frames < 2:
                continue
            found[f"aimd_{name}"] = (
                FramesReference(
                    system=here,
                    phase="crystal",
                    source=f"AIMD of the training set, block {name} <{block.pk}>",
                    temperature=run.temperatures[0],
                    kind="same-level AIMD",
                    level=block.level_of_theory["line"],
                ),
                block,
            )
    return found


def _run_of(block: LabelledFramesData) -> AimdSettings | None:
    """The AIMD run at constant temperature that made a block; None if something else did."""
    creator = block.creator
    task = creator.inputs.task if isinstance(creator, orm.CalcJobNode) and "task" in creator.inputs else None
    if task is None or task.get("mode") != "aimd":
        return None
    run = read_task(task.get_dict())
    return run if isinstance(run, AimdSettings) and not run.is_ramp else None
