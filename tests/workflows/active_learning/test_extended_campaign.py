"""A campaign that goes on from another one: what it takes over, labels, trains on, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida import orm
from fake_children import Ending, Run, make_chain, run_chain
from test_active_learning_work_chain import answers, inputs  # noqa: F401 - fixtures

from aiida_zif.plugins.data.dataset import blocks_in
from aiida_zif.provenance.queries.known_extension import known_extension, went_on_from
from aiida_zif.workflows.active_learning.extension.builder import builder_of_extension
from aiida_zif.workflows.active_learning.state.verdict import Verdict
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.user_input.problems import CampaignError

Factory = Callable[..., Any]


@pytest.fixture(scope="module")
def before(inputs: Factory, answers: dict[str, Callable[..., Ending]]) -> orm.WorkChainNode:  # noqa: F811
    """A campaign of one cycle that has handed over its results."""
    run = run_chain("zif.active_learning", inputs(limits={"cycles": 1}), lambda child: answers[child.name](child))
    assert run.exit_code is None
    node = run.chain.node
    node.label = "zinc-test"
    return node


@pytest.fixture(scope="module")
def study_frames(explored: Factory) -> Factory:
    """Factory of frames that a study did not trust, as a melt-quench hands them over."""

    def generate(deviations: list[float], seed: int, **kwargs: Any) -> Any:
        frames = explored(deviations, seed=seed, **kwargs)
        for name in ("run", "forces_predicted"):
            frames.delete_array(name)
        frames.set_array("stage", np.arange(len(deviations)) % 2)
        return frames.store()

    return generate


@pytest.fixture(scope="module")
def extended(
    before: orm.WorkChainNode,
    study_frames: Factory,
    answers: dict[str, Callable[..., Ending]],  # noqa: F811
) -> Run:
    """Its continuation with frames of a study and no further cycle, restarted after every step."""
    builder: Any = builder_of_extension(before, [study_frames([0.5, 0.05, 0.9, 7.0, 0.7], seed=901)])
    given = dict(builder._inputs(prune=True))
    return run_chain("zif.active_learning", given, lambda child: answers[child.name](child), checkpoints=True)


def test_it_labels_the_frames_of_the_study_trains_and_tests(extended: Run) -> None:
    assert extended.exit_code is None
    assert [child.link for child in extended.everyone] == ["c02_label_zinc_untrusted", "c02_train", "c02_test"]


def test_only_frames_between_the_trust_levels_are_labelled(extended: Run) -> None:
    (labelling,) = extended.named("LabelWorkChain")
    assert sorted(labelling.inputs.frames.get_array("max_force_deviation")) == [0.5, 0.7, 0.9]
    choices = [node for node in extended.chain.node.called if node.process_label == "select_untrusted"]
    report = choices[-1].outputs.report.get_dict()
    assert (report["n_explored"], report["n_accurate"], report["n_failed"], report["n_selected"]) == (5, 1, 1, 3)
    assert report["not_chosen"] == {"above_upper": 1, "accurate": 1}


def test_the_data_set_is_that_of_before_and_the_new_block(before: orm.WorkChainNode, extended: Run) -> None:
    (training,) = extended.named("TrainCommitteeWorkChain")
    old = {block.uuid for block in blocks_in(dict(before.outputs.dataset)).values()}
    new = {name: block.uuid for name, block in blocks_in(training.inputs.dataset).items() if block.uuid not in old}
    assert list(new) == ["c02_zinc_untrusted_attempt_0"]
    assert {block.uuid for block in blocks_in(extended.outputs["dataset"]).values()} == old | set(new.values())


def test_it_starts_from_the_committee_of_before_and_hands_over_another(
    before: orm.WorkChainNode, extended: Run
) -> None:
    (training,) = extended.named("TrainCommitteeWorkChain")
    old = {name: node.uuid for name, node in dict(before.outputs.committee).items()}
    assert {name: node.uuid for name, node in training.inputs.init_committee.items()} == old
    assert not {node.uuid for node in extended.outputs["committee"].values()} & set(old.values())


def test_it_is_tested_on_the_held_out_frames_of_before(before: orm.WorkChainNode, extended: Run) -> None:
    (test,) = extended.named("DeepmdTestCalculation")
    held_out = {node.uuid for node in dict(before.outputs.held_out).values()}
    assert {node.uuid for node in test.inputs.blocks.values()} == held_out


def test_the_verdict_goes_on_where_the_last_one_ended(before: orm.WorkChainNode, extended: Run) -> None:
    old, new = Verdict.from_node(before.outputs.verdict), Verdict.from_node(extended.outputs["verdict"])
    assert (new.cycle, new.n_labels) == (old.cycle + 1, old.n_labels + 3)
    assert (len(new.history), new.history[-1].n_labelled) == (len(old.history) + 1, 3)
    assert (new.finished, new.stop_reason) == (True, "trained")


def test_seeds_differ_from_all_that_were_used_before(before: orm.WorkChainNode, extended: Run) -> None:
    trainings = [node for node in before.called if node.process_label == "TrainCommitteeWorkChain"]
    used = {seed.value for training in trainings for seed in dict(training.inputs.seeds).values()}
    (training,) = extended.named("TrainCommitteeWorkChain")
    assert not {seed.value for seed in training.inputs.seeds.values()} & used


def test_the_graph_tells_what_it_goes_on_from(before: orm.WorkChainNode, extended: Run) -> None:
    assert went_on_from(extended.chain.node).pk == before.pk
    assert went_on_from(before) is None


def test_more_cycles_begin_with_the_committee_of_before(
    before: orm.WorkChainNode,
    answers: dict[str, Callable[..., Ending]],  # noqa: F811
) -> None:
    builder: Any = builder_of_extension(before, cycles=1)
    given = dict(builder._inputs(prune=True))
    run = run_chain("zif.active_learning", given, lambda child: answers[child.name](child), checkpoints=True)
    links = [child.link for child in run.everyone]
    assert links == ["c01_test", "c02_acquire_zinc", "c02_explore_zinc", "c02_label_zinc", "c02_train", "c02_test"]
    assert Verdict.from_node(run.outputs["verdict"]).stop_reason == "max_cycles"


def test_cycles_follow_the_frames_of_a_study(
    before: orm.WorkChainNode,
    study_frames: Factory,
    answers: dict[str, Callable[..., Ending]],  # noqa: F811
) -> None:
    builder: Any = builder_of_extension(before, [study_frames([0.4, 0.8], seed=911)], cycles=1)
    given = dict(builder._inputs(prune=True))
    run = run_chain("zif.active_learning", given, lambda child: answers[child.name](child))
    trainings = [child.link for child in run.everyone if child.link.endswith("train")]
    assert trainings == ["c02_train", "c03_train"]
    assert Verdict.from_node(run.outputs["verdict"]).cycle == 3


@pytest.mark.parametrize(("deviations", "said"), [([0.01, 0.02], "zinc, 2 accurate"), ([9.0], "zinc, 1 above upper")])
def test_a_study_without_a_frame_worth_a_label_ends_it_with_the_reason(
    before: orm.WorkChainNode, study_frames: Factory, deviations: list[float], said: str
) -> None:
    builder: Any = builder_of_extension(before, [study_frames(deviations, seed=921)])
    run = run_chain("zif.active_learning", dict(builder._inputs(prune=True)), lambda child: Ending())
    assert run.everyone == []
    assert run.exit_code.status == 307
    assert said in run.exit_code.message


def test_a_frame_that_the_data_set_holds_is_not_labelled_again(
    before: orm.WorkChainNode,
    explored: Factory,
    answers: dict[str, Callable[..., Ending]],  # noqa: F811
) -> None:
    block = next(iter(blocks_in(dict(before.outputs.dataset)).values()))
    frames = explored([0.5] * (block.n_frames + 2), seed=931)
    positions = np.concatenate([block.positions, frames.positions[:2]])
    arrays = {"max_force_deviation": np.full(len(positions), 0.5)}
    again = type(frames)(block.symbols, positions, frames.cells, system="zinc", per_frame=arrays).store()
    builder: Any = builder_of_extension(before, [again, again])
    run = run_chain("zif.active_learning", dict(builder._inputs(prune=True)), lambda child: answers[child.name](child))
    (labelling,) = run.named("LabelWorkChain")
    assert not set(labelling.inputs.frames.frame_ids()) & set(block.frame_ids())
    assert labelling.inputs.frames.n_frames <= 2


def test_a_labelling_that_fails_ends_it_and_leaves_what_there_was(
    before: orm.WorkChainNode, study_frames: Factory
) -> None:
    builder: Any = builder_of_extension(before, [study_frames([0.5], seed=941)])
    run = run_chain("zif.active_learning", dict(builder._inputs(prune=True)), lambda child: Ending(exit_status=310))
    assert run.exit_code.status == 301


# -- what is refused ---------------------------------------------------------------------------------------------


def refused(*arguments: Any, **more: Any) -> list[Any]:
    """Return the problems of a continuation that cannot be."""
    with pytest.raises(CampaignError) as caught:
        builder_of_extension(*arguments, **more)
    return caught.value.problems


def test_nothing_to_do_is_refused(before: orm.WorkChainNode) -> None:
    (problem,) = refused(before)
    assert problem.fix == "give --from STUDY or --cycles N"


def test_frames_of_another_system_are_refused(before: orm.WorkChainNode, study_frames: Factory) -> None:
    (problem,) = refused(before, [study_frames([0.5], seed=951, system="other")])
    assert (problem.found, problem.allowed) == ("system 'other'", "systems zinc")


def test_frames_without_deviations_are_refused(before: orm.WorkChainNode, frames: Factory) -> None:
    (problem,) = refused(before, [frames(2, seed=952).store()])
    assert "max_force_deviation" in problem.allowed


def test_frames_in_another_cell_are_refused(before: orm.WorkChainNode, study_frames: Factory) -> None:
    small = study_frames([0.5], seed=953)
    twice = type(small)(
        small.symbols * 2, np.tile(small.positions, (1, 2, 1)), small.cells, system="zinc",
        per_frame={"max_force_deviation": np.array([0.5])},
    ).store()  # fmt: skip
    (problem,) = refused(before, [twice])
    assert problem.allowed == "its 6 atoms in their order"


def test_a_limit_that_is_used_up_is_refused_unless_more_labels_are_given(
    before: orm.WorkChainNode, study_frames: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = [study_frames([0.5], seed=954)]
    used = Verdict.from_node(before.outputs.verdict).n_labels
    with monkeypatch.context() as patch:
        settings = Settings.from_node(before.inputs.settings)
        limits = settings.limits.model_copy(update={"labels": used})
        patch.setattr(Settings, "from_node", lambda node: settings.model_copy(update={"limits": limits}))
        (problem,) = refused(before, frames)
        assert problem.field == "--labels"
        builder: Any = builder_of_extension(before, frames, labels=5)
    assert builder.settings["limits"]["labels"] == used + 5


def test_a_campaign_without_results_is_refused(inputs: Factory) -> None:  # noqa: F811
    chain = make_chain("zif.active_learning", inputs())
    (problem,) = refused(chain.node, cycles=1)
    assert "has not" in problem.found


def test_the_same_continuation_is_known(
    before: orm.WorkChainNode,
    study_frames: Factory,
    answers: dict[str, Callable[..., Ending]],  # noqa: F811
) -> None:
    frames = [study_frames([0.5, 0.6], seed=961)]
    builder: Any = builder_of_extension(before, frames)
    assert known_extension(builder) is None
    run = run_chain("zif.active_learning", dict(builder._inputs(prune=True)), lambda child: answers[child.name](child))
    same = builder_of_extension(before, frames)
    assert known_extension(same).pk == run.chain.node.pk
    assert known_extension(builder_of_extension(before, frames, cycles=2)) is None
    assert known_extension(builder_of_extension(before, [study_frames([0.5], seed=962)])) is None
