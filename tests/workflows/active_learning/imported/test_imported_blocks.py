"""A campaign learns from imported frames only if they are of its level of theory, and are held out or learnt."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from aiida import orm
from aiida.common.links import LinkType
from fake_children import Child, Ending, make_chain, run_chain

from aiida_zif.plugins.data.labelled_frame import LabelledFrame
from aiida_zif.plugins.imports.extxyz.file import write_frame
from aiida_zif.workflows.active_learning.child_inputs import blocks_of
from aiida_zif.workflows.active_learning.imported.blocks import import_notes, imported_blocks
from aiida_zif.workflows.labelling.import_labels import declared_level, import_labels
from aiida_zif.workflows.labelling.known_imports import blocks_of_import
from aiida_zif.workflows.labelling.withdrawal import restore, withdraw
from aiida_zif.workflows.training.dataset import extend_dataset
from aiida_zif.workflows.user_input.problems import CampaignError

Factory = Callable[..., Any]
NOTHING = {"aimd": [], "perturbed": None}


@pytest.fixture(scope="module")
def imported(frames: Factory) -> Factory:
    """Factory of imported blocks under a label; other seeds give other frames."""
    import hashlib
    import io

    def store(
        label: str,
        seed: int,
        level: str = "gfn1-xtb",
        symbols: list[str] | None = None,
        energy: float = -1.0,
        drift: float = 0.0,
        digits: int = 20,
        state: tuple[int, int | None] = (0, None),
        **gates: Any,
    ) -> Any:
        given, stream = frames(4, seed), io.StringIO()
        for row in range(4):
            forces = np.random.default_rng(seed + row).normal(size=(6, 3))
            forces -= forces.mean(axis=0) - drift
            atoms = tuple(symbols or given.symbols)
            virial = np.eye(3)
            positions = given.positions[row].round(digits)
            write_frame(stream, LabelledFrame("", atoms, positions, given.cells[row], energy, forces, virial), {})
        raw = orm.SinglefileData(BytesIO(stream.getvalue().encode()), filename="data.extxyz")
        declaration = {
            "name": "data.extxyz",
            "format": "extxyz",
            "source": "doi:10.1/x",
            "system": label,
            "checksum": hashlib.sha256(stream.getvalue().encode()).hexdigest(),
            "level_of_theory": declared_level(level, *state),
            "gates": gates,
        }
        _, call = import_labels.run_get_node(raw, orm.Dict(declaration))
        return blocks_of_import(call)[0]

    return store


def test_a_label_stands_for_all_blocks_imported_under_it(imported: Factory, campaign: Factory) -> None:
    blocks = [imported("twice", seed) for seed in (700, 701)]
    found = imported_blocks(campaign(seed_data={"imported": ["twice"]}))
    assert [block.uuid for block in found["training"].values()] == [block.uuid for block in blocks]
    assert found["held_out"] == {}


def test_a_uuid_stands_for_its_block(imported: Factory, campaign: Factory) -> None:
    first, _ = imported("uuid_test", 702), imported("uuid_test", 703)
    found = imported_blocks(campaign(held_out={"imported": [first.uuid]}))
    assert [block.uuid for block in found["held_out"].values()] == [first.uuid]


def test_the_uuid_of_a_data_set_stands_for_its_blocks(imported: Factory, campaign: Factory) -> None:
    first, second = imported("of_a_data_set", 704), imported("of_a_data_set", 705)
    dataset = extend_dataset(first=first, second=second)
    found = imported_blocks(campaign(seed_data={"imported": [dataset.uuid]}))
    assert {block.uuid for block in found["training"].values()} == {first.uuid, second.uuid}


def test_a_label_that_nothing_has_is_refused(aiida_profile: object, campaign: Factory) -> None:
    with pytest.raises(CampaignError) as caught:
        imported_blocks(campaign(seed_data={"imported": ["nowhere-at-all"]}))
    (problem,) = caught.value.problems
    assert (problem.field, problem.found) == ("seed_data.imported[0]", "'nowhere-at-all'")
    assert "aiida-zif import" in problem.fix


def test_frames_of_another_level_are_refused_with_both_levels(imported: Factory, campaign: Factory) -> None:
    imported("vasp", 704, level="PBE-D3, VASP, 520 eV")
    with pytest.raises(CampaignError) as caught:
        imported_blocks(campaign(seed_data={"imported": ["vasp"]}))
    (problem,) = caught.value.problems
    assert problem.field == "seed_data.imported[0]"
    assert "PBE-D3, VASP, 520 eV" in problem.found
    assert "GFN1-xTB" in problem.allowed
    assert "--level" in problem.fix


def test_elements_that_no_model_knows_are_refused(imported: Factory, campaign: Factory) -> None:
    imported("cobalt", 705, symbols=["Zn", "Zn", "H", "H", "H", "Cl"])
    with pytest.raises(CampaignError, match=r"frames with Cl[\s\S]*add them to type_map"):
        imported_blocks(campaign(seed_data={"imported": ["cobalt"]}))


def test_a_frame_cannot_be_learnt_and_held_out(imported: Factory, campaign: Factory) -> None:
    imported("leak", 706)
    with pytest.raises(
        CampaignError, match=r"held_out\.imported\[0\][\s\S]*4 frames that seed_data\.imported\[0\] has"
    ):
        imported_blocks(campaign(seed_data={"imported": ["leak"]}, held_out={"imported": ["leak"]}))


def problem_of(campaign: Any) -> Any:
    """The one problem of a campaign's imports."""
    with pytest.raises(CampaignError) as caught:
        imported_blocks(campaign)
    (problem,) = caught.value.problems
    assert problem.found
    assert problem.allowed
    assert problem.fix
    return problem


