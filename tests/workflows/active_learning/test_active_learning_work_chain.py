"""The loop from the first label to the verdict: what each step is given, and how failures end it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aiida import orm
from aiida.common import AttributeDict
from aiida.common.links import LinkType
from fake_children import Child, Ending, Run, ended, make_chain, run_chain

from aiida_zif.plugins.data.dataset import blocks_in
from aiida_zif.plugins.data.frame_sets import concatenate, subset
from aiida_zif.workflows.active_learning.state.verdict import Verdict

Factory = Callable[..., Any]
DEVIATIONS = [0.2, 0.4, 0.9, 0.3]
COMPLETED = [
    {"label": label, "ended": "completed", "n_explored": 25, "n_accurate": 20} for label in ("300K_0GPa", "600K_0GPa")
]


@pytest.fixture(scope="module")
def inputs(codes: dict[str, Any], campaign: Factory, atoms: Any) -> Factory:
    """Inputs of a campaign."""

    def generate(*labels: str, **overrides: Any) -> dict[str, Any]:
        from aiida_zif.workflows.active_learning.builder import fill_builder

        structures = {label: orm.StructureData(ase=atoms).store() for label in labels or ("zinc",)}
        return dict(fill_builder(campaign(tuple(structures), **overrides), codes, structures)._inputs(prune=True))

    return generate


@pytest.fixture(scope="module")
def answers(block: Factory, potential: Factory, explored: Factory) -> dict[str, Callable[..., Ending]]:
    """How children of each class end that do what they are asked to; one control frame is a chosen one."""

    def label(child: Child, system: str = "zinc") -> Ending:
        batch = child.inputs.task["mode"] == "batch"
        labelled = block(of=child.inputs.frames) if batch else block(3, seed=child.seed, system=system)
        report = {"n_labelled": labelled.n_frames, "n_rejected": {}}
        return Ending({"blocks": {"attempt_0": labelled}, "report": orm.Dict(report)})

    def train(child: Child) -> Ending:
        return Ending({"committee": {name: potential() for name in child.inputs.seeds}})

    def explore(child: Child, deviations: list[float] = DEVIATIONS, runs: list[Any] = COMPLETED) -> Ending:
        (system,) = child.inputs.starts
        candidates = explored(deviations, seed=child.seed, system=system)
        again = subset(candidates, [2] if len(deviations) > 2 else [])
        control = concatenate(explored([0.05], seed=child.seed + 1, system=system), again)
        counts = {"n_explored": 50, "n_accurate": 40, "n_candidate": 10 if deviations else 0, "n_failed": 0}
        statistics = {"runs": runs, "deviation": {"q50": 0.1}, "histogram": {"edges": [], "counts": []}, **counts}
        found = {"candidates": candidates, "control": control, "output_parameters": orm.Dict(statistics)}
        return Ending({name: {system: node} for name, node in found.items()})

    def test(child: Child) -> Ending:
        return Ending({"output_parameters": orm.Dict({})})

    return {
        "AimdWorkChain": label,
        "LabelWorkChain": label,
        "TrainCommitteeWorkChain": train,
        "ExploreWorkChain": explore,
        "DeepmdTestCalculation": test,
    }


@pytest.fixture(scope="module")
def finished(inputs: Factory, answers: dict[str, Callable[..., Ending]]) -> Run:
    """A campaign whose second cycle finds nothing left to label, restarted after every step."""

    def answer(child: Child) -> Ending:
        if child.link == "c02_explore_zinc":
            return answers[child.name](child, deviations=[])
        return answers[child.name](child)

    return run_chain(
        "zif.active_learning",
        inputs(limits={"cycles": 5}, resources={"label": {"concurrent": 3}}),
        answer,
        checkpoints=True,
    )


def test_a_campaign_survives_a_restart_after_every_step(finished: Run) -> None:
    assert [child.link for child in finished.everyone] == [
        "c00_label_zinc_seed_aimd_0",
        "c00_label_zinc_held_out_0",
        "c00_label_zinc_seed_perturbed",
        "c00_train",
        "c00_test",
        "c01_acquire_zinc",
        "c01_explore_zinc",
        "c01_label_zinc",
        "c01_train",
        "c01_test",
        "c02_acquire_zinc",
        "c02_explore_zinc",
    ]


def test_no_candidates_left_is_success(finished: Run) -> None:
    assert finished.exit_code is None
    verdict = finished.outputs["verdict"].get_dict()
    assert (verdict["finished"], verdict["stop_reason"], verdict["cycle"]) == (True, "nothing_left_to_label", 2)


def test_the_verdict_counts_every_label(finished: Run) -> None:
    blocks = [*finished.outputs["dataset"].values(), *finished.outputs["held_out"].values()]
    assert finished.outputs["verdict"]["n_labels"] == sum(block.n_frames for block in blocks) == 3 + 3 + 4 + 4


def test_no_training_sees_a_held_out_frame(finished: Run) -> None:
    held_out = {node.uuid for node in finished.outputs["held_out"].values()}
    trainings = finished.named("TrainCommitteeWorkChain")
    seen = {block.uuid for child in trainings for block in blocks_in(child.inputs.dataset).values()}
    assert len(held_out) == 1
    assert not held_out & seen
    assert not held_out & {block.uuid for block in blocks_in(finished.outputs["dataset"]).values()}


def test_every_committee_is_tested_on_the_same_held_out_frames(finished: Run) -> None:
    held_out = {name: node.uuid for name, node in finished.outputs["held_out"].items()}
    for child in finished.named("DeepmdTestCalculation"):
        assert {name: node.uuid for name, node in child.inputs.blocks.items()} == held_out


def test_the_data_set_grows_by_the_block_of_the_cycle(finished: Run) -> None:
    first, second = (blocks_in(child.inputs.dataset) for child in finished.named("TrainCommitteeWorkChain"))
    assert list(first) == ["c00_zinc_seed_aimd_0_attempt_0", "c00_zinc_seed_perturbed_attempt_0"]
    assert list(second) == [*first, "c01_zinc_attempt_0"]
    assert list(blocks_in(finished.outputs["dataset"])) == list(second)


def test_a_process_has_one_link_to_the_data_set_however_many_blocks_it_has(finished: Run) -> None:
    for child in (*finished.named("TrainCommitteeWorkChain"), *finished.named("AcquireWorkChain")):
        assert list(child.inputs.dataset) == ["zinc"]


def test_the_data_set_is_made_from_the_one_before_and_the_new_blocks(finished: Run) -> None:
    dataset = finished.outputs["dataset"]["zinc"]
    made_of = dataset.creator.base.links.get_incoming(link_type=LinkType.INPUT_CALC).all()
    assert sorted(link.link_label for link in made_of) == ["c01_zinc_attempt_0", "previous"]


def test_a_later_committee_starts_from_the_one_before(finished: Run) -> None:
    first, second = finished.named("TrainCommitteeWorkChain")
    before = first.node.outputs.committee
    assert "init_committee" not in first.inputs
    assert {name: node.uuid for name, node in second.inputs.init_committee.items()} == {
        name: before[name].uuid for name in ("model_0", "model_1")
    }


def test_exploration_is_driven_by_the_latest_committee(finished: Run) -> None:
    for training, exploration in zip(
        finished.named("TrainCommitteeWorkChain"), finished.named("ExploreWorkChain"), strict=True
    ):
        trained = {node.uuid for node in training.node.outputs.committee.values()}
        assert {node.uuid for node in exploration.inputs.committee.values()} == trained


def test_exploration_starts_from_labelled_frames_and_as_many_as_there_are_runs(finished: Run) -> None:
    dataset = {key for block in blocks_in(finished.outputs["dataset"]).values() for key in block.frame_ids()}
    for child in finished.named("ExploreWorkChain"):
        starts = child.inputs.starts.zinc
        assert starts.n_frames == len(child.inputs.runs.zinc)
        assert set(starts.frame_ids()) <= dataset


def test_a_random_frame_that_was_chosen_anyway_is_labelled_once(finished: Run) -> None:
    (child,) = [child for child in finished.named("LabelWorkChain") if child.link == "c01_label_zinc"]
    frames = child.inputs.frames
    assert frames.get_array("role").tolist() == [0, 0, 0, 1]
    assert len(set(frames.frame_ids())) == 4


def test_chosen_and_random_frames_are_compared_once_labelled(finished: Run) -> None:
    acquired = finished.named("AcquireWorkChain")[0].node
    (*_, compared) = [entry.node for entry in acquired.base.links.get_outgoing(link_label_filter="compare")]
    result = compared.outputs.result
    assert (result["n_chosen"], result["n_control"]) == (3, 1)
    assert result["chosen"] == pytest.approx(0.1)


def test_every_output_has_the_label_of_its_block(finished: Run) -> None:
    labels = set(finished.chain.node.base.links.get_outgoing().all_link_labels())
    assert {"committee__model_0", "dataset__zinc", "verdict"} <= labels


def test_the_last_committee_is_the_result(finished: Run) -> None:
    last = finished.named("TrainCommitteeWorkChain")[-1].node.outputs.committee
    assert {node.uuid for node in finished.outputs["committee"].values()} == {node.uuid for node in last.values()}


# -- single steps ----------------------------------------------------------------------------------------------


@pytest.fixture
def campaign_at(inputs: Factory) -> Factory:
    """A campaign that stands before some step, with this context."""

    def prepare(*labels: str, answer: Any = None, overrides: dict[str, Any] | None = None, **context: Any) -> Run:
        chain = make_chain("zif.active_learning", inputs(*labels, **(overrides or {})))
        empty = {"dataset": AttributeDict(), "held_out": AttributeDict(), "reports": AttributeDict()}
        empty |= {"cycle": 0, "held_out_names": [], "queue": [], "failed": []}
        empty["frames"] = AttributeDict(
            {name: AttributeDict({"system": "zinc"}) for name in ("zinc", "zinc_seed_aimd_0")}
        )
        chain.ctx.update({**empty, **context})
        return Run(chain, answer or (lambda child: Ending()))

    return prepare


def labelling(n_labelled: int, n_rejected: dict[str, int] | None = None, **ending: Any) -> orm.ProcessNode:
    """Return a labelling that has ended."""
    report = orm.Dict({"n_labelled": n_labelled, "n_rejected": n_rejected or {}})
    return ended(orm.WorkChainNode, Ending({"report": report}, **ending))


def test_a_first_labelling_without_a_label_ends_the_campaign_with_its_cause(campaign_at: Factory) -> None:
    child = labelling(0, {"scf_not_converged": 4}, exit_status=310, exit_message="not one frame")
    run = campaign_at(running=["zinc_seed_aimd_0"], label_zinc_seed_aimd_0=child)
    exit_code = run.step(run.chain.inspect_labels)
    assert exit_code.status == 301
    assert exit_code.message.startswith("zinc_seed_aimd_0 got no labels: [310] not one frame.")


def test_a_first_labelling_that_excepted_ends_the_campaign_with_its_cause(campaign_at: Factory) -> None:
    child = ended(orm.WorkChainNode, Ending(exception="OSError: disk full"))
    run = campaign_at(running=["zinc_seed_aimd_0"], label_zinc_seed_aimd_0=child)
    exit_code = run.step(run.chain.inspect_labels)
    assert exit_code.status == 301
    assert "OSError: disk full" in exit_code.message


@pytest.mark.parametrize(("n_lost", "status"), [(3, None), (4, 302)])
def test_a_labelling_may_lose_as_many_frames_as_the_failure_budget_allows(
    campaign_at: Factory, n_lost: int, status: int | None
) -> None:
    child = labelling(10 - n_lost, {"scf_not_converged": n_lost - 1, "not_reached": 1})
    run = campaign_at(running=["zinc"], label_zinc=child, cycle=1)
    exit_code = run.step(run.chain.inspect_labels)
    assert (exit_code and exit_code.status) == status


def test_an_exceeded_failure_budget_names_share_causes_and_the_next_command(campaign_at: Factory) -> None:
    run = campaign_at(running=["zinc"], label_zinc=labelling(2, {"scf_not_converged": 2}), cycle=1)
    message = run.step(run.chain.inspect_labels).message
    assert "50% of the frames got no label" in message
    assert "allows 30%" in message
    assert "by cause: 2 scf not converged" in message
    assert f"aiida-zif status {run.chain.node.pk}" in message


def test_labels_of_a_task_over_the_budget_are_not_lost(campaign_at: Factory, block: Factory) -> None:
    report = orm.Dict({"n_labelled": 2, "n_rejected": {"not_reached": 2}})
    child = ended(orm.WorkChainNode, Ending({"blocks": {"attempt_0": block(2)}, "report": report}))
    run = campaign_at(running=["zinc"], label_zinc=child, cycle=1)
    run.step(run.chain.inspect_labels)
    assert list(blocks_in(run.chain.ctx.dataset)) == ["c01_zinc_attempt_0"]


def test_as_many_labellings_run_at_a_time_as_the_resources_allow(campaign_at: Factory, answers: Any) -> None:
    resources = {"label": {"concurrent": 2}}
    run = campaign_at(overrides={"resources": resources}, answer=lambda child: answers[child.name](child))
    run.step(run.chain.plan)
    run.step(run.chain.submit_labels)
    run.step(run.chain.submit_labels)
    assert [len(wave) for wave in run.waves] == [2, 1]


def test_two_systems_are_labelled_each_from_its_own_frames(campaign_at: Factory) -> None:
    run = campaign_at("zinc", "iron")
    run.step(run.chain.plan)
    systems = {name: frames.system for name, frames in run.chain.ctx.frames.items()}
    assert len(systems) == 6
    assert all(name.startswith(f"{system}_") for name, system in systems.items())


def test_a_committee_that_could_not_be_trained_ends_the_campaign_with_its_cause(campaign_at: Factory) -> None:
    child = ended(orm.WorkChainNode, Ending(exit_status=320, exit_message="only 1 of 4 members could be trained"))
    run = campaign_at(training=child, cycle=2)
    exit_code = run.step(run.chain.inspect_training)
    assert exit_code.status == 303
    assert "no committee in cycle 2: [320] only 1 of 4 members" in exit_code.message


@pytest.mark.parametrize(("models", "budget", "fewest"), [(4, 0.5, 2), (4, 0.2, 4), (2, 1.0, 2)])
def test_a_committee_may_lose_as_many_members_as_the_failure_budget_allows(
    campaign_at: Factory, block: Factory, models: int, budget: float, fewest: int
) -> None:
    overrides = {"training": {"models": models}, "failure_budget": {"train": budget}}
    verdict = orm.Dict({"cycle": 0, "n_labels": 2}).store()
    run = campaign_at(overrides=overrides, verdict=verdict, dataset=AttributeDict({"a": block(2).store()}))
    run.step(run.chain.submit_training)
    assert run.children[0].inputs.min_models == fewest
    assert len(run.children[0].inputs.seeds) == models


@pytest.mark.parametrize("finished", [False, True], ids=["more to learn", "last committee"])
def test_a_committee_that_could_not_be_tested_ends_the_campaign_with_its_cause(
    campaign_at: Factory, potential: Factory, finished: bool
) -> None:
    test = ended(orm.CalcJobNode, Ending(exit_status=510, exit_message="forces are not finite"))
    verdict = orm.Dict({"cycle": 1, "n_labels": 2, "finished": finished}).store()
    committee = AttributeDict({"model_0": potential().store()})
    run = campaign_at(evaluation=test, evaluation_tries=2, committee=committee, verdict=verdict, cycle=1)
    assert run.chain.is_untested()
    exit_code = run.step(run.chain.submit_test)
    assert exit_code.status == 305
    assert "cycle 1 could not be tested: [510] forces are not finite" in exit_code.message
    assert ("committee" in run.outputs) == finished


def test_a_campaign_that_an_earlier_version_began_goes_on_from_its_verdict(campaign_at: Factory) -> None:
    systems = {
        "iron": {"failures": 2, "cause": "MD runs were lost: 300K", "quarantined": True},
        "zinc": {"failures": 0, "cause": None, "quarantined": False},
    }
    before = {"cycle": 1, "n_labels": 8, "finished": False, "stop_reason": None, "blocking": None, "criteria": []}
    state = orm.Dict({**before, "history": [], "systems": systems}).store()
    selection = {"n_selected": 2, "n_explored": 9, "n_accurate": 5, "n_candidate": 4, "n_failed": 0}
    selection["histogram"] = {"edges": [0.0, 1.0], "counts": [9]}
    run = campaign_at(
        "zinc",
        "iron",
        cycle=2,
        state=state,
        evaluation=ended(orm.CalcJobNode, Ending()),
        evidence=AttributeDict(),
        explorations=AttributeDict(),
        selections=AttributeDict({"zinc": orm.Dict(selection).store()}),
        reports=AttributeDict({"zinc": orm.Dict({"n_labelled": 2, "n_rejected": {}}).store()}),
    )
    assert run.chain.active_systems() == ["zinc"]
    run.step(run.chain.judge)
    verdict = Verdict.from_node(run.chain.ctx.verdict)
    assert (verdict.cycle, verdict.n_labels, verdict.systems["iron"].quarantined) == (2, 10, True)
    assert run.chain.ctx.verdict.creator.inputs.verdict.uuid == state.uuid
    assert run.chain.ctx.calibration["cycle"] == 2


def two_systems(inputs: Factory, answers: Any, deviations: dict[str, list[float]], **overrides: Any) -> Run:
    """A campaign of two cycles whose explorations bring back these deviations by system."""

    def answer(child: Child) -> Ending:
        if child.name == "ExploreWorkChain":
            return answers[child.name](child, deviations=deviations[next(iter(child.inputs.starts))])
        if child.link.startswith("c00_label"):
            return answers[child.name](child, system=child.link.split("_")[2])
        return answers[child.name](child)

    overrides = {"limits": {"cycles": 2}, "selection": {"control": 0, "strategy": "window"}, **overrides}
    return run_chain("zif.active_learning", inputs(*deviations, **overrides), answer)


def chosen(run: Run) -> dict[str, int]:
    """How many frames each system chose in each cycle."""
    found = {child.link: child.node.outputs for child in run.named("AcquireWorkChain")}
    return {link: outputs.selection["n_selected"] for link, outputs in found.items()}


@pytest.mark.slow
def test_systems_take_turns_and_one_that_knows_all_is_not_labelled(inputs: Factory, answers: Any) -> None:
    run = two_systems(inputs, answers, {"zinc": [0.4, 0.5], "iron": []})
    assert run.exit_code is None
    assert ["c01_acquire_iron"] in run.waves
    assert ["c01_acquire_zinc"] in run.waves
    assert chosen(run) == {"c01_acquire_iron": 0, "c01_acquire_zinc": 2, "c02_acquire_iron": 0, "c02_acquire_zinc": 2}
    assert not [child for child in run.below if child.link == "c01_label_iron"]


@pytest.mark.slow
def test_one_system_is_explored_while_another_is_labelled_where_the_resources_allow(
    inputs: Factory, answers: Any
) -> None:
    resources = {"explore": {"concurrent": 2}, "label": {"concurrent": 4}}
    run = two_systems(inputs, answers, {"zinc": [0.4], "iron": [0.4]}, resources=resources)
    assert ["c01_acquire_iron", "c01_acquire_zinc"] in run.waves
    assert {child.inputs.concurrent for child in run.named("AcquireWorkChain")} == {2}


@pytest.mark.slow
def test_labels_that_one_system_does_not_use_go_to_the_others(inputs: Factory, answers: Any) -> None:
    few, many = [0.4], [0.4 + 0.01 * index for index in range(9)]
    limits, selection = {"cycles": 1, "labels": 3 * 10 + 8}, {"control": 0, "strategy": "window", "per_cycle": 9}
    systems = {"copper": few, "iron": many, "zinc": many}
    run = two_systems(inputs, answers, systems, limits=limits, selection=selection)
    assert chosen(run) == {"c01_acquire_copper": 1, "c01_acquire_iron": 3, "c01_acquire_zinc": 4}


@pytest.mark.slow
def test_systems_side_by_side_ask_for_no_more_labels_than_there_are(inputs: Factory, answers: Any) -> None:
    many = [0.4 + 0.01 * index for index in range(9)]
    limits, selection = {"cycles": 1, "labels": 2 * 10 + 7}, {"control": 0, "strategy": "window", "per_cycle": 9}
    resources = {"explore": {"concurrent": 2}}
    run = two_systems(
        inputs, answers, {"iron": many, "zinc": many}, limits=limits, selection=selection, resources=resources
    )
    assert chosen(run) == {"c01_acquire_iron": 3, "c01_acquire_zinc": 3}


@pytest.mark.slow
def test_the_system_that_asked_for_least_chooses_first(inputs: Factory, answers: Any) -> None:
    run = two_systems(inputs, answers, {"iron": [0.4, 0.5, 0.6], "zinc": [0.4]})
    order = [child.link for child in run.named("AcquireWorkChain")]
    assert order == ["c01_acquire_iron", "c01_acquire_zinc", "c02_acquire_zinc", "c02_acquire_iron"]


def test_a_strategy_that_fails_ends_the_campaign_with_an_exit_code_that_names_it(
    campaign_at: Factory,
) -> None:
    child = ended(orm.WorkChainNode, Ending(exit_status=306, exit_message="zinc: the strategy 'absent' fails"))
    run = campaign_at(running=["zinc"], acquire_zinc=child, cycle=1)
    exit_code = run.step(run.chain.inspect_systems)
    assert exit_code.status == 306
    assert "'absent'" in exit_code.message


def test_a_system_that_fails_in_a_cycle_is_told_with_its_cause(campaign_at: Factory) -> None:
    child = ended(orm.WorkChainNode, Ending(exit_status=304, exit_message="zinc: [330] failed for every system"))
    run = campaign_at(running=["zinc"], acquire_zinc=child, cycle=1)
    exit_code = run.step(run.chain.inspect_systems)
    assert exit_code.status == 304
    assert "no exploration in cycle 1: zinc: [330] failed for every system" in exit_code.message


@pytest.mark.slow
def test_labels_are_made_in_the_layout_that_was_found_fastest(
    inputs: Factory, answers: dict[str, Callable[..., Ending]]
) -> None:
    def answer(child: Child) -> Ending:
        if child.link == "c00_timing_zinc":
            about = {"seconds_per_frame": 2.0, "formula": "C6H6N4Zn", "n_atoms": 17, "level_hash": "0" * 16}
            return Ending({"layout": orm.Dict({"n_ranks": 1, "n_threads": 2, **about})})
        return answers[child.name](child, deviations=[]) if "explore" in child.link else answers[child.name](child)

    run = run_chain("zif.active_learning", inputs(resources={"label": {"layout": "fastest"}}), answer, checkpoints=True)
    assert run.waves[0] == ["c00_timing_zinc"]
    assert run.exit_code is None
    for child in [*run.named("AimdWorkChain"), *run.named("LabelWorkChain")]:
        resources = child.inputs.cp2k.metadata.options.resources
        assert (resources["num_mpiprocs_per_machine"], resources["num_cores_per_mpiproc"]) == (1, 2)


@pytest.mark.slow
def test_a_campaign_whose_layouts_could_not_be_timed_takes_the_given_one(
    inputs: Factory, answers: dict[str, Callable[..., Ending]]
) -> None:
    def answer(child: Child) -> Ending:
        if child.link == "c00_timing_zinc":
            return Ending(exit_status=340, exit_message="in no layout did a frame become a label")
        return answers[child.name](child, deviations=[]) if "explore" in child.link else answers[child.name](child)

    run = run_chain("zif.active_learning", inputs(resources={"label": {"layout": "fastest"}}), answer)
    assert run.exit_code is None
    (batch,) = run.named("LabelWorkChain")
    assert batch.inputs.cp2k.metadata.options.resources["num_mpiprocs_per_machine"] == 2
