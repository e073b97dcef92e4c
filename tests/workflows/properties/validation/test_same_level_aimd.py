"""AIMD of the training set is found through the graph, and nothing else is taken for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiida import orm
from aiida.common.links import LinkType
from fake_children import Ending, end

AIMD = {"mode": "aimd", "temperature": 300.0, "timestep": 0.5, "steps": 12, "stride": 4, "seed": 3}
RAMP = {**AIMD, "temperature": [300.0, 900.0], "steps": 200, "stride": 10}


def labelled(block: Callable[..., Any], task: dict[str, Any], **kwargs: Any) -> Any:
    """A block that a job with this task made."""
    job = orm.CalcJobNode()
    job.base.links.add_incoming(orm.Dict(task).store(), LinkType.INPUT_CALC, "task")
    job.store()
    made = block(3, **kwargs)
    end(job, Ending({"labelled": made}))
    return made


def trained(potential: Callable[..., Any], **blocks: Any) -> dict[str, Any]:
    """A committee of one model that learned these blocks."""
    job = orm.CalcJobNode()
    for name, node in blocks.items():
        job.base.links.add_incoming(node, LinkType.INPUT_CALC, f"dataset__{name}")
    job.store()
    model = potential()
    end(job, Ending({"potential": model}))
    return {"model_0": model}


def test_runs_at_one_temperature_are_references_and_ramps_and_batches_are_not(
    block: Callable[..., Any], potential: Callable[..., Any]
) -> None:
    from aiida_zif.workflows.properties.validation.aimd import aimd_references, level_of

    tasks = {"seed": AIMD, "ramp": RAMP, "cycle": {"mode": "batch"}}
    blocks = {name: labelled(block, task, seed=index) for index, (name, task) in enumerate(tasks.items())}
    committee = trained(potential, **blocks)
    found = aimd_references(committee, {"zif4": "zinc", "other": "absent"})
    assert set(found) == {"aimd_seed"}
    reference, node = found["aimd_seed"]
    assert (reference.system, reference.temperature, reference.kind) == ("zif4", 300.0, "same-level AIMD")
    assert reference.level == level_of(committee) == "GFN1-xTB of a test"
    assert node.pk == blocks["seed"].pk


def test_a_model_of_others_has_no_level_and_no_aimd(potential: Callable[..., Any]) -> None:
    from aiida_zif.workflows.properties.validation.aimd import aimd_references, level_of

    committee = {"model_0": potential().store()}
    assert level_of(committee) == ""
    assert aimd_references(committee, {"zif4": "zinc"}) == {}
