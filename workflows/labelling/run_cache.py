"""AIMD runs that the profile holds already: the same run at the same level is linked instead of run again.

AiiDA's own caching would copy the jobs one by one and ask for the same code on the same computer; here the whole run
is looked for, and its blocks are inputs of what takes them over.
"""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.cp2k.levels.level import is_itself
from aiida_zif.plugins.cp2k.task import Task, read_task
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.workflows.labelling.label_cache import collect

RUN = "aiida.workflows:zif.aimd"


def known_run(frames: FramesData, task: orm.Dict, level_hash: str) -> orm.WorkChainNode | None:
    """Return the oldest complete run from the same first frame, with the same task, at the same level.

    :param frames: where the run starts.
    :param task: of ``zif.aimd``; its seed is part of it, so that runs of other seeds are other runs.
    :param level_hash: of the level of theory.
    """
    query = orm.QueryBuilder().append(orm.Dict, filters={"attributes.seed": task["seed"]}, tag="task")
    ended = {"process_type": RUN, "attributes.exit_status": 0}
    query.append(orm.WorkChainNode, with_incoming="task", edge_filters={"label": "task"}, filters=ended, tag="run")
    query.order_by({"run": {"id": "asc"}})
    wanted = read_task(task.get_dict())  # a task of before a gate was added says the same
    for run in query.all(flat=True):
        level = run.inputs.cp2k.level
        same = level["hash"] == level_hash and _is_task(run.inputs.task.get_dict(), wanted)
        if (
            same
            and is_itself(level.get_dict())
            and run.inputs.frames.frame_ids()[0] == frames.frame_ids()[0]
            and is_complete(run)
        ):
            return run
    return None


def _is_task(content: dict[str, Any], wanted: Task) -> bool:
    """Whether a stored task is another one in no respect; one that no version would run any more is not the same."""
    try:
        return read_task(content) == wanted
    except ValueError:
        return False


def is_complete(run: orm.WorkChainNode) -> bool:
    """Whether a run computed its labels itself, and came to its end."""
    report = run.outputs.report
    return bool(report["n_labelled"] and not report["n_rejected"].get("not_reached") and not report.get("n_reused"))


def take_known_run(frames: FramesData, task: orm.Dict, level: orm.Dict) -> dict[str, Any] | None:
    """Take over the labels of a run; None if it was never run.

    :returns: ``labelled``, one block, and ``report``.
    """
    run: Any = known_run(frames, task, level["hash"])
    if run is None:
        return None
    numbered = sorted(run.outputs.blocks.items(), key=lambda item: int(item[0].rpartition("_")[2]))
    inputs: dict[str, Any] = {f"source_{index}": block for index, (_, block) in enumerate(numbered)}
    inputs["metadata"] = {"call_link_label": "reuse"}
    result: dict[str, Any] = reuse_run(frames, run.outputs.report, **inputs)
    return result


@calcfunction
def reuse_run(frames: FramesData, report: orm.Dict, **sources: LabelledFramesData) -> dict[str, orm.Data]:
    """Put the blocks of a run together, in the order of its steps.

    :param frames: where the run starts, in the campaign that asks for it.
    :param report: of the run.
    :param sources: its blocks, links to the origin of every label.
    :returns: ``labelled`` and the ``report``, which says that nothing was computed.
    """
    names = sorted(sources, key=lambda name: int(name.rpartition("_")[2]))
    picked = [(sources[name], index) for name in names for index in range(sources[name].n_frames)]
    content = report.get_dict()
    account = {**content, "n_jobs": 0, "n_reused": content["n_labelled"], "wall_s": 0.0}
    return {"labelled": collect(picked, frames.system), "report": orm.Dict(account)}
