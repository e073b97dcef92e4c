"""Sections run in their order, share the cores, and a part that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida import orm
from fake_children import Answer, Child, Ending, Run, run_chain

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.workflows.engine.seeds import derive_seed
from aiida_zif.workflows.properties.melt_quench.report import ForceField, GlassReport, State, Trust
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings
from aiida_zif.workflows.properties.states.plan import StateName as GridState
from aiida_zif.workflows.properties.states.report import StatesReport
from aiida_zif.workflows.properties.states.settings import StatesSettings
from aiida_zif.workflows.properties.structure.curves import Curve, Curves
from aiida_zif.workflows.properties.structure.report import Row, StructureReport
from aiida_zif.workflows.properties.validation.report import ValidationReport
from aiida_zif.workflows.study.names import ChildName
from aiida_zif.workflows.study.verdict import StudyVerdict

pytestmark = pytest.mark.slow

Factory = Callable[..., Any]
GRID = GridState(300.0, 0.0).label()
RATES = ["500 K/ps", "1000 K/ps"]
DENSITY = Measured(value=1.2, error=0.1, error_from="replicas", n=2, unit="g/cm³")


def glass_report(system: str) -> orm.Dict:
    """What a melt-quench says."""
    report = GlassReport(
        system=system,
        formula="H4Zn2",
        n_atoms=6,
        force_field=ForceField(n_models=2, line="two models"),
        n_replicas=2,
        rates=[500.0, 1000.0],
        states={"crystal": State(density=DENSITY)},
        trust=Trust(n_returned=3),
        is_glass=False,
        verdict="No glass: the melt still knows the crystal.",
        limits=["Two metals are few."],
    )
    return orm.Dict(report.as_dict())


def curves() -> orm.ArrayData:
    """One curve."""
    x = np.linspace(1.0, 5.0, 9)
    return Curves({"g": Curve(x, x, x, "r", "g", "Å", "", 2, "replicas")}).to_node()


@pytest.fixture(scope="module")
def answers(frames: Factory) -> dict[str, Callable[[Child], Ending]]:
    """How children of each class end that do what they are asked to."""

    def melt(child: Child) -> Ending:
        def some(seed: int) -> Any:
            return frames(2, child.seed + seed)

        replicas = range(MeltQuenchSettings.from_node(child.inputs.settings).replicas)
        phases = {phase: {f"replica_{n}": some(n) for n in replicas} for phase in ("crystal", "melt")}
        glass = {f"replica_{n}_at_{rate}": some(9 * n + rate) for n in replicas for rate in (500, 1000)}
        system = MeltQuenchSettings.from_node(child.inputs.settings).system
        return Ending({**phases, "glass": glass, "untrusted": some(77), "report": glass_report(system)})

    def structure(child: Child) -> Ending:
        row = Row(group="cell", quantity="density", value=DENSITY)
        return Ending({"report": orm.Dict(StructureReport(rows=[row], n_replicas=2).as_dict()), "curves": curves()})

    def states(child: Child) -> Ending:
        report = orm.Dict(StatesReport(system="zinc").as_dict())
        found = structure(child).outputs
        return Ending({"report": report, "structure": {GRID: found}})

    def validate(child: Child) -> Ending:
        return Ending({"report": orm.Dict(ValidationReport().as_dict()), "curves": curves()})

    return {
        "MeltQuenchWorkChain": melt,
        "StructureWorkChain": structure,
        "StatesWorkChain": states,
        "ValidateWorkChain": validate,
    }


@pytest.fixture(scope="module")
def run_study(study: Factory, codes: dict[str, Any], potential: Factory, atoms: Any) -> Factory:
    """Take a study to its end."""

    def run(answer: Answer, systems: tuple[str, ...] = ("zinc",), checkpoints: bool = False, **sections: Any) -> Run:
        from aiida_zif.workflows.study.builder import fill_builder
        from aiida_zif.workflows.study.file.loading import study_from_structures
        from aiida_zif.workflows.study.force_field.known import KnownForceField

        models = [potential().store() for _ in range(sections.pop("models", 2))]
        known = KnownForceField(
            {f"model_{n}": model.uuid for n, model in enumerate(models)}, ("H", "Zn"), 5.0, "committee"
        )
        content = {
            "name": "zinc-glass", "protocol": "demo", "seed": 5, "force_field": {"campaign": "zinc-test"},
            "melt_quench": {"rates": RATES}, **sections,
        }  # fmt: skip
        content = {key: value for key, value in content.items() if value is not None}
        made = study_from_structures(dict.fromkeys(systems, atoms), content, lambda section: known)
        nodes = {name: orm.StructureData(ase=atoms, label=name) for name in systems}
        used = {name: codes[name] for name in ("lmp", "python")}
        inputs = dict(fill_builder(made, used, nodes)._inputs(prune=True))
        return run_chain("zif.study", inputs, answer, checkpoints)

    return run


WHOLE = {"structure": {}, "states": {}, "validate": {}}


@pytest.fixture(scope="module")
def whole(run_study: Factory, answers: dict[str, Callable[[Child], Ending]]) -> Run:
    """A study with all sections that ended well; the worker died after every step."""
    run: Run = run_study(lambda child: answers[child.name](child), checkpoints=True, **WHOLE)
    return run


def test_sections_run_in_their_order_and_what_can_run_side_by_side_does(whole: Run) -> None:
    assert whole.exit_code is None
    assert whole.waves == [
        ["melt_quench_zinc", "states_zinc"],
        ["structure_zinc_crystal", "structure_zinc_melt", "structure_zinc_glass_500", "structure_zinc_glass_1000"],
        ["validation_zinc"],
    ]


def test_parts_that_run_side_by_side_share_the_jobs(whole: Run, run_study: Factory, answers: Any) -> None:
    assert [child.inputs.concurrent for child in whole.children[:2]] == [1, 1]
    alone = run_study(lambda child: answers[child.name](child))
    assert [child.inputs.concurrent for child in alone.children] == [2]


def test_every_system_takes_part(run_study: Factory, answers: Any) -> None:
    run = run_study(lambda child: answers[child.name](child), ("a", "b", "c"), structure={"of": ["melt"]})
    assert run.waves == [
        ["melt_quench_a", "melt_quench_b"],
        ["melt_quench_c"],
        ["structure_a_melt", "structure_b_melt", "structure_c_melt"],
    ]
    assert set(run.outputs["melt_quench"]) == {"a", "b", "c"}


def test_outputs_are_found_by_section_and_system_or_state(whole: Run) -> None:
    outputs = whole.outputs
    assert set(outputs) == {"melt_quench", "structure", "states", "validation", "verdict"}
    assert set(outputs["melt_quench"]["zinc"]) == {"crystal", "melt", "glass", "untrusted", "report"}
    assert set(outputs["structure"]) == {"zinc_crystal", "zinc_melt", "zinc_glass_500", "zinc_glass_1000"}
    assert set(outputs["states"]["zinc"]) == {"report", "structure"}


def test_a_structure_gets_the_frames_of_its_state_a_replica_each(whole: Run) -> None:
    (melt,) = whole.named("MeltQuenchWorkChain")
    made = melt.node.outputs
    given = {child.link: child.inputs for child in whole.named("StructureWorkChain")}
    glass = given["structure_zinc_glass_500"].frames
    assert {name: node.uuid for name, node in glass.items()} == {
        name: made.glass[f"{name}_at_500"].uuid for name in ("replica_0", "replica_1")
    }
    assert given["structure_zinc_melt"].frames.replica_1.uuid == made.melt.replica_1.uuid
    assert given["structure_zinc_glass_500"].settings["state"] == "glass@500"
    assert len(given["structure_zinc_melt"].topology.sites) == 6


def test_seeds_follow_from_that_of_the_study_by_section_and_system(whole: Run) -> None:
    (melt,), (states,) = whole.named("MeltQuenchWorkChain"), whole.named("StatesWorkChain")
    assert MeltQuenchSettings.from_node(melt.inputs.settings).seed == derive_seed(5, "melt_quench", "zinc")
    assert StatesSettings.from_node(states.inputs.settings).seed == derive_seed(5, "states", "zinc")


def test_what_is_compared_is_named_with_its_temperature_and_rate(whole: Run) -> None:
    (validation,) = whole.named("ValidateWorkChain")
    computed = validation.inputs.settings["computed"]
    assert set(computed) == {"zinc_crystal", "zinc_melt", "zinc_glass_500", "zinc_glass_1000", f"zinc_{GRID}"}
    assert (computed["zinc_glass_500"]["rate"], computed["zinc_glass_500"]["temperature"]) == (500.0, 300.0)
    assert computed["zinc_melt"]["temperature"] == 1500.0
    assert computed[f"zinc_{GRID}"]["phase"] == "crystal"


def test_the_verdict_holds_numbers_limits_and_words(whole: Run) -> None:
    verdict = StudyVerdict.from_node(whole.outputs["verdict"])
    assert verdict.force_field == "two models"
    assert verdict.n_untrusted == 3
    assert {(one.section, one.state, one.quantity) for one in verdict.findings} >= {
        ("melt_quench", "crystal", "density"),
        ("structure", "glass_500", "density"),
    }
    assert verdict.limits[0] == "Protocol: demo runs every step in minutes; its result is no glass."
    assert "Two metals are few." in verdict.limits
    assert verdict.verdict.startswith("zinc: No glass: the melt still knows the crystal.")
    assert {end.ended for end in verdict.sections} == {"finished"}


def test_states_of_a_glass_start_when_it_is_made_from_the_slowest_rate(run_study: Factory, answers: Any) -> None:
    run = run_study(lambda child: answers[child.name](child), states={"start": "glass"})
    assert run.waves == [["melt_quench_zinc"], ["states_zinc"]]
    (melt,), (states,) = run.named("MeltQuenchWorkChain"), run.named("StatesWorkChain")
    assert states.inputs.start.replica_0.uuid == melt.node.outputs.glass.replica_0_at_500.uuid


def test_one_model_is_not_asked_for_frames_that_it_does_not_trust(run_study: Factory, answers: Any) -> None:
    run = run_study(lambda child: answers[child.name](child), models=1)
    assert MeltQuenchSettings.from_node(run.children[0].inputs.settings).trust is None


def test_a_part_that_fails_stops_no_other_and_is_named(run_study: Factory, answers: Any) -> None:
    def answer(child: Child) -> Ending:
        if child.link == "melt_quench_a":
            return Ending(exit_status=360, exit_message="no quench came to its end")
        return answers[child.name](child)

    run = run_study(answer, ("a", "b"), structure={"of": ["melt", "glass"]})
    assert run.exit_code.status == 310
    assert "4 of 8 parts failed" in run.exit_code.message
    assert "melt_quench_a, structure_a_melt" in run.exit_code.message
    assert "melt_quench_a: [360] no quench came to its end" in run.exit_code.message
    assert set(run.outputs["structure"]) == {"b_melt", "b_glass_500", "b_glass_1000"}
    verdict = StudyVerdict.from_node(run.outputs["verdict"])
    assert verdict.verdict.startswith("No result from melt_quench of a, structure of a melt")
    assert {end.system for end in verdict.sections if end.ended == "failed"} == {"a"}


def test_a_melt_that_was_not_quenched_is_analysed_all_the_same(run_study: Factory, answers: Any) -> None:
    def answer(child: Child) -> Ending:
        ending = answers[child.name](child)
        if child.name != "MeltQuenchWorkChain":
            return ending
        brought = {name: node for name, node in ending.outputs.items() if name != "glass"}
        return Ending(brought, exit_status=360, exit_message="no quench came to its end")

    run = run_study(answer, structure={})
    assert run.waves[1] == ["structure_zinc_crystal", "structure_zinc_melt"]
    assert run.exit_code.status == 310
    assert "structure_zinc_glass_500" in run.exit_code.message


def test_a_study_without_any_result_says_so(run_study: Factory) -> None:
    run = run_study(lambda child: Ending(exit_status=360, exit_message="nothing"), structure={"of": ["melt"]})
    assert run.exit_code.status == 510
    assert "melt_quench_zinc: [360] nothing" in run.exit_code.message
    assert run.waves == [["melt_quench_zinc"]]


def test_no_node_of_a_study_is_without_origin(whole: Run) -> None:
    node = whole.chain.node
    declared = {link.node.pk for link in node.base.links.get_incoming().all()}
    for child in whole.children:
        for link in child.node.base.links.get_incoming().all():
            data = link.node
            if isinstance(data, orm.Data):
                made = data.creator is not None or bool(data.base.links.get_incoming().all())
                assert made or data.pk in declared, (ChildName.parse(child.link), link.link_label)
