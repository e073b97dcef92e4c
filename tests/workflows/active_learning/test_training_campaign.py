"""A campaign that only trains: one committee, one test, a verdict, and nothing else is started."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida import orm
from fake_children import Child, Ending, Run, make_chain, run_chain

from aiida_zif.plugins.data.dataset import blocks_in
from aiida_zif.workflows.active_learning.builder import described_structures, fill_builder
from aiida_zif.workflows.active_learning.judging.judge_training import trained
from aiida_zif.workflows.active_learning.state.history import HeldOutError
from aiida_zif.workflows.active_learning.state.verdict import Verdict
from aiida_zif.workflows.campaign.schema.convergence import HeldOutError as Asked

Factory = Callable[..., Any]
NOTHING = {"aimd": [], "perturbed": {"frames": 0}}


def unpushed(block: Factory, n_frames: int, seed: int) -> Any:
    """Return a block whose forces add up to zero, as the gates ask."""
    return block(n_frames, seed=seed, forces=np.zeros((n_frames, 6, 3))).store()


@pytest.fixture(scope="module")
def inputs(codes: dict[str, Any], campaign: Factory, atoms: Any, block: Factory) -> Factory:
    """Inputs of a campaign that only trains, on two blocks; it is given no code but dp."""

    def generate(names: tuple[str, ...] = ("dp",), **overrides: Any) -> dict[str, Any]:
        learnt, kept = unpushed(block, 4, 800), unpushed(block, 3, 801)
        uses = {"seed_data": {"imported": [learnt.uuid]} | NOTHING, "held_out": {"imported": [kept.uuid], "aimd": []}}
        checked = campaign(level_of_theory="imported", limits={"cycles": 0}, **uses, **overrides)
        structure = orm.StructureData(ase=atoms).store()
        builder = fill_builder(checked, {name: codes[name] for name in names}, {"zinc": structure})
        return dict(builder._inputs(prune=True))

    return generate


def answer(child: Child, potential: Factory) -> Ending:
    """Train and test; nothing else is asked for."""
    if child.name == "TrainCommitteeWorkChain":
        return Ending({"committee": {name: potential() for name in child.inputs.seeds}})
    errors = orm.ArrayData()
    (label,) = child.inputs.blocks
    errors.set_array(f"{label}__force_rmse", np.full((2, 3), 0.2))
    return Ending({"output_parameters": orm.Dict({}), "errors": errors})


@pytest.fixture(scope="module")
def finished(inputs: Factory, potential: Factory) -> Run:
    """Such a campaign, restarted after every step."""
    return run_chain("zif.active_learning", inputs(), lambda child: answer(child, potential), checkpoints=True)


def test_it_trains_and_tests_and_starts_nothing_else(finished: Run) -> None:
    assert [child.link for child in finished.everyone] == ["c00_train", "c00_test"]
    assert finished.exit_code is None


def test_it_learns_the_imported_blocks_and_is_tested_on_those_held_out(finished: Run) -> None:
    (training,) = finished.named("TrainCommitteeWorkChain")
    (test,) = finished.named("DeepmdTestCalculation")
    learnt = {node.uuid for node in blocks_in(training.inputs.dataset).values()}
    kept = {node.uuid for node in test.inputs.blocks.values()}
    assert (len(learnt), len(kept), learnt & kept) == (1, 1, set())
    assert {node.uuid for node in blocks_in(finished.outputs["dataset"]).values()} == learnt
    assert {node.uuid for node in finished.outputs["held_out"].values()} == kept


def test_its_verdict_says_the_held_out_error_in_words(finished: Run) -> None:
    verdict = Verdict.from_node(finished.outputs["verdict"])
    assert (verdict.finished, verdict.stop_reason, verdict.cycle, verdict.n_labels) == (True, "trained", 0, 0)
    ended = verdict.criterion("trained")
    assert ended is not None
    assert ended.words.startswith("held-out force RMSE 0.2 eV/Å")


def test_its_committee_is_trained_for_as_long_as_the_last_one(inputs: Factory, potential: Factory) -> None:
    given = inputs(training={"steps": {"first": 20, "last": 60}})
    (training, _) = run_chain("zif.active_learning", given, lambda child: answer(child, potential)).everyone
    assert training.inputs.train.parameters["training"]["numb_steps"] == 60


@pytest.mark.parametrize(("found", "met"), [(0.1, True), (0.3, False), (None, False)])
def test_an_error_that_is_asked_for_is_met_or_blocks(found: float | None, met: bool) -> None:
    error = HeldOutError(rmse=found, low=found - 0.01, high=found + 0.01) if found else None
    verdict = trained(Verdict(cycle=0, n_labels=0), error, Asked(below="0.2 eV/Å", confidence=0.9), 0.9)
    criterion = verdict.criterion("held_out_error")
    assert criterion is not None
    assert criterion.met is met
    assert (verdict.blocking is None) is met


def test_a_campaign_with_cycles_is_refused_without_the_codes_for_them(
    codes: dict[str, Any], campaign: Factory, atoms: Any
) -> None:
    structure = orm.StructureData(ase=atoms).store()
    builder = fill_builder(campaign(), {"dp": codes["dp"], "cp2k": codes["cp2k"]}, {"zinc": structure})
    with pytest.raises(ValueError, match="found no lmp, python, which the campaign needs"):
        make_chain("zif.active_learning", dict(builder._inputs(prune=True)))


def test_a_system_may_be_described_by_its_oldest_imported_frame(campaign: Factory, block: Factory) -> None:
    first, second = unpushed(block, 2, 810), unpushed(block, 2, 811)
    kept = unpushed(block, 2, 812)
    uses = {
        "seed_data": {"imported": [second.uuid, first.uuid]} | NOTHING,
        "held_out": {"imported": [kept.uuid], "aimd": []},
    }
    described = campaign((), level_of_theory="imported", limits={"cycles": 0},
                         systems={"zinc": {"structure": "imported"}}, **uses)  # fmt: skip
    structure = described_structures(described)["zinc"]
    assert structure.creator.process_label == "structure_of_frames"
    assert np.allclose(structure.get_ase().positions, first.positions[0])
