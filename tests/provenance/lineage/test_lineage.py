"""Where things come from."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pytest
from aiida import orm
from rich.console import Console
from synthetic_campaign import SyntheticCampaign

from aiida_zif.cli.results.lineage_tree import draw
from aiida_zif.provenance.lineage import tracer as lineage
from aiida_zif.provenance.lineage.ancestry import in_lines, what_stands_behind
from aiida_zif.provenance.lineage.lookup import find_frame, find_target
from aiida_zif.provenance.lineage.origin import Origin
from aiida_zif.provenance.lineage.trace import trace
from aiida_zif.provenance.queries import sql


def walk(origin: Origin) -> Iterator[Origin]:
    yield origin
    for child in origin.origins:
        yield from walk(child)


def kinds(origin: Origin) -> list[str]:
    """The kinds along the first branch that is not merely named again."""
    found = [origin.kind]
    for child in origin.origins:
        if not child.above and child.kind != "blocks":
            return found + kinds(child)
    return found


def test_a_chosen_frame_is_traced_to_the_committee_that_chose_it(finished: SyntheticCampaign) -> None:
    block = finished.dataset["c02_zif4_attempt_0"]
    origin = trace(find_target(block.frame_ids()[1]))
    assert kinds(origin)[:7] == ["block", "labelling", "frames", "selection", "exploration", "committee", "model"]
    selection = next(o for o in walk(origin) if o.kind == "selection")
    assert selection.facts["cycle"] == 2
    assert selection.facts["role"] == "chosen"
    assert selection.facts["strategy"] == ["window", "turns", "separation", "budget"]
    assert selection.facts["not_chosen"]["broken_linker"] == 5
    assert selection.facts["max_force_deviation"] == finished.choice.get_array("max_force_deviation")[1]
    assert (selection.facts["lower"], selection.facts["upper"]) == (0.1, 5.0)
    exploration = next(o for o in walk(origin) if o.kind == "exploration")
    assert exploration.facts["run"] == "300K_0.5GPa"
    assert exploration.facts["step"] == 10
    committee = next(o for o in walk(origin) if o.kind == "committee")
    assert committee.facts["cycle"] == 1
    assert len(committee.facts["models"]) == 3


def test_a_random_frame_says_that_it_was_drawn_at_random(finished: SyntheticCampaign) -> None:
    block = finished.dataset["c02_zif4_attempt_0"]
    origin = trace(find_target(f"{block.pk}:4"))
    assert next(o for o in walk(origin) if o.kind == "selection").facts["role"] == "control"


def test_a_frame_of_aimd_says_which_step_it_is(finished: SyntheticCampaign) -> None:
    block = finished.dataset["c00_zif4_seed_aimd_0_attempt_0"]
    origin = trace(find_target(f"{block.pk}:4"))
    assert next(o for o in walk(origin) if o.kind == "labelling").facts["step"] == 10


def test_a_data_set_is_traced_to_its_blocks_oldest_first(finished: SyntheticCampaign) -> None:
    origin = trace(find_target(finished.learnt["zif4"].uuid))
    assert origin.title == "data set of zif4, 20 labelled frames in 4 blocks"
    found = [child.node.pk for child in origin.origins if child.node is not None]
    assert found == sorted(block.pk for block in finished.dataset.values())


@pytest.mark.parametrize("full", [False, True])
def test_a_model_is_traced_down_to_structure_and_campaign(finished: SyntheticCampaign, full: bool) -> None:
    origin = trace(find_target(str(finished.committee["model_1"].pk)), full=full)
    assert origin.title == "potential model_1"
    ends = {(o.kind, o.node.pk) for o in walk(origin) if o.node is not None and o.kind in ("structure", "campaign")}
    assert ends == {("structure", finished.structure.pk), ("campaign", finished.campaign.pk)}


def test_nothing_is_expanded_twice(finished: SyntheticCampaign) -> None:
    origin = trace(find_target(str(finished.committee["model_1"].pk)), full=True)
    expanded = [o.node.pk for o in walk(origin) if o.node is not None and not o.above]
    assert len(expanded) == len(set(expanded))


def test_full_shows_every_member_of_a_committee(finished: SyntheticCampaign) -> None:
    what = find_target(str(finished.committee["model_1"].pk))
    few, all_of_them = ([o for o in walk(trace(what, full=full)) if o.kind == "training"] for full in (False, True))
    assert len(all_of_them) == 7
    assert len(few) < len(all_of_them)


def test_the_middle_of_many_blocks_is_left_out_but_counted(
    finished: SyntheticCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineage, "MANY", 2)
    origin = trace(find_target(str(finished.committee["model_1"].pk)))
    hidden = next(o for o in walk(origin) if "not shown" in o.title)
    assert len(hidden.facts["pks"]) == 2


def test_a_long_row_of_warm_starts_is_named_but_not_followed(
    finished: SyntheticCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineage, "MANY", 2)
    monkeypatch.setattr(lineage, "MANY_STARTS", 0)
    origin = trace(find_target(finished.committee["model_0"].uuid))
    row = next(o for o in walk(origin) if "in a row" in o.title)
    assert row.origins == []
    assert [orm.load_node(pk).creator.inputs.seed.value for pk in row.facts["pks"]] == [0]


def test_depth_ends_the_tree_with_a_mark(finished: SyntheticCampaign) -> None:
    origin = trace(find_target(str(finished.committee["model_1"].pk)), depth=1)
    (training,) = origin.origins
    assert [o.kind for o in training.origins] == ["more"]


def test_jobs_and_work_chains_have_a_lineage_too(finished: SyntheticCampaign) -> None:
    model = finished.committee["model_0"]
    assert trace(find_target(str(model.creator.pk))).kind == "training"
    test = next(step.node for step in lineage_steps(finished) if step.stage == "test")
    assert trace(find_target(test.uuid)).kind == "test"
    assert {o.kind for o in trace(find_target(str(finished.campaign.pk))).origins} >= {"block", "committee"}


def lineage_steps(finished: SyntheticCampaign) -> list:
    from aiida_zif.provenance.campaigns.view import load_view

    return load_view(finished.campaign).steps


def test_the_tree_is_drawn_with_pks_and_without_markup_left(finished: SyntheticCampaign) -> None:
    buffer = io.StringIO()
    model = finished.committee["model_0"]
    Console(file=buffer, width=200).print(draw(trace(find_target(str(model.pk)))))
    assert f"potential model_0 <{model.pk}>" in buffer.getvalue()
    assert "[/" not in buffer.getvalue()


def test_what_stands_behind_a_model_is_counted(finished: SyntheticCampaign) -> None:
    behind = what_stands_behind(finished.committee["model_0"])
    expected = {
        "n_cp2k_jobs": 4,
        "n_labelled_frames": 20,
        "n_committees": 3,
        "n_explorations": 2,
        "n_structures": 1,
        "n_blocks": 4,
        "n_trainings": 7,
    }
    assert {name: behind[name] for name in expected} == expected
    assert [campaign["pk"] for campaign in behind["campaigns"]] == [finished.campaign.pk]
    assert "7 trainings, 3 committees" in "\n".join(in_lines(behind))


def test_what_a_model_learnt_is_told_apart_from_what_influenced_its_plan(finished: SyntheticCampaign) -> None:
    behind = what_stands_behind(finished.committee["model_0"])
    learnt, evaluated = behind["learnt_from"], behind["evaluated_on"]
    assert (learnt["n_frames"], learnt["n_blocks"]) == (20, 4)
    assert learnt["pks"] == sorted(block.pk for block in finished.dataset.values())
    assert evaluated["pks"] == [block.pk for block in finished.held_out.values()]
    assert (evaluated["n_frames"], evaluated["in_plan"], evaluated["also_learnt"]) == (5, 5, 0)
    lines = in_lines(behind)
    assert lines[0] == "trained on: 20 frames in 4 blocks"
    assert (
        "evaluated on: 5 held-out frames in 1 block, none of them used for training; "
        "errors on 5 of them were used in plans, and may have influenced later steps" in lines
    )
    assert behind["influenced_plan"]["n_frames"] == 0


def test_a_block_does_not_claim_the_energies_that_it_was_compared_with(finished: SyntheticCampaign) -> None:
    held_out = next(iter(finished.held_out.values()))
    assert what_stands_behind(held_out)["n_labelled_frames"] == held_out.n_frames
    block = finished.dataset["c01_zif4_attempt_0"]
    behind = what_stands_behind(block)
    assert behind["learnt_from"] is None
    assert behind["committees_learnt_from"]["n_frames"] == 10
    assert behind["n_labelled_frames"] == 15
    assert behind["n_cp2k_jobs"] == 3


def test_held_out_frames_that_a_model_has_learnt_are_shouted_out(
    unfinished: Callable[[], SyntheticCampaign],
) -> None:
    campaign = unfinished()
    campaign.begin()
    for name in ("zif4_seed_aimd_0", "zif4_held_out_0"):
        campaign.label_seed(name)
    campaign.held_out = dict(campaign.dataset)
    campaign.state = campaign.state_dict(finished=False).store()
    campaign.train_and_test()
    behind = what_stands_behind(campaign.committee["model_0"])
    assert behind["evaluated_on"]["also_learnt"] == 6
    assert any("6 of them ALSO USED FOR TRAINING" in line for line in in_lines(behind))
    (block,) = campaign.held_out.values()
    lines = in_lines(what_stands_behind(block))
    assert any("6 of them ALSO USED FOR TRAINING" in line for line in lines), "the block, too, not only the model"


def test_what_was_tested_is_named_whatever_is_asked_for(finished: SyntheticCampaign) -> None:
    (held_out,) = finished.held_out.values()
    lines = in_lines(what_stands_behind(held_out))
    assert "held out: models were tested on 5 held-out frames in 1 block, none of them used for training" in lines
    lines = in_lines(what_stands_behind(finished.dataset["c01_zif4_attempt_0"]))
    assert any(
        line.startswith("the committees among its ancestors were evaluated on: 5 held-out frames") for line in lines
    )


@pytest.mark.parametrize("state", ["begun", "labelling"])
def test_a_campaign_that_has_handed_over_nothing_yet_is_its_own_campaign(
    request: pytest.FixtureRequest, state: str
) -> None:
    campaign = request.getfixturevalue(state).campaign
    behind = what_stands_behind(campaign)
    assert [entry["pk"] for entry in behind["campaigns"]] == [campaign.pk]
    assert "none" not in in_lines(behind)[-1]
    assert behind["n_labelled_frames"] == (15 if state == "labelling" else 0)


def test_a_structure_names_the_campaigns_that_it_was_given_to(finished: SyntheticCampaign) -> None:
    behind = what_stands_behind(finished.structure)
    assert behind["campaigns"] == []
    assert [entry["pk"] for entry in behind["given_to"]] == [finished.campaign.pk]
    assert in_lines(behind)[-1] == f"input of campaign: zif4-test <{finished.campaign.pk}>"


def test_no_line_of_a_lineage_is_cut_with_an_ellipsis(finished: SyntheticCampaign) -> None:
    for depth in (1, None):
        for origin in walk(trace(find_target(str(finished.committee["model_1"].pk)), depth)):
            assert "…" not in origin.title


def test_ancestors_by_sql_are_those_of_the_graph(finished: SyntheticCampaign) -> None:
    from aiida.common.links import LinkType
    from aiida.tools.graph.graph_traversers import traverse_graph

    model = finished.committee["model_2"]
    walked = traverse_graph([model.pk], links_backward=(LinkType.CREATE, LinkType.INPUT_CALC))["nodes"]
    assert set(sql.ancestors([model.pk])) == set(walked)


def test_a_frame_is_found_wherever_it_is(finished: SyntheticCampaign) -> None:
    block = finished.dataset["c02_zif4_attempt_0"]
    places = find_frame(block.frame_ids()[0])
    assert places[0].node.pk == block.pk
    assert {type(place.node).__name__ for place in places[1:]} == {"FramesData"}
    assert len(places) == 3
    assert len({place.frame_id for place in places}) == 1


@pytest.mark.parametrize(
    ("what", "message"),
    [("999999", "no such node"), ("0123456789abcdef", "no such node"), ("nonsense", "no such node"), ("1:5", "frames")],
)
def test_what_does_not_exist_is_answered_with_what_does(finished: SyntheticCampaign, what: str, message: str) -> None:
    with pytest.raises(LookupError, match=message):
        find_target(what)


def test_an_index_out_of_range_is_answered_with_the_range(finished: SyntheticCampaign) -> None:
    block = finished.dataset["c02_zif4_attempt_0"]
    with pytest.raises(LookupError, match="the index goes to 4"):
        find_target(f"{block.pk}:5")


def test_a_datum_without_creator_is_its_own_origin(finished: SyntheticCampaign) -> None:
    node = orm.Int(3).store()
    assert trace(find_target(str(node.pk))).origins == []


def test_every_calculation_of_the_package_has_something_to_say() -> None:
    from importlib.metadata import entry_points

    from aiida_zif.provenance.lineage.processes import HANDLERS

    names = {point.name for point in entry_points(group="aiida.calculations") if point.value.startswith("aiida_zif")}
    assert names <= HANDLERS.keys()
