"""A convergence study labels every level once, goes on without those that fail, and proposes what it has tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from aiida import orm
from fake_children import Child, Ending, Run, run_chain

from aiida_zif.plugins.cp2k.levels import load_level

pytestmark = pytest.mark.slow

LADDER = {"MGRID/CUTOFF": [300, 500, 800], "SCF/EPS_SCF": [1.0e-4, 1.0e-7]}  # the level has 400 Ry and 1e-5
CUTOFF_ERROR = {300: 30.0, 400: 6.0, 500: 2.0, 800: 0.0}
SCF_ERROR = {1.0e-4: 8.0, 1.0e-5: 3.0, 1.0e-7: 0.0}
START = {"system": "zinc", "perturbed": {"frames": 2, "displacement": 0.05, "strain": 0.02}, "seed": 4}

Converge = Callable[..., Run]


def force_error(child: Child) -> float:
    """meV/Å, larger for coarser settings."""
    energy = child.inputs.level["settings"]["energy"]
    return CUTOFF_ERROR[energy["MGRID"]["CUTOFF"]] + SCF_ERROR[energy["SCF"]["EPS_SCF"]]


@pytest.fixture(scope="module", autouse=True)
def no_cache() -> Iterator[None]:
    """No job of one test is answered by that of another; a real study shows that known jobs are taken again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "aiida_zif.workflows.level_convergence.work_chain.enable_caching", lambda identifier: nullcontext()
        )
        yield


@pytest.fixture(scope="module")
def converge(codes: dict[str, Any], options: dict[str, Any], atoms: Any, block: Callable[..., Any]) -> Converge:
    """Take a study to its end; jobs named in ``failed`` end as they say."""

    def run(
        failed: dict[str, Ending] | None = None, frames: Any = None, checkpoints: bool = False, **changes: Any
    ) -> Run:
        def answer(child: Child) -> Ending:
            if child.link in (failed or {}):
                return (failed or {})[child.link]
            given, level, error = child.inputs.frames, child.inputs.level, force_error(child)
            labelled = block(
                of=given,
                forces=np.full(given.positions.shape, 0.1 + error * 1e-3),
                virials=np.zeros((given.n_frames, 3, 3)),
                level_of_theory={"hash": level["hash"], "line": level["line"]},
            )
            account = orm.Dict({"seconds_per_frame": 20.0 - error / 2, "rejected": []})
            return Ending({"labelled": labelled, "output_parameters": account})

        study = {
            "own": {"name": "pbe-d3-fast", "overrides": {"SCF/EPS_SCF": 1.0e-5}},
            "ladder": LADDER,
            "noise": {"energy": 1.0, "force": 10.0, "stress": 0.1},
            "start": START if frames is None else {**START, "index": 1},
        } | changes
        inputs = {
            "cp2k": {"code": codes["cp2k"], "metadata": {"options": options}},
            "level": orm.Dict(load_level("pbe-d3-fast", {"MGRID/CUTOFF": 400}).as_dict()),
            "study": orm.Dict(study),
        }
        source = {"structure": orm.StructureData(ase=atoms)} if frames is None else {"frames": frames}
        return run_chain("zif.converge", {**inputs, **source}, answer, checkpoints)

    return run


@pytest.fixture(scope="module")
def plain(converge: Converge) -> Run:
    """A study without a mishap, saved and loaded after every step."""
    return converge(checkpoints=True)


def noise(force: float) -> dict[str, Any]:
    return {"noise": {"energy": 1.0, "force": force, "stress": 0.1}}


def rejected() -> Ending:
    """A job that left an account and no label."""
    account = {"rejected": [{"reason": "scf_not_converged", "detail": "no end"}]}
    return Ending({"output_parameters": orm.Dict(account)}, 450, "In no frame did the SCF converge")


def test_every_level_is_labelled_once_the_tightest_first(plain: Run) -> None:
    hashes = [child.inputs.level["hash"] for child in plain.children]
    assert plain.children[0].link == "tightest"
    # Seven rungs, and 400 Ry with 1e-4, which fails; 400 Ry with 1e-5 is the level itself.
    assert len(hashes) == len(set(hashes)) == 8


def test_all_rungs_share_frames_and_task(plain: Run) -> None:
    assert len({child.inputs.frames.uuid for child in plain.children}) == 1
    assert len({child.inputs.task.uuid for child in plain.children}) == 1
    frames = plain.children[0].inputs.frames
    assert frames.n_frames == 2
    assert not np.allclose(frames.cells[0], frames.cells[1])


def test_everything_derived_has_a_creator(plain: Run) -> None:
    for child in plain.children:
        assert all(child.inputs[name].creator is not None for name in ("frames", "level", "task"))


def test_the_combination_is_tried_and_tightened_until_it_passes(plain: Run) -> None:
    assert [child.link for child in plain.children if child.link.startswith("combined")] == ["combined_0"]
    report = plain.outputs["report"].get_dict()
    assert report["rungs"]["combined_0"]["errors"]["force"] == pytest.approx(14.0)
    assert report["level_of_theory"] == {"name": "pbe-d3-fast", "overrides": {"SCF/EPS_SCF": 1.0e-5}}


def test_what_is_proposed_can_be_pasted_and_gives_the_level_that_was_labelled(converge: Converge) -> None:
    report = converge(**noise(40.0)).outputs["report"].get_dict()
    proposal = report["level_of_theory"]
    assert proposal["overrides"] == {"SCF/EPS_SCF": 1.0e-4, "MGRID/CUTOFF": 300}
    assert load_level(**proposal).hash == report["rungs"][report["proposal"]]["hash"]


def test_a_rung_that_fails_is_left_out_of_the_table_and_of_the_proposal(converge: Converge) -> None:
    run = converge({"MGRID_CUTOFF_0": rejected()}, **noise(40.0))
    report = run.outputs["report"].get_dict()
    assert run.exit_code is None
    assert "errors" not in report["rungs"]["MGRID_CUTOFF_0"]
    assert report["level_of_theory"]["overrides"] == {"SCF/EPS_SCF": 1.0e-4}  # 400 Ry is what the level has


def test_a_combination_that_fails_is_not_tried_for_ever(converge: Converge) -> None:
    run = converge({"combined_0": rejected()})
    assert run.exit_code is None
    assert len([child for child in run.children if child.link.startswith("combined")]) == 1
    assert run.outputs["report"]["proposal"] == "as_it_is"


@pytest.mark.parametrize("cause", ["SCF converge", "disk full"])
def test_without_the_tightest_the_study_ends_at_once_and_says_why(converge: Converge, cause: str) -> None:
    run = converge({"tightest": rejected() if cause == "SCF converge" else Ending(exception="OSError: disk full")})
    assert run.exit_code.status == 340
    assert cause in run.exit_code.message
    assert "--ladder" in run.exit_code.message
    assert len(run.children) == 1


def test_a_given_frame_is_labelled_as_it_is_beside_a_copy(converge: Converge, frames: Callable[..., Any]) -> None:
    given = frames(3).store()
    labelled = converge(frames=given).children[0].inputs.frames
    np.testing.assert_array_equal(labelled.positions[0], given.positions[1])
    assert labelled.n_frames == 2
    assert np.abs(labelled.positions[1] - given.positions[1]).max() > 0.01


def test_a_setting_with_one_value_is_refused_before_anything_runs(converge: Converge) -> None:
    with pytest.raises(ValueError, match="two values or more"):
        converge(ladder={"MGRID/CUTOFF": [400]})