def test_a_frame_is_the_same_frame_with_other_digits(imported: Factory, campaign: Factory) -> None:
    imported("all_digits", 711), imported("eight_digits", 711, digits=8)
    given = campaign(seed_data={"imported": ["all_digits"]}, held_out={"imported": ["eight_digits"]})
    problem = problem_of(given)
    assert (problem.field, problem.found) == (
        "held_out.imported[0]", "4 frames that seed_data.imported[0] has too",
    )  # fmt: skip


def test_labels_of_one_frame_that_contradict_each_other_are_not_both_learnt(
    imported: Factory, campaign: Factory
) -> None:
    wrong, right = imported("unit", 712, energy=-1.0), imported("unit", 712, energy=-1.1, digits=8)
    problem = problem_of(campaign(seed_data={"imported": ["unit"]}))
    assert "energies" in problem.found
    for block in (wrong, right):
        assert f"<{block.pk}> (import <{block.creator.pk}>)" in problem.found
    assert "withdraw" in problem.fix
    withdraw(wrong.creator, "in hartree")
    assert [
        block.uuid for block in imported_blocks(campaign(seed_data={"imported": ["unit"]}))["training"].values()
    ] == [right.uuid]


def test_frames_that_the_campaign_will_compute_are_not_held_out(campaign: Factory, aiida_profile: object) -> None:
    from aiida_zif.plugins.data.frames import LabelledFramesData
    from aiida_zif.workflows.active_learning.imported.planned_frames import planned_frames

    given = campaign()
    (perturbed,) = (one for one in planned_frames(given) if "perturbed" in one.origin)
    first = perturbed.frames[2]
    level = {key: declared_level("gfn1-xtb")[key] for key in ("hash", "line")}
    block = LabelledFramesData(
        first.symbols, [first.positions.round(8)], [first.cell], "zinc", energies=[-1.0],
        forces=np.zeros((1, 6, 3)), level_of_theory=level,
    ).store()  # fmt: skip
    problem = problem_of(campaign(held_out={"imported": [block.uuid]}))
    assert problem.field == "held_out.imported[0]"
    assert problem.found == "1 frames that seed_data.perturbed of zinc gives too"


def test_the_same_labels_twice_are_worth_a_note(imported: Factory, campaign: Factory) -> None:
    imported("repeated", 713), imported("repeated", 713, digits=8)
    given = campaign(seed_data={"imported": ["repeated"]})
    imported_blocks(given)
    (note,) = import_notes(given)
    assert "4 frames stand twice" in note


def test_what_was_withdrawn_is_not_found_and_comes_back(imported: Factory, campaign: Factory) -> None:
    block = imported("wrong_units", 714)
    withdraw(block.creator, "kcal/mol")
    for text in ("wrong_units", block.uuid, str(block.creator.pk)):
        problem = problem_of(campaign(seed_data={"imported": [text]}))
        assert "was withdrawn: kcal/mol" in problem.found
    dataset = extend_dataset(first=block)
    assert "was withdrawn" in problem_of(campaign(seed_data={"imported": [dataset.uuid]})).found
    restore(block.creator, "they were eV")
    assert len(imported_blocks(campaign(seed_data={"imported": ["wrong_units"]}))["training"]) == 1


