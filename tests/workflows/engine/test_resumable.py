"""A step that is taken again finds the children that it launched before."""

from __future__ import annotations

from typing import Any

import plumpy
import pytest
from aiida import orm
from aiida.common.links import LinkType
from aiida.plugins import WorkflowFactory
from fake_children import Ending, end

from aiida_zif.workflows.engine.resumable import close_the_dead, submitted_before

pytestmark = pytest.mark.usefixtures("aiida_profile")


@pytest.fixture
def caller() -> orm.WorkChainNode:
    """Return a work chain that runs."""
    return orm.WorkChainNode().store()


def child(caller: orm.WorkChainNode, label: str, checkpoint: str | None = "saved", state: Any = "waiting") -> Any:
    """Return a child that has not ended, and may have been saved or not."""
    node = orm.CalcJobNode(computer=None)
    node.base.links.add_incoming(caller, LinkType.CALL_CALC, label)
    node.set_process_state(plumpy.ProcessState(state))
    if checkpoint:
        node.set_checkpoint(checkpoint)
    return node.store()


def test_a_child_that_goes_on_is_taken_back(caller: orm.WorkChainNode) -> None:
    known = child(caller, "attempt_1")
    assert submitted_before(caller, "attempt_1").pk == known.pk


def test_a_child_that_has_ended_is_taken_back_whatever_its_exit_status(caller: orm.WorkChainNode) -> None:
    known = child(caller, "attempt_1", checkpoint=None)
    end(known, Ending(exit_status=410))
    assert submitted_before(caller, "attempt_1").pk == known.pk


def test_a_child_that_never_reached_its_first_checkpoint_is_launched_anew(caller: orm.WorkChainNode) -> None:
    child(caller, "attempt_1", checkpoint=None, state="created")
    assert submitted_before(caller, "attempt_1") is None


def test_a_child_that_was_saved_but_has_not_begun_is_ended_so_that_its_task_is_passed_over(
    caller: orm.WorkChainNode,
) -> None:
    """Its worker may have died between the checkpoint and the task: then nobody would ever take it up."""
    waits = child(caller, "attempt_1", state="created")
    assert submitted_before(caller, "attempt_1") is None
    assert waits.is_excepted
    assert waits.is_sealed


def test_a_child_that_broke_inside_the_engine_is_launched_anew(caller: orm.WorkChainNode) -> None:
    end(child(caller, "attempt_1"), Ending(exception="KeyError"))
    assert submitted_before(caller, "attempt_1") is None


def test_names_are_compared_letter_by_letter(caller: orm.WorkChainNode) -> None:
    child(caller, "c01xlabel")
    assert submitted_before(caller, "c01_label") is None


def test_of_two_the_later_one_counts(caller: orm.WorkChainNode) -> None:
    end(child(caller, "attempt_1"), Ending(exception="KeyError"))
    later = child(caller, "attempt_1")
    assert submitted_before(caller, "attempt_1").pk == later.pk


def test_what_died_with_its_worker_is_closed_when_its_caller_ends_and_nothing_else(caller: orm.WorkChainNode) -> None:
    dead, alive = child(caller, "attempt_0", checkpoint=None, state="created"), child(caller, "attempt_1")
    ended = child(caller, "attempt_2", checkpoint=None)
    end(ended, Ending(exit_status=410))
    close_the_dead(caller)
    assert dead.is_excepted
    assert dead.is_sealed
    assert "its worker died" in dead.exception
    assert not alive.is_terminated
    assert ended.exit_status == 410


EARLIER = {
    "zif.active_learning": "time_labels label train inspect_committee evaluate acquire inspect_acquired",
    "zif.acquire": "explore label",
    "zif.explore": "setup explore inspect",
    "zif.train_committee": "setup train inspect",
    "zif.label": "setup begin label inspect go_on",
    "zif.aimd": "begin run_part go_on",
    "zif.time_labels": "setup prepare time_frames inspect time_dynamics",
    "zif.converge": "label inspect judge combine",
}
"""Steps of work chains by the names that earlier versions gave them."""


@pytest.mark.parametrize("entry_point", EARLIER)
def test_a_checkpoint_that_names_a_step_as_before_goes_on_with_it(entry_point: str) -> None:
    chain: Any = WorkflowFactory(entry_point)
    steps = dict(zip(EARLIER[entry_point].split(), chain.EARLIER_STEPS.values(), strict=True))
    assert steps == chain.EARLIER_STEPS
    outline, caller = chain.spec().get_outline(), object.__new__(chain)
    saved = outline.create_stepper(caller).save()
    for before, now in steps.items():
        saved["stepper_state"]["_fn"] = before
        assert str(outline.recreate_stepper(saved, caller)) == f"0:{now}"
