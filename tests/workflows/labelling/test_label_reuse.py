"""Labels that the profile holds are not computed again, by batches and AIMD runs alike, unless that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from aiida import orm
from fake_children import Child, Ending, Run, end, run_chain

from aiida_zif.plugins.cp2k.levels import load_level
from aiida_zif.plugins.cp2k.reading.gates import Gates
from aiida_zif.plugins.data.frame_sets import concatenate, subset
from aiida_zif.workflows.labelling.run_cache import known_run, take_known_run

Factory = Callable[..., Any]
AIMD = {"mode": "aimd", "temperature": 300.0, "timestep": 0.5, "steps": 12, "stride": 4, "seed": 4711}


@pytest.fixture(scope="module")
def level(aiida_profile: object) -> orm.Dict:
    """The level of every label here."""
    return orm.Dict(load_level("gfn1-xtb").as_dict()).store()


@pytest.fixture(scope="module")
def labelled(block: Factory, level: orm.Dict) -> Factory:
    """Factory of what a CP2K job returns for some frames."""
    theory = {"hash": level["hash"], "line": level["line"]}

    def make(frames: Any, **kwargs: Any) -> Any:
        n_frames = frames.n_frames
        virials = np.tile(np.eye(3), (n_frames, 1, 1))
        return block(of=frames, virials=virials, energies=np.arange(n_frames) - 9.0, level_of_theory=theory, **kwargs)

    return make


@pytest.fixture(scope="module")
def label(codes: dict[str, Any], options: dict[str, Any], level: orm.Dict, labelled: Factory) -> Factory:
    """Label frames to the end; every job labels all that it is given."""

    def answer(child: Child) -> Ending:
        good = labelled(child.inputs.frames)
        parameters = {"n_labelled": good.n_frames, "rejected": [], "wall_s": 10.0}
        return Ending({"labelled": good, "output_parameters": orm.Dict(parameters)})

    def run(frames: Any, **inputs: Any) -> Run:
        cp2k = {"code": codes["cp2k"], "level": level, "metadata": {"options": options}}
        task = orm.Dict({"mode": "batch"})
        return run_chain("zif.label", {"cp2k": cp2k, "frames": frames, "task": task, **inputs}, answer, True)

    return run


@pytest.fixture(scope="module")
def overlapping(label: Factory, frames: Factory) -> tuple[Run, Run, Any]:
    """A first labelling, a second one of two of its frames and two new ones, and the second one's frames."""
    first = frames(3, seed=500)
    both = concatenate(subset(first, [2, 0]), frames(2, seed=501)).store()
    return label(first), label(both), both


def test_only_frames_without_a_label_are_computed(overlapping: tuple[Run, Run, Any]) -> None:
    _, second, asked = overlapping
    (job,) = second.named("Cp2kLabelCalculation")
    assert job.inputs.frames.frame_ids() == asked.frame_ids()[2:]
    assert job.inputs.frames.creator.process_label == "reuse_labels"


def test_every_frame_has_its_label_once(overlapping: tuple[Run, Run, Any]) -> None:
    first, second, asked = overlapping
    blocks = second.outputs["blocks"]
    assert sorted(key for block in blocks.values() for key in block.frame_ids()) == sorted(asked.frame_ids())
    assert blocks["reused"].frame_ids() == asked.frame_ids()[:2]
    computed = first.outputs["blocks"]["attempt_0"]
    np.testing.assert_array_equal(blocks["reused"].energies, computed.energies[[2, 0]])


def test_the_report_counts_what_was_not_computed(overlapping: tuple[Run, Run, Any]) -> None:
    first, second, _ = overlapping
    reports = [run.outputs["report"] for run in (first, second)]
    assert [(report["n_labelled"], report["n_reused"], report["n_jobs"]) for report in reports] == [
        (3, 0, 1),
        (4, 2, 1),
    ]
    assert reports[1]["wall_s"] == 10.0


def test_the_lineage_of_a_reused_frame_ends_at_the_job_that_computed_it(overlapping: tuple[Run, Run, Any]) -> None:
    from aiida_zif.provenance.lineage.ancestry import what_stands_behind
    from aiida_zif.provenance.lineage.lookup import find_target
    from aiida_zif.provenance.lineage.origin import Origin
    from aiida_zif.provenance.lineage.trace import trace

    def walk(origin: Origin) -> Iterator[Origin]:
        yield origin
        for child in origin.origins:
            yield from walk(child)

    first, second, _ = overlapping
    block = second.outputs["blocks"]["reused"]
    tree = list(walk(trace(find_target(f"{block.pk}:1"))))
    assert [origin.kind for origin in tree][:4] == ["block", "reuse", "block", "labelling"]
    (job,) = first.named("Cp2kLabelCalculation")
    assert tree[3].node is not None
    assert tree[3].node.pk == job.pk
    assert tree[2].facts["index"] == 0
    behind = what_stands_behind(block)
    assert (behind["n_cp2k_jobs"], behind["n_labelled_frames"]) == (1, 3)


def test_nothing_is_computed_if_everything_is_known(label: Factory, frames: Factory) -> None:
    given = frames(2, seed=502)
    label(given)
    again = label(given)
    assert again.exit_code is None
    assert not again.children
    assert list(again.outputs["blocks"]) == ["reused"]
    assert again.outputs["report"]["n_labelled"] == again.outputs["report"]["n_reused"] == 2