def test_campaigns_that_have_labels_of_an_import_are_found(imported: Factory, frames: Factory) -> None:
    from aiida_zif.workflows.labelling.withdrawal import CAMPAIGN, campaigns_of

    block = imported("has_users", 723)
    chains = []
    for name in ("given", "by reuse"):
        chain = orm.WorkChainNode(process_type=CAMPAIGN, label=name)
        if name == "given":
            chain.base.links.add_incoming(block, LinkType.INPUT_WORK, "imported__training__one")
        chains.append(chain.store())
    reuse = orm.CalcFunctionNode()
    reuse.base.attributes.set("process_label", "reuse_labels")
    reuse.base.links.add_incoming(block, LinkType.INPUT_CALC, "source_0")
    reuse.base.links.add_incoming(chains[1], LinkType.CALL_CALC, "reuse")
    reuse.store()
    assert [chain.label for chain in campaigns_of([block.uuid])] == ["given", "by reuse"]


def test_pk_and_uuid_of_block_import_and_data_set_are_accepted(imported: Factory, campaign: Factory) -> None:
    block = imported("by_number", 715)
    dataset = extend_dataset(first=block)
    numbers: list[Any] = [node.pk for node in (block, block.creator, dataset)]
    for text in [*numbers, *map(str, numbers), block.creator.uuid, dataset.uuid[:13], block.uuid]:
        found = imported_blocks(campaign(seed_data={"imported": [text]}))
        assert [one.uuid for one in found["training"].values()] == [block.uuid]


def test_a_finished_campaign_stands_for_its_data_set(imported: Factory, campaign: Factory) -> None:
    block = imported("learnt_before", 716)
    chain = orm.WorkChainNode(process_type="aiida.workflows:zif.active_learning")
    chain.label = "before"
    chain.store()
    running = problem_of(campaign(seed_data={"imported": [chain.pk]}))
    assert "campaign before" in running.found
    dataset = extend_dataset(first=block)
    dataset.base.links.add_incoming(chain, LinkType.RETURN, "dataset__zinc")
    chain.set_process_state("finished")
    chain.set_exit_status(0)
    chain.seal()
    found = imported_blocks(campaign(seed_data={"imported": [chain.uuid]}))
    assert [one.uuid for one in found["training"].values()] == [block.uuid]


def test_a_node_of_another_kind_is_named(atoms: Any, campaign: Factory) -> None:
    structure = orm.StructureData(ase=atoms).store()
    problem = problem_of(campaign(seed_data={"imported": [structure.pk]}))
    assert problem.found == f"<{structure.pk}>, of type StructureData"
    assert "a finished campaign" in problem.allowed


def test_a_label_that_is_nearly_right_is_suggested(imported: Factory, campaign: Factory) -> None:
    imported("salem_frames", 717)
    problem = problem_of(campaign(seed_data={"imported": ["salem_frame"]}))
    assert problem.fix == "did you mean 'salem_frames'?"


def test_frames_of_another_charge_or_spin_than_the_system_are_refused(imported: Factory, campaign: Factory) -> None:
    imported("triplet", 718, state=(0, 3))
    problem = problem_of(campaign(seed_data={"imported": ["triplet"]}))
    assert "charge +0, multiplicity 3" in problem.found
    assert problem.allowed == "charge +0, multiplicity 1, as systems.zinc"


def test_frames_that_the_gates_of_the_campaign_refuse_are_named_unless_it_lets_them_differ(
    imported: Factory, campaign: Factory
) -> None:
    imported("drifting", 719, drift=0.1, net_force=0.9)
    strict = campaign(seed_data={"imported": ["drifting"]})
    problem = problem_of(strict)
    assert problem.found.startswith("4 of 4 frames of drifting")
    assert "4 net_force (the forces add up to 0.424 eV/Å" in problem.found
    assert "imported_gates" in problem.fix
    lenient = campaign(seed_data={"imported": ["drifting"], "imported_gates": {"net_force": "0.5 eV/Å"}})
    imported_blocks(lenient)
    (note,) = import_notes(lenient)
    assert "net force 0.9 eV/Å" in note
    loose = campaign(seed_data={"imported": ["drifting"]}, labelling={"gates": {"net_force": "0.5 eV/Å"}})
    imported_blocks(loose)


