"""A committee is trained in waves, and one failed member is not the end of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from aiida import orm
from fake_children import Answer, Ending, Run, run_chain

from aiida_zif.plugins.data.frames import LabelledFramesData

Factory = Callable[..., Any]
NAN = Ending(exit_status=410, exit_message="The loss was not finite from step 7 on.")


@pytest.fixture(scope="module", autouse=True)
def without_argument_check() -> Iterator[None]:
    """DeePMD-kit's own check of its arguments takes long and is tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aiida_zif.plugins.deepmd.inputs.refused_by_deepmd", lambda complete: None)
        yield


@pytest.fixture(scope="module")
def trained(potential: Factory) -> Answer:
    """Answer that trains a member."""
    return lambda child: Ending({"potential": potential()})


@pytest.fixture(scope="module")
def train(codes: dict[str, Any], options: dict[str, Any], campaign: Factory, block: Factory) -> Factory:
    """Train as many members as asked for, to the end."""
    from aiida_zif.workflows.active_learning.planning.training import plan_training

    plan = plan_training(
        orm.Dict(campaign().settings().as_dict()).store(), orm.Dict({"cycle": 0, "n_labels": 0}).store()
    )
    dataset = {"c00_zinc_seed_perturbed_attempt_0": block(3).store()}
    job = {"code": codes["dp"], "parameters": plan["parameters"], "metadata": {"options": options}}

    def run(n_models: int, answer: Answer, checkpoints: bool = False, **inputs: Any) -> Run:
        seeds = {f"model_{index}": orm.Int(index + 1) for index in range(n_models)}
        every = {"train": job, "dataset": dataset, "seeds": seeds, **inputs}
        return run_chain("zif.train_committee", every, answer, checkpoints)

    return run


def failing(name: str, otherwise: Answer, times: int = 1) -> Answer:
    """Answer that lets one member fail so many times."""
    failures = [NAN] * times
    return lambda child: failures.pop() if child.link.startswith(name) and failures else otherwise(child)


@pytest.fixture(scope="module")
def crowded(aiida_profile: object) -> Any:
    """A block with more neighbours than the stored model keeps of hydrogen, 20."""
    positions = np.stack(np.meshgrid(*[np.arange(4) * 2.0] * 3), axis=-1).reshape(1, 64, 3)
    return LabelledFramesData(
        ["H"] * 64,
        positions,
        np.eye(3)[None] * 11.0,
        energies=[0.0],
        forces=np.zeros_like(positions),
        level_of_theory={"hash": "0", "line": "none"},
    ).store()


def test_what_no_job_would_take_is_said_once_and_nothing_is_submitted(
    train: Factory, trained: Answer, crowded: Any, codes: dict[str, Any], options: dict[str, Any]
) -> None:
    from aiida_zif.plugins.deepmd.inputs import training_input

    job = {"code": codes["dp"], "metadata": {"options": options}}
    job["parameters"] = orm.Dict(training_input(["H", "Zn"], 5.0, 10, sel=[20, 20]))
    run = train(2, trained, dataset={"dense": crowded}, train=job)
    assert run.children == []
    assert run.exit_code.status == 201
    assert "sel: [20, 20] is smaller than the neighbours within 5 Å in dataset.dense" in run.exit_code.message


def test_a_frame_thinner_than_twice_the_cut_off_is_learned(
    train: Factory, trained: Answer, aiida_profile: object
) -> None:
    thin = LabelledFramesData(
        ["Zn", "H"],
        np.array([[[0.0, 0.0, 0.0], [2.5, 2.5, 2.5]]]),
        np.eye(3)[None] * 6.0,
        energies=[0.0],
        forces=np.zeros((1, 2, 3)),
        level_of_theory={"hash": "0", "line": "none"},
    ).store()
    assert train(2, trained, dataset={"thin": thin}).exit_code is None


@pytest.fixture(scope="module")
def waves(train: Factory, trained: Answer) -> Run:
    """Three members, two at a time, of which the middle one fails once."""
    return train(3, failing("model_1", trained), checkpoints=True, concurrent=2)


def test_a_failed_member_is_trained_once_more(waves: Run) -> None:
    assert waves.exit_code is None
    assert [child.link for child in waves.children] == ["model_0", "model_1", "model_2", "model_1_again"]
    assert sorted(waves.outputs["committee"]) == ["model_0", "model_1", "model_2"]


def test_the_second_try_has_another_seed_with_a_creator(waves: Run) -> None:
    first, again = (child.inputs.seed for child in waves.children if child.link.startswith("model_1"))
    assert first.value != again.value
    assert again.creator.process_label == "next_seed"


