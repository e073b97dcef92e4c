"""The loop from the first label to the verdict: what each step is given, and how failures end it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aiida import orm
from aiida.common import AttributeDict
from fake_children import Child, Ending, Run, make_chain, run_chain

Factory = Callable[..., Any]
DEVIATIONS = [0.05, 0.4, 0.9, 0.2, 0.3]
RUNS = [{"label": label, "ended": "completed"} for label in ("300K_0GPa", "600K_0GPa")]


@pytest.fixture(scope="module")
def inputs(codes: dict[str, Any], campaign: Factory, atoms: Any) -> Factory:
    """Inputs of a campaign."""

    def generate(labels: tuple[str, ...] = ("zinc",), **overrides: Any) -> dict[str, Any]:
        from aiida_zif.workflows.builder import fill_builder

        structures = {label: orm.StructureData(ase=atoms) for label in labels}
        builder = fill_builder(campaign(labels, **overrides), codes, structures)
        return dict(builder._inputs(prune=True))

    return generate


@pytest.fixture(scope="module")
def answers(block: Factory, potential: Factory, explored: Factory) -> dict[str, Callable[..., Ending]]:
    """How children end that do what they are asked to."""

    def label(child: Child, n_rejected: int = 0) -> Ending:
        is_batch = child.inputs.task["mode"] == "batch"
        given = child.inputs.frames
        labelled = block(of=given) if is_batch else block(3, seed=child.node.pk)
        return Ending({"blocks": {"attempt_0": labelled}, "report": report(labelled.n_frames, n_rejected)})

    def train(child: Child) -> Ending:
        return Ending({"committee": {name: potential() for name in child.inputs.seeds}})

    def explore(child: Child, deviations: list[float] = DEVIATIONS) -> Ending:
        control = explored([0.1, *deviations[1:2]], seed=child.node.pk)
        if deviations:  # one of the random frames is also the best candidate
            control.set_array("positions", control.positions)
        counts = {"n_accurate": 40, "n_candidate": len(deviations), "n_failed": 0, "n_explored": 40 + len(deviations)}
        statistics = {"runs": RUNS, "deviation": {"q50": 0.1}, "histogram": {"edges": [], "counts": []}, **counts}
        system = next(iter(child.inputs.starts))
        found = {"candidates": explored(deviations, seed=99), "control": control}
        return Ending(
            {name: {system: node} for name, node in found.items()}
            | {"output_parameters": {system: orm.Dict(statistics)}}
        )

    def test(child: Child) -> Ending:
        return Ending({"output_parameters": orm.Dict({"block": {}})})

    return {
        "LabelWorkChain": label,
        "TrainCommitteeWorkChain": train,
        "ExploreWorkChain": explore,
        "DeepmdTestCalculation": test,
    }
