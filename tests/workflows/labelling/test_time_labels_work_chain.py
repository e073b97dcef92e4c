"""Layouts are tried one at a time, the fastest is kept, and nothing is tried twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida import orm
from fake_children import Answer, Child, Ending, Run, run_chain

pytestmark = pytest.mark.slow

Factory = Callable[..., Any]
SECONDS = {(2, 1): 4.0, (1, 2): 6.0}
"""Of a further frame, by ranks and threads."""


def layout_of(child: Child) -> tuple[int, int]:
    """Ranks and threads that a job was given."""
    resources = child.inputs.metadata.options.resources
    return resources["num_mpiprocs_per_machine"], resources["num_cores_per_mpiproc"]


def timed(child: Child) -> Ending:
    """A job whose frames take what :data:`SECONDS` says, and whose forces are those of every other."""
    return timed_with_forces(child, 0.1)


def timed_with_forces(child: Child, force: float) -> Ending:
    """The same with a force in every component, eV/Å."""
    from aiida_zif.plugins.data.frames import LabelledFramesData

    if child.inputs.task["mode"] == "aimd":
        return Ending()
    frames, following = child.inputs.frames, SECONDS[layout_of(child)]
    times = {"seconds_per_frame": following, "first_frame_s": 2 * following}
    level = {"hash": child.inputs.level["hash"], "line": "a test"}
    block = LabelledFramesData(
        frames.symbols,
        frames.positions,
        frames.cells,
        energies=[-5.0, -5.0],
        forces=np.full(frames.positions.shape, force),
        level_of_theory=level,
    )
    report = {"n_labelled": 2, "level": level, "rejected": [], **times}
    return Ending({"output_parameters": orm.Dict(report), "labelled": block})


@pytest.fixture
def time_labels(codes: dict[str, Any], options: dict[str, Any], atoms: Any, tmp_path: Any) -> Factory:
    """Time labels to the end, on a computer that no other test uses unless one is given."""
    from aiida_zif.plugins.cp2k.levels import load_level

    computer = orm.Computer(
        f"timing-{tmp_path.name}", "localhost", "", "core.local", "core.direct", str(tmp_path)
    ).store()
    code = orm.InstalledCode(label="cp2k", computer=computer, filepath_executable="/bin/cp2k").store()
    resources = {"num_machines": 1, "num_mpiprocs_per_machine": 2, "num_cores_per_mpiproc": 1}

    def run(answer: Answer, structure: Any = atoms, level: str = "gfn1-xtb", **inputs: Any) -> Run:
        cp2k = {
            "code": code,
            "level": orm.Dict(load_level(level).as_dict()),
            "metadata": {"options": {**options, "resources": resources}},
        }
        given = {"structure": orm.StructureData(ase=structure), "cp2k": cp2k, **inputs}
        return run_chain("zif.time_labels", given, answer, checkpoints=True)

    return run


def test_every_split_of_the_cores_is_tried_alone_and_the_fastest_kept(time_labels: Factory) -> None:
    run = time_labels(timed)
    assert run.waves == [["ranks_2_threads_1"], ["ranks_1_threads_2"]]
    assert [layout_of(child) for child in run.children] == [(2, 1), (1, 2)]
    layout = run.outputs["layout"].get_dict()
    assert (layout["n_ranks"], layout["n_threads"], layout["seconds_per_frame"]) == (2, 1, 4.0)
    assert [entry["seconds_per_frame"] for entry in layout["tried"]] == [4.0, 6.0]
    assert layout["n_atoms"] == 6


def test_a_job_times_two_frames_and_never_takes_its_answer_from_the_cache(time_labels: Factory) -> None:
    child = time_labels(timed).children[0]
    assert child.inputs.frames.n_frames == 2
    assert child.inputs.task.get_dict() == {"mode": "batch"}
    assert child.inputs.metadata.disable_cache


def test_a_layout_of_one_thread_may_win_against_more_ranks(
    time_labels: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SECONDS, (1, 2), 3.0)
    layout = time_labels(timed).outputs["layout"]
    assert (layout["n_ranks"], layout["n_threads"]) == (1, 2)


def test_only_the_given_layout_is_timed_if_others_are_not_asked_for(time_labels: Factory) -> None:
    run = time_labels(timed, try_layouts=False)
    assert run.waves == [["ranks_2_threads_1"]]


def test_what_was_tried_before_is_handed_over_without_a_job(time_labels: Factory) -> None:
    first = time_labels(timed)
    again = time_labels(timed, dynamics=True)
    assert again.children == []
    assert again.outputs["layout"].uuid == first.outputs["layout"].uuid


@pytest.mark.parametrize("other", ["level", "size", "layouts"])
def test_another_level_another_size_or_a_layout_never_tried_is_tried(
    time_labels: Factory, atoms: Any, other: str
) -> None:
    time_labels(timed, try_layouts=other != "layouts")
    changed: dict[str, Any] = {
        "level": {"level": "pbe-d3-fast"},
        "size": {"structure": atoms.repeat((2, 1, 1))},
        "layouts": {},
    }[other]
    assert len(time_labels(timed, **changed).children) == 2


def test_a_few_steps_of_dynamics_are_timed_in_the_layout_that_won(time_labels: Factory) -> None:
    run = time_labels(timed, dynamics=True)
    last = run.children[-1]
    assert run.waves[-1] == ["dynamics"]
    assert last.inputs.task["mode"] == "aimd"
    assert layout_of(last) == (2, 1)
    assert last.inputs.frames.n_frames == 1


def test_a_layout_that_fails_is_left_out(time_labels: Factory) -> None:
    def answer(child: Child) -> Ending:
        return Ending(exit_status=400, exit_message="Out of walltime") if layout_of(child) == (2, 1) else timed(child)

    layout = time_labels(answer).outputs["layout"]
    assert (layout["n_ranks"], layout["n_threads"]) == (1, 2)


def test_a_layout_that_gives_other_forces_is_not_trusted_however_fast(
    time_labels: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SECONDS, (1, 2), 1.0)
    run = time_labels(lambda child: timed_with_forces(child, 0.1 if layout_of(child) == (2, 1) else 0.2))
    layout = run.outputs["layout"].get_dict()
    assert (layout["n_ranks"], layout["n_threads"]) == (2, 1)
    assert [entry["force_difference"] for entry in layout["tried"]] == pytest.approx([0.0, 0.1])


def test_a_layout_that_failed_is_not_tried_again_either(time_labels: Factory) -> None:
    def answer(child: Child) -> Ending:
        return Ending(exit_status=304, exit_message="abort") if layout_of(child) == (1, 2) else timed(child)

    time_labels(answer)
    assert time_labels(answer).children == []


def test_nothing_timed_says_why_and_what_to_do(time_labels: Factory) -> None:
    run = time_labels(lambda child: Ending(exit_status=400, exit_message="Out of walltime"))
    assert run.exit_code.status == 340
    assert "[400] Out of walltime" in run.exit_code.message
    assert "walltime" in run.exit_code.message


def test_the_same_structure_is_always_timed_by_the_same_frames(time_labels: Factory, atoms: Any) -> None:
    from aiida_zif.workflows.labelling.time_labels import plan_timing

    plans = [plan_timing(orm.StructureData(ase=atoms)) for _ in range(2)]
    assert plans[0]["frames"].frame_ids() == plans[1]["frames"].frame_ids()
    assert plans[0]["frames"].base.links.get_incoming().all_nodes()  # made by a calcfunction