def test_the_second_try_is_what_enters_the_committee(waves: Run) -> None:
    assert waves.outputs["committee"]["model_1"].uuid == waves.children[-1].node.outputs.potential.uuid


def test_every_member_has_a_seed_of_its_own_and_the_whole_data_set(waves: Run) -> None:
    assert len({child.inputs.seed.value for child in waves.children}) == 4
    assert {tuple(child.inputs.dataset) for child in waves.children} == {("c00_zinc_seed_perturbed_attempt_0",)}


def test_no_more_members_are_trained_at_a_time_than_the_cores_allow(waves: Run) -> None:
    assert waves.waves == [["model_0", "model_1"], ["model_2", "model_1_again"]]


@pytest.fixture(scope="module")
def too_small(train: Factory, trained: Answer) -> Run:
    """Two members, of which one fails whatever is tried."""
    return train(2, failing("model_0", trained, times=9))


def test_a_member_is_not_tried_a_third_time(too_small: Run) -> None:
    assert [child.link for child in too_small.children] == ["model_0", "model_1", "model_0_again"]


def test_what_was_trained_is_handed_over_all_the_same(too_small: Run) -> None:
    assert list(too_small.outputs["committee"]) == ["model_1"]


def test_a_committee_that_is_too_small_names_the_cause(too_small: Run) -> None:
    assert too_small.exit_code.status == 320
    assert "only 1 of 2 members" in too_small.exit_code.message
    assert "2 are needed" in too_small.exit_code.message
    assert "[410] The loss was not finite from step 7 on." in too_small.exit_code.message


def test_a_smaller_committee_is_enough_if_no_more_is_asked_for(train: Factory, trained: Answer) -> None:
    run = train(2, failing("model_0", trained, times=9), min_models=1)
    assert run.exit_code is None


def test_a_training_that_excepted_is_named_as_cause(train: Factory) -> None:
    run = train(1, lambda child: Ending(exception="TransportTaskException: connection lost"), min_models=1)
    assert "connection lost" in run.exit_code.message


def test_a_warm_start_takes_the_member_of_the_same_name(train: Factory, trained: Answer, potential: Factory) -> None:
    before = potential().store()
    run = train(2, trained, init_committee={"model_1": before})
    starts = {child.link: child.inputs.get("init_model") for child in run.children}
    assert starts["model_0"] is None
    assert starts["model_1"].uuid == before.uuid


def test_a_second_try_starts_from_random_weights(train: Factory, trained: Answer, potential: Factory) -> None:
    run = train(1, failing("model_0", trained), init_committee={"model_0": potential().store()})
    assert run.exit_code is None
    assert ["init_model" in child.inputs for child in run.children] == [True, False]


def test_a_member_that_the_data_have_outgrown_starts_from_random_weights(
    train: Factory, trained: Answer, potential: Factory, crowded: Any
) -> None:
    run = train(1, trained, dataset={"crowded": crowded}, init_committee={"model_0": potential().store()})
    assert run.exit_code is None
    assert "init_model" not in run.children[0].inputs


# -- several members in one job ------------------------------------------------------------------------------


def pack_of(child: Any, potential: Factory, **failures: tuple[int, str]) -> Ending:
    """A job of several members, of which some failed."""
    trained = {name: potential() for name in child.inputs.seeds if name not in failures}
    outputs: dict[str, Any] = {"potential": trained}
    if not failures:
        return Ending(outputs)
    failed = {name: list(failure) for name, failure in failures.items()}
    return Ending({**outputs, "failures": orm.Dict(failed)}, 420, "1 of 4 members failed")


@pytest.fixture(scope="module")
def packed(train: Factory, potential: Factory) -> Run:
    """Four members in one job, of which one fails."""

    def answer(child: Any) -> Ending:
        if child.name == "DeepmdTrainCalculation":
            return Ending({"potential": potential()})
        return pack_of(child, potential, model_1=(410, "The loss was not finite from step 7 on."))

    return train(4, answer, checkpoints=True, lanes=4)


def test_members_share_a_job_of_as_many_processes(packed: Run) -> None:
    job = packed.children[0]
    assert (job.link, job.name) == ("model_0_to_model_3", "DeepmdTrainPackCalculation")
    assert job.inputs.metadata.options.resources["num_mpiprocs_per_machine"] == 4
    assert job.inputs.metadata.options.parser_name == "zif.deepmd.train_pack"