def test_an_energy_far_from_those_of_the_profile_is_named(imported: Factory, campaign: Factory) -> None:
    imported("usual", 720), imported("usual", 721), imported("odd", 722, energy=-6.1)
    assert "energy_outlier" in problem_of(campaign(seed_data={"imported": ["odd"]})).found


@pytest.mark.parametrize(("system", "symbols"), [("other", None), ("start_order", ["H", "H", "H", "H", "Zn", "Zn"])])
def test_a_system_must_have_a_frame_to_explore_from(
    imported: Factory, campaign: Factory, system: str, symbols: list[str] | None
) -> None:
    imported(system, 707 if symbols is None else 708, symbols=symbols)
    name = "zinc" if symbols is None else system
    with pytest.raises(CampaignError, match="a frame to explore from"):
        imported_blocks(campaign((name,), seed_data={**NOTHING, "imported": [system]}))


@pytest.mark.parametrize("entry", [0, -3, True, 1.5, None, ["salem"]])
def test_an_entry_that_is_neither_text_nor_a_pk_is_one_problem(campaign: Factory, entry: Any) -> None:
    with pytest.raises(CampaignError) as caught:
        campaign(seed_data={"imported": [entry]})
    assert [problem.field for problem in caught.value.problems] == ["seed_data.imported[0]"]


@pytest.mark.parametrize("section", ["seed_data", "held_out"])
def test_a_campaign_needs_frames_from_somewhere(aiida_profile: object, campaign: Factory, section: str) -> None:
    with pytest.raises(CampaignError, match=rf"{section}\.aimd"):
        campaign(**{section: NOTHING if section == "seed_data" else {"aimd": []}})


@pytest.fixture(scope="module")
def inputs(imported: Factory, campaign: Factory, codes: dict[str, Any], atoms: Any) -> dict[str, Any]:
    """A campaign that computes no first label at all."""
    from aiida_zif.workflows.active_learning.builder import fill_builder

    imported("zinc_data", 709), imported("zinc_data_test", 710)
    settings = campaign(
        ("zinc_data",),
        seed_data={**NOTHING, "imported": ["zinc_data"]},
        held_out={"aimd": [], "imported": ["zinc_data_test"]},
    )
    structures = {"zinc_data": orm.StructureData(ase=atoms).store()}
    return dict(fill_builder(settings, codes, structures)._inputs(prune=True))


def test_a_campaign_that_has_imported_frames_alone_trains_at_once(inputs: dict[str, Any]) -> None:
    def answer(child: Child) -> Ending:
        return Ending(exit_status=310, exit_message="far enough")

    run = run_chain("zif.active_learning", inputs, answer, checkpoints=True)
    (training,) = run.children
    assert training.link == "c00_train"
    (block,) = training.inputs.dataset.values()
    assert block.label == "zinc_data"
    assert run.chain.ctx.verdict["n_labels"] == 0
    (held_out,) = run.chain.ctx.held_out.values()
    assert held_out.label == "zinc_data_test"


def test_exploration_may_start_from_imported_frames_of_the_same_atoms(inputs: dict[str, Any]) -> None:
    chain: Any = make_chain("zif.active_learning", inputs)
    with chain._process_scope():
        chain.plan()
    assert list(blocks_of(chain.inputs, chain.ctx, "zinc_data")) == list(chain.ctx.dataset)


def test_frames_of_two_levels_are_no_data_of_a_campaign_that_only_trains(imported: Factory, campaign: Factory) -> None:
    for label, seed, level in (("one_level", 760, "PBE of a test"), ("other_level", 764, "BLYP of a test")):
        imported(label, seed, level)
    imported("kept_of_one_level", 768, "PBE of a test")
    common = {
        "level_of_theory": "imported",
        "limits": {"cycles": 0},
        "held_out": {"imported": ["kept_of_one_level"], "aimd": []},
    }
    found = imported_blocks(campaign(seed_data={"imported": ["one_level"], **NOTHING}, **common))
    assert len(found["training"]) == len(found["held_out"]) == 1
    with pytest.raises(CampaignError) as caught:
        imported_blocks(campaign(seed_data={"imported": ["one_level", "other_level"], **NOTHING}, **common))
    (problem,) = caught.value.problems
    assert problem.field == "seed_data.imported[1]"
    assert "BLYP of a test" in problem.found
    assert "PBE of a test" in problem.allowed
