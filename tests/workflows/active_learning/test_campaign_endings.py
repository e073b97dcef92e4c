"""How a campaign ends: nothing left to learn, nothing to be learnt, a hopeless committee, a system that fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida import orm
from aiida.common.links import LinkType
from fake_children import Child, Ending, Run, end, run_chain
from test_active_learning_work_chain import DEVIATIONS, answers, inputs  # noqa: F401 - fixtures

from aiida_zif.plugins.data.dataset import blocks_in

Answers = dict[str, Callable[..., Ending]]
Factory = Callable[..., Any]

pytestmark = pytest.mark.slow  # every test takes a campaign through many steps


def after_test(error: float) -> Ending:
    """A test on held-out frames whose every frame has this force RMSE."""
    array = orm.ArrayData()
    array.set_array("c00_zinc_held_out_0_attempt_0__force_rmse", np.full((2, 3), error))
    array.set_array("c00_zinc_held_out_0_attempt_0__max_force_deviation", np.array([0.1, 0.2, 0.3]))
    return Ending({"output_parameters": orm.Dict({}), "errors": array})


@pytest.fixture
def run(inputs: Factory, answers: Answers) -> Factory:  # noqa: F811
    """Run a campaign; ``own`` answers by start of the link's label before the usual answers do."""

    def play(*labels: str, own: dict[str, Callable[..., Ending]], checkpoints: bool = False, **overrides: Any) -> Any:
        def answer(child: Child) -> Ending:
            for start, special in own.items():
                if child.link[4:].startswith(start):
                    return special(child)
            return answers[child.name](child)

        return run_chain("zif.active_learning", inputs(*labels, **overrides), answer, checkpoints)

    return play


def steps_of(run: Any, stage: str) -> list[str]:
    """Names of the children of one stage."""
    return [child.link for child in run.everyone if child.link[4:].startswith(stage)]


def test_a_campaign_that_has_converged_says_so(run: Factory, answers: Answers) -> None:  # noqa: F811
    convergence = {"cycles": 2, "held_out_error": {"below": "0.1 eV/Å"}, "accurate_share": {"above": 0.7}}
    done = run(
        "zinc",
        own={"test": lambda child: after_test(0.2 if child.link == "c00_test" else 0.05)},
        convergence=convergence,
        limits={"cycles": 9},
    )
    verdict = done.outputs["verdict"].get_dict()
    assert done.exit_code is None
    assert (verdict["stop_reason"], verdict["cycle"], verdict["blocking"]) == ("converged", 3, None)
    assert steps_of(done, "train")[-1] == "c03_train"
    first = next(c for c in done.chain.node.called if c.label == "c01_judge").outputs.result.get_dict()
    assert "held-out force RMSE 0.2 eV/Å" in first["blocking"]


def test_a_committee_that_cannot_learn_is_stopped_with_advice_and_nothing_is_lost(run: Factory) -> None:
    done = run("zinc", own={"test": lambda child: after_test(0.3)}, convergence={"patience": 2}, limits={"cycles": 9})
    assert done.exit_code.status == 502
    assert "taught nothing" in done.exit_code.message
    assert "training.steps" in done.exit_code.message
    assert done.outputs["verdict"]["stop_reason"] == "not_learning"
    assert done.outputs["verdict"]["cycle"] == 3
    assert {"committee", "dataset", "held_out"} <= set(done.outputs)


def test_a_hopeless_first_committee_burns_no_labels(run: Factory, answers: Answers) -> None:  # noqa: F811
    def explore(child: Child) -> Ending:
        ending = answers["ExploreWorkChain"](child)
        (system,) = child.inputs.starts
        counts = ending.outputs["output_parameters"][system].get_dict()
        counts |= {"n_explored": 100, "n_accurate": 0, "n_candidate": 4, "n_failed": 96}
        ending.outputs["output_parameters"][system] = orm.Dict(counts)
        return ending

    done = run("zinc", own={"explore": explore})
    assert done.exit_code.status == 501
    assert "at least 95%" in done.exit_code.message
    assert "exploration.temperatures" in done.exit_code.message
    assert not [name for name in steps_of(done, "label") if name.startswith("c01")]


@pytest.mark.parametrize(("job_status", "status"), [(503, 501), (320, 304)])
def test_jobs_that_blame_the_committee_are_told_from_those_that_crashed(
    run: Factory, job_status: int, status: int
) -> None:
    def explore(child: Child) -> Ending:
        job = orm.CalcJobNode()
        job.base.links.add_incoming(child.node, LinkType.CALL_CALC, "zinc")
        job.store()
        end(job, Ending(exit_status=job_status, exit_message="What happened. What to do."))
        return Ending(exit_status=330, exit_message="Failed for every system. Do this.")

    done = run("zinc", own={"explore": explore})
    assert done.exit_code.status == status
    said = "What happened. Train it longer" if status == 501 else "Failed for every system. Do this"
    assert said in done.exit_code.message
    assert ".." not in done.exit_code.message


def explores(systems: dict[str, list[float] | None], answers: Answers) -> Callable[[Child], Ending]:  # noqa: F811
    """An exploration that brings back for each system frames of these deviations; None brings nothing."""

    def explore(child: Child) -> Ending:
        (system,) = child.inputs.starts
        deviations = systems[system]
        if deviations is None:
            return Ending(exit_status=330, exit_message="exploration failed for every system")
        return answers["ExploreWorkChain"](child, deviations=deviations)

    return explore