def test_a_member_of_a_pack_that_fails_is_trained_once_more_alone(packed: Run) -> None:
    assert packed.exit_code is None
    assert [child.link for child in packed.children] == ["model_0_to_model_3", "model_1_again"]
    again = packed.children[1]
    assert again.inputs.seed.creator.process_label == "next_seed"
    assert again.inputs.metadata.options.resources["num_mpiprocs_per_machine"] == 1
    assert sorted(packed.outputs["committee"]) == ["model_0", "model_1", "model_2", "model_3"]


def test_more_members_than_lanes_take_several_jobs(train: Factory, potential: Factory) -> None:
    run = train(4, lambda child: pack_of(child, potential), lanes=3, concurrent=2)
    assert run.waves == [["model_0_to_model_1", "model_2_to_model_3"]]


def test_members_of_a_job_take_turns_on_its_lanes(train: Factory, potential: Factory) -> None:
    run = train(5, lambda child: pack_of(child, potential), lanes=2, members=4)
    assert [child.link for child in run.children] == ["model_0_to_model_2", "model_3_to_model_4"]
    processes = [child.inputs.metadata.options.resources["num_mpiprocs_per_machine"] for child in run.children]
    assert processes == [2, 2]
    assert len(run.outputs["committee"]) == 5


def test_one_lane_takes_all_members_in_turn(train: Factory, potential: Factory) -> None:
    run = train(3, lambda child: pack_of(child, potential), members=3)
    (job,) = run.children
    assert (job.name, job.inputs.metadata.options.resources["num_mpiprocs_per_machine"]) == (
        "DeepmdTrainPackCalculation",
        1,
    )


def test_members_to_whose_turn_it_never_came_are_trained_however_often_that_happens(
    train: Factory, potential: Factory
) -> None:
    """A job has time for one member only, four times."""

    def answer(child: Any) -> Ending:
        first, *others = sorted(child.inputs.seeds)
        if not others:
            return pack_of(child, potential)
        failures = orm.Dict({name: [120, "The job ran out of walltime."] for name in others})
        outputs = {"output_parameters": {first: orm.Dict({"checkpoint": 100})}, "potential": {first: potential()}}
        return Ending({**outputs, "failures": failures}, 120, "walltime")

    run = train(5, answer, members=5)
    assert run.exit_code is None
    assert len(run.children) == 5
    assert len(run.outputs["committee"]) == 5
    assert len({child.inputs.seeds["model_4"].value for child in run.children}) == 1


def cut_off_at(child: Any, step: int | None, names: list[str]) -> Ending:
    """A pack that the batch system ended, with checkpoints at a step."""
    numbers = {name: orm.Dict({"checkpoint": step}) for name in names}
    failures = orm.Dict({name: [120, "The job ran out of walltime."] for name in names})
    folder = orm.RemoteData(remote_path=f"/scratch/{child.pk}", computer=child.node.computer)
    return Ending({"output_parameters": numbers, "failures": failures, "remote_folder": folder}, 120, "walltime")


def test_members_that_were_cut_off_go_on_together_from_their_checkpoints(train: Factory, potential: Factory) -> None:
    steps = [10, 20]

    def answer(child: Any) -> Ending:
        names = list(child.inputs.seeds)
        return cut_off_at(child, steps.pop(0), names) if steps else pack_of(child, potential)

    run = train(2, answer, lanes=2)
    assert run.exit_code is None
    again = ["model_0_to_model_1", "model_0_to_model_1_again", "model_0_to_model_1_again_2"]
    assert [child.link for child in run.children] == again
    folders = [child.inputs.get("restart") for child in run.children]
    assert folders[0] is None
    assert [folder.get_remote_path() for folder in folders[1:]] == [f"/scratch/{run.children[i].pk}" for i in (0, 1)]
    assert len({child.inputs.seeds["model_0"].uuid for child in run.children}) == 1


def test_a_training_that_comes_no_further_is_given_up(train: Factory) -> None:
    run = train(2, lambda child: cut_off_at(child, 10, list(child.inputs.seeds)), lanes=2)
    assert run.exit_code.status == 320
    assert len(run.children) == 4, "one that came further, and three that did not"


def test_a_job_that_never_began_is_run_again_with_the_same_seeds(train: Factory, potential: Factory) -> None:
    endings = [Ending(exit_status=433, exit_message="The job ended before it began.")]
    run = train(2, lambda child: endings.pop() if endings else pack_of(child, potential), lanes=2)
    assert run.exit_code is None
    assert {child.inputs.seeds["model_0"].value for child in run.children} == {1}