def test_everything_is_computed_if_that_is_asked_for(label: Factory, frames: Factory) -> None:
    given = frames(2, seed=503)
    label(given)
    again = label(given, reuse=False)
    assert list(again.outputs["blocks"]) == ["attempt_0"]
    assert again.outputs["report"]["n_reused"] == 0


# -- AIMD ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def earlier(frames: Factory, labelled: Factory, level: orm.Dict) -> Factory:
    """Factory of AIMD runs that have ended: two blocks of two steps."""

    def store(seed: int, task: dict[str, Any] | None = None, exit_status: int = 0, **account: Any) -> orm.WorkChainNode:
        from aiida.common.links import LinkType

        start = frames(1, seed=seed).store()
        run = orm.WorkChainNode(process_type="aiida.workflows:zif.aimd")
        settings = orm.Dict({**AIMD, "seed": seed, **(task or {})}).store()
        for label, node in (("frames", start), ("task", settings), ("cp2k__level", level)):
            run.base.links.add_incoming(node, LinkType.INPUT_WORK, label)
        run.store()
        parts = [
            labelled(frames(2, seed=seed + part), per_frame={"step": np.array(steps)}).store()
            for part, steps in enumerate([[4, 8], [12, 16]], start=1)
        ]
        report = orm.Dict({"mode": "aimd", "n_labelled": 4, "n_rejected": {}, "n_jobs": 2, "wall_s": 9.0, **account})
        outputs = {"blocks": {f"attempt_{9 + part}": block for part, block in enumerate(parts)}, "report": report}
        end(run, Ending(outputs, exit_status))
        return run

    return store


def test_the_same_run_is_taken_over_in_the_order_of_its_steps(
    earlier: Factory, frames: Factory, level: orm.Dict
) -> None:
    run = earlier(600)
    known = take_known_run(frames(1, seed=600, system="mine"), orm.Dict({**AIMD, "seed": 600}), level)
    assert known is not None
    block, report = known["labelled"], known["report"]
    np.testing.assert_array_equal(block.get_array("step"), [4, 8, 12, 16])
    assert block.system == "mine"
    assert (report["n_labelled"], report["n_reused"], report["n_jobs"], report["wall_s"]) == (4, 4, 0, 0.0)
    sources = block.creator.base.links.get_incoming().all()
    assert {link.node.pk for link in sources} >= {node.pk for node in run.outputs.blocks.values()}


@pytest.mark.parametrize("other", [{"temperature": 310.0}, {"steps": 16}, {"deuterium": True}])
def test_a_run_that_differs_in_anything_is_another_one(
    earlier: Factory, frames: Factory, level: orm.Dict, other: dict[str, Any]
) -> None:
    seed = 610 + 10 * len(next(iter(other)))
    earlier(seed)
    task = {**AIMD, "seed": seed}
    assert known_run(frames(1, seed=seed), orm.Dict({**task, **other}), level["hash"]) is None
    assert known_run(frames(1, seed=seed + 1), orm.Dict(task), level["hash"]) is None
    assert known_run(frames(1, seed=seed), orm.Dict(task), "0123") is None
    assert known_run(frames(1, seed=seed), orm.Dict(task), level["hash"]) is not None


def test_a_run_from_before_a_gate_was_added_is_still_the_same_run(
    earlier: Factory, frames: Factory, level: orm.Dict
) -> None:
    earlier(640, {"gates": {"net_force": 0.1}})
    task = {**AIMD, "seed": 640}
    now = Gates().model_dump()
    assert known_run(frames(1, seed=640), orm.Dict({**task, "gates": now}), level["hash"]) is not None
    stricter = {**now, "max_stress": 10.0}
    assert known_run(frames(1, seed=640), orm.Dict({**task, "gates": stricter}), level["hash"]) is None


@pytest.mark.parametrize(
    "flaw",
    [{"exit_status": 310}, {"n_rejected": {"not_reached": 1}}, {"n_reused": 4}],
    ids=lambda flaw: next(iter(flaw)),
)
def test_a_run_that_is_not_complete_or_was_taken_over_itself_is_no_source(
    earlier: Factory, frames: Factory, level: orm.Dict, flaw: dict[str, Any]
) -> None:
    seed = 800 + 10 * len(next(iter(flaw)))
    earlier(seed, **flaw)
    assert known_run(frames(1, seed=seed), orm.Dict({**AIMD, "seed": seed}), level["hash"]) is None


def test_a_known_run_needs_no_job(
    earlier: Factory, frames: Factory, level: orm.Dict, codes: dict[str, Any], options: dict[str, Any]
) -> None:
    earlier(900)
    cp2k = {"code": codes["cp2k"], "level": level, "metadata": {"options": options}}
    inputs = {"cp2k": cp2k, "frames": frames(1, seed=900), "task": orm.Dict({**AIMD, "seed": 900})}
    run = run_chain("zif.aimd", inputs, lambda child: pytest.fail("a job was submitted"), checkpoints=True)
    assert run.exit_code is None
    assert run.outputs["report"]["n_reused"] == 4
    assert list(run.outputs["blocks"]) == ["reused"]
