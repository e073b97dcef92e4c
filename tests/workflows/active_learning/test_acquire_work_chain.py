"""The cycle of one system: explored, chosen from, labelled, compared; and how it ends early."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aiida import orm
from aiida.common.links import LinkType
from fake_children import Answer, Child, Ending, Run, end, run_chain
from test_active_learning_work_chain import COMPLETED, answers  # noqa: F401 - fixture

pytestmark = pytest.mark.slow

Factory = Callable[..., Any]
Answers = dict[str, Callable[..., Ending]]
SELECTION = {"lower": 0.1, "upper": 5.0, "per_cycle": 3, "strategy": ["window"], "seed": 1, "min_separation": 0}

CHOICE = {"n_explored": 20, "n_accurate": 8, "n_candidate": 12, "n_failed": 0}
"""Report of the choice of another system, but for the number of frames that were chosen."""


@pytest.fixture(scope="module")
def acquire(
    codes: dict[str, Any], options: dict[str, Any], campaign: Factory, potential: Factory, block: Factory, atoms: Any
) -> Factory:
    """Take one system through a cycle."""
    from aiida_zif.plugins.cp2k.levels import load_level
    from aiida_zif.workflows.active_learning.planning.cycle import (
        exploration_parameters,
        exploration_runs,
        starts_recipe,
    )
    from aiida_zif.workflows.active_learning.planning.first_labels import batch_task

    settings = campaign(("zinc",)).settings()
    runs = exploration_runs(settings, "zinc", 1)
    plan = {
        "starts": orm.Dict(starts_recipe(settings, "zinc", 1, len(runs)).as_dict()),
        "runs": orm.List(runs),
        "parameters": orm.Dict(exploration_parameters(settings, settings.selection.model_dump(), "zinc", 1)),
        "task": orm.Dict(batch_task(settings)),
    }
    common = {
        "system": "zinc",
        "crystal": orm.StructureData(ase=atoms).store(),
        "committee": {name: potential().store() for name in ("model_0", "model_1")},
        "dataset": {"a": block(5).store()},
        "lammps": {"code": codes["lmp"], "python": codes["python"], "metadata": {"options": options}},
        "cp2k": {
            "code": codes["cp2k"],
            "level": orm.Dict(load_level("gfn1-xtb").as_dict()),
            "metadata": {"options": options},
        },
    }

    def run(answer: Answer, selection: dict[str, Any] | None = None, **inputs: Any) -> Run:
        nodes = {**plan, "selection": orm.Dict({**SELECTION, **(selection or {})})}
        return run_chain("zif.acquire", {**common, "plan": nodes, **inputs}, answer, checkpoints=True)

    return run


def test_a_cycle_hands_over_what_was_explored_chosen_labelled_and_compared(acquire: Factory, answers: Answers) -> None:  # noqa: F811
    run = acquire(lambda child: answers[child.name](child))
    assert run.exit_code is None
    assert [child.link for child in run.children] == ["explore", "label"]
    assert set(run.outputs) == {"exploration", "frames", "selection", "labelling", "comparison", "blocks"}
    assert run.outputs["selection"]["n_selected"] == run.outputs["comparison"]["n_chosen"] == 3


def test_what_a_system_does_not_know_is_looked_for_from_what_is_labelled(acquire: Factory, answers: Answers) -> None:  # noqa: F811
    run = acquire(lambda child: answers[child.name](child))
    (child,) = run.named("ExploreWorkChain")
    labelled = set(run.chain.inputs.dataset.a.frame_ids())
    assert set(child.inputs.starts.zinc.frame_ids()) <= labelled
    assert child.inputs.starts.zinc.n_frames == len(child.inputs.runs.zinc)


def test_nothing_is_labelled_where_nothing_was_chosen(acquire: Factory, answers: Answers) -> None:  # noqa: F811
    run = acquire(lambda child: answers[child.name](child, deviations=[]))
    assert run.exit_code is None
    assert [child.link for child in run.children] == ["explore"]
    assert set(run.outputs) == {"exploration", "frames", "selection"}


def test_more_lost_runs_than_the_failure_budget_allows_end_it_with_their_names(
    acquire: Factory,
    answers: Answers,  # noqa: F811
) -> None:
    crashed = [{"label": label, "ended": "crashed"} for label in ("600K_0GPa", "600K_0.5GPa")]
    run = acquire(lambda child: answers[child.name](child, runs=[*crashed, COMPLETED[0]]), lost_runs=0.5)
    assert run.exit_code.status == 304
    assert "zinc: 600K_0GPa crashed, 600K_0.5GPa crashed" in run.exit_code.message
    assert set(run.outputs) == {"exploration"}


@pytest.mark.parametrize(("job_status", "status"), [(503, 501), (320, 304)])
def test_jobs_that_blame_the_committee_are_told_from_those_that_crashed(
    acquire: Factory, job_status: int, status: int
) -> None:
    def explore(child: Child) -> Ending:
        job = orm.CalcJobNode()
        job.base.links.add_incoming(child.node, LinkType.CALL_CALC, "zinc")
        job.store()
        end(job, Ending(exit_status=job_status, exit_message="why"))
        return Ending(exit_status=330, exit_message="failed for every system")

    assert acquire(explore, hopeless=0.95).exit_code.status == status
    assert acquire(explore).exit_code.status == 304


@pytest.mark.parametrize(("n_failed", "status"), [(94, None), (95, 501)])
def test_a_system_for_which_the_committee_is_hopeless_burns_no_labels(
    acquire: Factory,
    answers: Answers,  # noqa: F811
    n_failed: int,
    status: int | None,
) -> None:
    def answer(child: Child) -> Ending:
        ending = answers[child.name](child)
        if child.name == "ExploreWorkChain":
            counts = ending.outputs["output_parameters"]["zinc"].get_dict()
            counts |= {"n_explored": 100, "n_accurate": 0, "n_candidate": 100 - n_failed, "n_failed": n_failed}
            ending.outputs["output_parameters"]["zinc"] = orm.Dict(counts)
        return ending

    run = acquire(answer, hopeless=0.95)
    assert (run.exit_code and run.exit_code.status) == status
    assert bool(run.named("LabelWorkChain")) == (status is None)
    assert "selection" in run.outputs


def test_a_strategy_that_fails_is_named(acquire: Factory, answers: Answers) -> None:  # noqa: F811
    run = acquire(lambda child: answers[child.name](child), {"strategy": ["absent"]})
    assert run.exit_code.status == 306
    assert "'absent'" in run.exit_code.message


def test_a_labelling_without_a_report_is_told_with_its_cause(acquire: Factory, answers: Answers) -> None:  # noqa: F811
    def answer(child: Child) -> Ending:
        label = child.name == "LabelWorkChain"
        return Ending(exception="OSError: disk full") if label else answers[child.name](child)

    run = acquire(answer)
    assert run.exit_code.status == 301
    assert "zinc: excepted: OSError: disk full" in run.exit_code.message


@pytest.mark.parametrize(("taken", "n_waiting", "chosen"), [(0, 0, 3), (3, 1, 2), (3, 2, 1), (9, 1, 0)])
def test_others_that_have_chosen_or_still_may_leave_a_fair_part(
    acquire: Factory,
    answers: Answers,  # noqa: F811
    taken: int,
    n_waiting: int,
    chosen: int,
) -> None:
    run = acquire(
        lambda child: answers[child.name](child),
        {"labels_left": 7},
        earlier={"iron": orm.Dict({**CHOICE, "n_selected": taken}).store()},
        waiting={f"copper_{index}": orm.Dict({}).store() for index in range(n_waiting)},
    )
    assert run.outputs["selection"]["n_selected"] == chosen


def test_what_the_last_cycle_chose_tells_where_to_start(acquire: Factory, answers: Answers, explored: Factory) -> None:  # noqa: F811
    last = explored([0.3, 0.4], seed=3)
    run = acquire(lambda child: answers[child.name](child), explored=last)
    (*_, drawn) = [node for node in run.chain.node.called if node.process_label == "draw_starts"]
    assert drawn.inputs.explored.uuid == last.uuid
