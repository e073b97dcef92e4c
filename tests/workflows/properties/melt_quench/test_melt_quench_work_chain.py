"""Replicas melt side by side, each is quenched from its own melt, and a leg that fails takes no other along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida import orm
from fake_children import Answer, Child, Ending, Run, run_chain
from made_up_legs import leg_result, settings

from aiida_zif.workflows.engine.naming import key_of
from aiida_zif.workflows.properties.melt_quench.curves import LegCurves
from aiida_zif.workflows.properties.melt_quench.naming import Leg
from aiida_zif.workflows.properties.melt_quench.plan import STAGES, seed_of
from aiida_zif.workflows.properties.melt_quench.report import GlassReport
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings

pytestmark = pytest.mark.slow

Factory = Callable[..., Any]
WANTED = settings(rates=[20.0, 200.0], replicas=2, trust=0.3)


def frames_of(child: Child, n_frames: int, **per_frame: Any) -> Any:
    """Frames that rattle about the start of a leg."""
    from aiida_zif.plugins.data.frames import FramesData

    start = child.inputs.frames
    noise = 0.02 * np.random.default_rng(child.seed).standard_normal((n_frames, start.n_atoms, 3))
    cells = np.tile(start.cells[0], (n_frames, 1, 1))
    return FramesData(start.symbols, start.positions[0] + noise, cells, start.system, per_frame)


def brought(child: Child) -> Ending:
    """A leg that came to its end, with two untrusted frames and snapshots of its states."""
    leg = Leg.parse(child.link)
    result = leg_result(leg, WANTED)
    assert result.report is not None
    assert result.series is not None
    stages = np.repeat([1, 3], 4) if leg.is_melt else np.full(4, 2)
    snapshots = frames_of(child, len(stages), stage=stages)
    return Ending(
        {
            "output_parameters": orm.Dict(result.report.as_dict()),
            "series": result.series.to_node(),
            "snapshots": snapshots,
            "untrusted": frames_of(child, 2, stage=np.array([0, 1]), max_force_deviation=np.array([0.4, 0.5])),
            "final": frames_of(child, 1, velocities=np.zeros((1, snapshots.n_atoms, 3))),
        }
    )


@pytest.fixture(scope="module")
def melt_quench(md: Factory, committee: Factory, zif4: Any) -> Factory:
    """Take a melt-quench of ZIF-4 to its end."""

    def run(answer: Answer, wanted: MeltQuenchSettings = WANTED, **inputs: Any) -> Run:
        given = {
            "md": {"md": md()}, "committee": committee(), "structure": orm.StructureData(ase=zif4),
            "settings": orm.Dict(wanted.as_dict()), "concurrent": 2,
        }  # fmt: skip
        checkpoints = inputs.pop("checkpoints", False)
        return run_chain("zif.melt_quench", {**given, **inputs}, answer, checkpoints=checkpoints)

    return run


@pytest.fixture(scope="module")
def whole(melt_quench: Factory) -> Run:
    """A melt-quench whose legs all came to their end; the worker died after every step."""
    run: Run = melt_quench(brought, checkpoints=True)
    return run


def test_replicas_melt_side_by_side_and_slow_quenches_share_a_turn(whole: Run) -> None:
    assert whole.exit_code is None
    assert whole.waves == [
        ["melt_0", "melt_1"],
        ["quench_0_at_20", "quench_1_at_20"],
        ["quench_0_at_200", "quench_1_at_200"],
    ]


def test_every_quench_starts_where_its_own_melt_ended(whole: Run) -> None:
    run = whole
    finals = {child.link: child.node.outputs.final.uuid for child in run.children if child.link.startswith("melt")}
    for child in run.children[2:]:
        assert child.inputs.frames.uuid == finals[Leg.parse(child.link).melt.label()]
    assert {child.inputs.parameters["seed"] for child in run.children} == {
        seed_of(WANTED, Leg.parse(child.link)) for child in run.children
    }


def test_frames_curves_and_report_come_out_by_their_names(whole: Run) -> None:
    outputs = whole.outputs
    assert set(outputs["crystal"]) == set(outputs["melt"]) == {"replica_0", "replica_1"}
    assert set(outputs["glass"]) == {f"replica_{replica}_at_{rate}" for replica in (0, 1) for rate in (20, 200)}
    assert outputs["melt"]["replica_0"].n_frames == 4
    assert set(LegCurves.from_node(outputs["curves"]).legs) == {
        Leg(replica, rate) for replica in (0, 1) for rate in (None, 20.0, 200.0)
    }
    report = GlassReport.from_node(outputs["report"])
    assert report.n_atoms == 272
    assert report.states["glass@20"].density.n is not None
    assert report.memory.forgot is False  # the frames of this test only rattle
    assert report.voids["glass@20"].passed is True
    assert report.trust.n_returned == 12


def test_untrusted_frames_of_all_legs_say_where_they_are_from(whole: Run) -> None:
    frames = whole.outputs["untrusted"]
    assert frames.n_frames == 12
    per_frame = frames.per_frame
    assert sorted(set(per_frame["replica"])) == [0, 1]
    assert sorted(set(per_frame["rate"])) == [0.0, 20.0, 200.0]
    in_quench = per_frame["rate"] > 0
    assert {STAGES[index] for index in per_frame["stage"][in_quench]} == {"quench", "relax_npt"}
    assert {STAGES[index] for index in per_frame["stage"][~in_quench]} == {"thermalisation", "crystal"}
    assert "max_force_deviation" in per_frame


def test_a_melt_that_fails_takes_no_other_replica_along(melt_quench: Factory) -> None:
    run = melt_quench(
        lambda child: Ending({}, 450, "too hot") if child.link == "melt_0" else brought(child), checkpoints=True
    )
    assert run.exit_code is None
    assert [child.link for child in run.children] == ["melt_0", "melt_1", "quench_1_at_20", "quench_1_at_200"]
    report = GlassReport.from_node(run.outputs["report"])
    assert report.outcome == "partly"
    assert {leg.name: leg.ended for leg in report.legs}["quench_0_at_20"] == "not_run"


def test_a_quench_that_stops_early_still_brings_its_untrusted_frames_and_curve(melt_quench: Factory) -> None:
    def one_stops(child: Child) -> Ending:
        if child.link != "quench_1_at_20":
            return brought(child)
        whole = brought(child).outputs
        result = leg_result(Leg(1, 20.0), WANTED, ended="deviation_hopeless", n_steps=60_000)
        assert result.report is not None
        account = orm.Dict(result.report.as_dict())
        kept = {"output_parameters": account, "untrusted": whole["untrusted"], "series": whole["series"]}
        return Ending(kept, 450, "deviation hopeless")

    run = melt_quench(one_stops)
    assert run.exit_code is None
    assert "replica_1_at_20" not in run.outputs["glass"]
    assert run.outputs["untrusted"].n_frames == 12
    report = GlassReport.from_node(run.outputs["report"])
    assert {leg.name: leg.ended for leg in report.legs}["quench_1_at_20"] == "deviation_hopeless"
    assert report.states["glass@20"].density.remark.startswith("one replica")


def test_without_a_single_quench_there_is_a_named_exit_code_and_a_report(melt_quench: Factory) -> None:
    run = melt_quench(lambda child: Ending({}, 350, "the pressure is not −dE/dV: 1.2 against 0.3 GPa"))
    assert run.exit_code.status == 360
    assert "melt_1: [350] the pressure is not −dE/dV: 1.2 against 0.3 GPa" in run.exit_code.message
    assert [child.link for child in run.children] == ["melt_0", "melt_1"]
    assert GlassReport.from_node(run.outputs["report"]).outcome == "failed"


def test_layouts_are_tried_once_for_all_legs(melt_quench: Factory) -> None:
    from aiida_zif.workflows.properties.md.layout import MdLayout

    def answer(child: Child) -> Ending:
        if child.link != "times":
            return brought(child)
        layout = MdLayout(n_ranks=1, n_threads=1, steps_per_s=20.0, formula="C96H96N64Zn16", n_atoms=272, models="test")
        return Ending({"layout": orm.Dict(layout.as_dict())})

    run = melt_quench(answer, try_layouts=True)
    assert run.waves[0] == ["times"]
    assert len({child.inputs.layout.uuid for child in run.children[1:]}) == 1


def test_a_supercell_is_made_of_the_crystal_and_all_legs_run_in_it(melt_quench: Factory, zif4: Any) -> None:
    wanted = settings(rates=[200.0], replicas=1, supercell=[2, 1, 1])
    run = melt_quench(lambda child: Ending({}, 350, "not needed"), wanted)
    child = run.children[0]
    assert child.inputs.frames.n_atoms == 544
    assert child.inputs.topology.get_ase().get_chemical_symbols() == child.inputs.frames.symbols
    assert GlassReport.from_node(run.outputs["report"]).supercell == [2, 1, 1]


def test_every_node_has_a_creator_or_is_an_input(whole: Run) -> None:
    run = whole
    given = {node.uuid for node in run.chain.node.base.links.get_incoming().all_nodes()}
    for child in run.children:
        for link in child.node.base.links.get_incoming(node_class=orm.Data).all():
            returned = link.node.base.links.get_incoming().all()  # what a stand-in made has no creator
            assert link.node.uuid in given or link.node.creator is not None or returned, link.link_label
    assert all(node.creator is not None for node in (run.outputs["report"], run.outputs["curves"]))


def refused(melt_quench: Factory, **inputs: Any) -> str:
    before = orm.QueryBuilder().append(orm.Node).count()
    with pytest.raises(ValueError) as error:  # noqa: PT011
        melt_quench(brought, **inputs)
    assert orm.QueryBuilder().append(orm.Node).count() - before <= 2  # the codes of this test
    return str(error.value)


def test_wrong_input_is_refused_before_anything_is_stored(melt_quench: Factory, committee: Factory) -> None:
    assert "settings.rates[0]: found 0.0" in refused(melt_quench, settings=orm.Dict({"rates": [0.0]}))
    assert "structure: found C, allowed are the elements of the models" in refused(
        melt_quench, committee=committee(type_map=("H", "N", "Zn"))
    )
    mixed = {**committee(1), "model_1": committee(type_map=("H", "C", "N", "Zn"))["model_1"]}
    assert "committee.model_1: found type_map H, C, N, Zn" in refused(melt_quench, committee=mixed)
    thin = settings(supercell=[1, 1, 1])
    text = refused(melt_quench, settings=orm.Dict(thin.as_dict()), committee=committee(rcut=9.0))
    assert "supercell: found a cell 15.38 Å thick" in text
    assert key_of("job", "melt_0") not in text
