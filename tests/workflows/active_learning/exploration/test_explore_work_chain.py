"""Every system is explored; one that fails does not take the others along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aiida import orm
from fake_children import Answer, Ending, Run, run_chain

Factory = Callable[..., Any]
SYSTEMS = ("copper", "iron", "zinc")
CRASHED = Ending(exit_status=320, exit_message="LAMMPS crashed before it sampled a usable frame.")


@pytest.fixture(scope="module")
def found(explored: Factory) -> Callable[..., Ending]:
    """How an exploration ends that saw so many accurate, candidate and failed frames."""

    def ending(n_accurate: int = 5, n_candidate: int = 2, n_failed: int = 0, **how: Any) -> Ending:
        counts = {"n_accurate": n_accurate, "n_candidate": n_candidate, "n_failed": n_failed}
        counts["n_explored"] = sum(counts.values())
        outputs = {
            "candidates": explored([0.5] * n_candidate),
            "control": explored([0.2] * min(2, n_accurate), seed=1),
            "output_parameters": orm.Dict(counts),
        }
        return Ending(outputs, **how)

    return ending


@pytest.fixture(scope="module")
def explore(
    codes: dict[str, Any], options: dict[str, Any], campaign: Factory, potential: Factory, frames: Factory
) -> Factory:
    """Explore systems with a committee of two, to the end."""
    from aiida_zif.workflows.active_learning.planning.cycle import exploration_parameters, exploration_runs

    settings = campaign(SYSTEMS).settings()
    common = {
        "lammps": {"code": codes["lmp"], "python": codes["python"], "metadata": {"options": options}},
        "committee": {"model_0": potential().store(), "model_1": potential().store()},
    }

    def run(answer: Answer, *systems: str, checkpoints: bool = False, concurrent: int = 1) -> Run:
        inputs = {
            **common,
            "starts": {system: frames(4, seed, system=system) for seed, system in enumerate(systems)},
            "runs": {system: orm.List(exploration_runs(settings, system, 1)) for system in systems},
            "parameters": {
                system: orm.Dict(exploration_parameters(settings, settings.selection.model_dump(), system, 1))
                for system in systems
            },
            "concurrent": concurrent,
        }
        return run_chain("zif.explore", inputs, answer, checkpoints)

    return run


@pytest.fixture(scope="module")
def one_fails(explore: Factory, found: Factory) -> Run:
    """Three systems, two at a time, of which one brings nothing back."""
    return explore(lambda child: CRASHED if child.link == "iron" else found(), *SYSTEMS, checkpoints=True, concurrent=2)


def test_a_system_that_fails_does_not_take_the_others_along(one_fails: Run) -> None:
    assert one_fails.exit_code is None
    for name in ("candidates", "control", "output_parameters"):
        assert sorted(one_fails.outputs[name]) == ["copper", "zinc"]


def test_no_more_systems_are_explored_at_a_time_than_the_cores_allow(one_fails: Run) -> None:
    assert one_fails.waves == [["copper", "iron"], ["zinc"]]


def test_every_system_gets_its_own_starts_and_the_whole_committee(one_fails: Run) -> None:
    for child in one_fails.children:
        assert child.inputs.frames.system == child.link
        assert sorted(child.inputs.committee) == ["model_0", "model_1"]


def test_the_starts_and_runs_of_two_systems_differ(one_fails: Run) -> None:
    seeds = {run["seed"] for child in one_fails.children for run in child.inputs.runs.get_list()}
    assert len(seeds) == sum(len(child.inputs.runs) for child in one_fails.children)


@pytest.mark.parametrize("status", [120, 140, 300, 430, 432, 433])
def test_an_exploration_that_was_ended_from_outside_is_run_again(explore: Factory, found: Factory, status: int) -> None:
    ends = [Ending(exit_status=status, exit_message="cancelled")] * (1 if status == 300 else 2)
    run = explore(lambda child: ends.pop() if ends else found(), "zinc")
    assert run.exit_code is None
    again = ["zinc", "zinc_again", "zinc_again_2"]
    assert [child.link for child in run.children] == again[: 2 if status == 300 else 3]


@pytest.mark.parametrize("status", [120, 430])
def test_half_an_exploration_is_none_if_somebody_ended_it(explore: Factory, found: Factory, status: int) -> None:
    ends = [found(exit_status=status, exit_message="ended")]
    run = explore(lambda child: ends.pop() if ends else found(n_candidate=5), "zinc")
    assert run.outputs["candidates"]["zinc"].n_frames == 5


def test_what_memory_or_time_never_suffice_for_brings_what_it_found(explore: Factory, found: Factory) -> None:
    run = explore(lambda child: found(exit_status=120, exit_message="out of walltime"), "zinc")
    assert run.exit_code is None
    assert len(run.children) == 3
    assert list(run.outputs["candidates"]) == ["zinc"]


def test_an_exploration_is_not_run_a_fourth_time(explore: Factory) -> None:
    run = explore(lambda child: Ending(exit_status=430, exit_message="cancelled"), "zinc")
    assert len(run.children) == 3
    assert run.exit_code.status == 330


def test_what_a_job_that_was_stopped_early_saw_is_kept(explore: Factory, found: Factory) -> None:
    run = explore(lambda child: found(exit_status=400, exit_message="Out of walltime"), "zinc")
    assert run.exit_code is None
    assert sorted(run.outputs["candidates"]) == ["zinc"]


@pytest.mark.parametrize(
    ("ending", "cause"),
    [
        (CRASHED, "zinc: [320] LAMMPS crashed before it sampled a usable frame"),
        (Ending(exception="RuntimeError: no connection"), "zinc: excepted: RuntimeError: no connection"),
    ],
    ids=["failed", "excepted"],
)
def test_an_exploration_of_nothing_names_the_cause(explore: Factory, ending: Ending, cause: str) -> None:
    run = explore(lambda child: ending, "zinc")
    assert run.exit_code.status == 330
    assert cause in run.exit_code.message


def test_a_committee_that_is_lost_everywhere_is_not_taken_for_one_that_knows_all(
    explore: Factory, found: Factory
) -> None:
    counts = {"n_accurate": 0, "n_candidate": 0, "n_failed": 40}
    run = explore(lambda child: found(**counts, exit_status=503, exit_message="disagrees everywhere"), "zinc")
    assert run.exit_code.status == 330
    assert "[503] disagrees everywhere" in run.exit_code.message


def test_a_committee_that_knows_all_brings_back_no_candidates(explore: Factory, found: Factory) -> None:
    run = explore(lambda child: found(n_accurate=40, n_candidate=0), "zinc")
    assert run.exit_code is None
    assert run.outputs["candidates"]["zinc"].n_frames == 0