def test_a_system_that_always_fails_is_left_out_and_the_others_go_on(
    run: Factory,
    answers: Answers,  # noqa: F811
    block: Factory,
) -> None:
    def label_iron(child: Child) -> Ending:
        labelled = block(3, seed=child.seed, system="iron")
        return Ending({"blocks": {"a": labelled}, "report": orm.Dict({"n_labelled": 3, "n_rejected": {}})})

    own = {"explore": explores({"zinc": DEVIATIONS, "iron": None}, answers), "label_iron": label_iron}
    done = run("zinc", "iron", own=own, limits={"cycles": 3})
    assert done.exit_code is None
    explored = sorted(child.link for child in done.named("ExploreWorkChain"))
    assert explored == [
        "c01_explore_iron",
        "c01_explore_zinc",
        "c02_explore_iron",
        "c02_explore_zinc",
        "c03_explore_zinc",
    ]
    verdict = done.outputs["verdict"].get_dict()
    assert verdict["systems"]["iron"]["quarantined"]
    assert not verdict["systems"]["zinc"]["quarantined"]
    assert verdict["stop_reason"] == "max_cycles"


def test_a_system_without_first_labels_is_left_out_and_the_others_go_on(run: Factory, answers: Answers) -> None:  # noqa: F811
    lost = orm.Dict({"n_labelled": 0, "n_rejected": {"scf_not_converged": 3}})
    own = {
        "label_iron": lambda child: Ending({"report": lost.clone()}, exit_status=310, exit_message="none"),
        "explore": explores({"zinc": []}, answers),
    }
    done = run("zinc", "iron", own=own)
    assert done.exit_code is None
    assert [sorted(child.inputs.starts) for child in done.named("ExploreWorkChain")] == [["zinc"]]
    assert len(steps_of(done, "label_iron")) == 1
    assert done.outputs["verdict"]["stop_reason"] == "nothing_left_to_label"
    assert "3 scf not converged" in done.outputs["verdict"]["systems"]["iron"]["cause"]


def test_if_every_system_fails_the_campaign_ends_with_the_cause(run: Factory) -> None:
    lost = orm.Dict({"n_labelled": 0, "n_rejected": {"scf_not_converged": 3}})
    own = {"label": lambda child: Ending({"report": lost.clone()}, exit_status=310, exit_message="none")}
    done = run("zinc", "iron", own=own)
    assert done.exit_code.status == 301


# -- calibration -----------------------------------------------------------------------------------------------


def called_again(done: Run, name: str) -> list[orm.ProcessNode]:
    """Return the calls of a function that count where every step was taken twice."""
    return sorted((node for node in done.chain.node.called if node.process_label == name), key=lambda n: n.pk)[1::2]


def test_deviation_and_error_are_related_after_every_labelled_cycle(run: Factory) -> None:
    done = run("zinc", own={"test": lambda child: after_test(0.05)}, checkpoints=True, limits={"cycles": 3})
    found = called_again(done, "calibrate")
    assert [node.label for node in found] == ["c01_calibrate", "c02_calibrate", "c03_calibrate"]
    counts = [node.outputs.result["pooled"] and node.outputs.result["pooled"]["n"] for node in found]
    assert counts == sorted({*counts})  # every cycle adds frames, and the first has enough
    assert set(found[-1].outputs.result["systems"]) == {"zinc"}
    plans = called_again(done, "plan_exploration")
    assert [("calibration" in node.inputs) for node in plans] == [False, True, True]
    assert plans[1].inputs.calibration.uuid == found[0].outputs.result.uuid
    assert all(any(name.startswith("block_") for name in node.inputs) for node in plans)  # whose errors are whose


# -- the length of training ------------------------------------------------------------------------------------


def test_training_grows_from_cycle_to_cycle_and_the_last_committee_gets_the_longest(
    run: Factory,
    answers: Answers,  # noqa: F811
) -> None:
    def explore(child: Child) -> Ending:
        empty = {"deviations": []} if child.link == "c02_explore_zinc" else {}
        return answers["ExploreWorkChain"](child, **empty)

    done = run("zinc", own={"explore": explore}, training={"steps": {"first": 100, "last": 1600}}, limits={"cycles": 4})
    lengths = {
        child.link: child.inputs.train.parameters["training"]["numb_steps"]
        for child in done.named("TrainCommitteeWorkChain")
    }
    assert done.outputs["verdict"]["stop_reason"] == "nothing_left_to_label"
    assert lengths == {"c00_train": 100, "c01_train": 200, "c02_train": 1600}


def test_a_long_training_is_ended_by_the_held_out_frames_and_learns_none_of_them(
    run: Factory,
    answers: Answers,  # noqa: F811
) -> None:
    own = {"explore": lambda child: answers["ExploreWorkChain"](child, deviations=[])}
    for early_stop in (True, False):
        done = run("zinc", own=own, training={"steps": 300_000, "early_stop": early_stop})
        (child,) = done.named("TrainCommitteeWorkChain")
        watched = {node.uuid for node in child.inputs.train.get("validation", {}).values()}
        held_out = {node.uuid for node in done.outputs["held_out"].values()}
        assert watched == (held_out if early_stop else set())
        assert not held_out & {block.uuid for block in blocks_in(child.inputs.dataset).values()}
