"""A frame that has a label at a level of theory gets that one, and its origin stays visible."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida import orm
from fake_children import Ending, end

from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.workflows.labelling.label_cache import known_labels, reuse_labels, take_known

Factory = Callable[..., Any]
LEVEL = {"hash": "0123456789abcdef", "line": "GFN1-xTB of a test"}
OTHER = {"hash": "fedcba9876543210", "line": "PBE-D3 of a test"}


@pytest.fixture(scope="module")
def computed(block: Factory) -> Factory:
    """Factory of blocks that a CP2K job made, as any campaign of the profile may have left them."""

    def store(state: str = "finished", n_labelled: int | None = None, **kwargs: Any) -> Any:
        made = block(virials=np.zeros((kwargs["of"].n_frames, 3, 3)), **kwargs)
        parameters = orm.Dict({"n_labelled": made.n_frames if n_labelled is None else n_labelled})
        job = orm.CalcJobNode()
        job.set_process_label("Cp2kLabelCalculation")
        job.store()
        exception = "RuntimeError" if state == "excepted" else None
        end(job, Ending({"labelled": made, "output_parameters": parameters}, 400, exception=exception))
        return made

    return store


@pytest.fixture(scope="module")
def level(aiida_profile: object) -> orm.Dict:
    """What the re-used labels must be of."""
    return orm.Dict(LEVEL).store()


def test_a_labelled_frame_is_found_by_its_content_and_level(computed: Factory, frames: Factory) -> None:
    given = frames(3, seed=100)
    made = computed(of=given)
    assert known_labels(given.frame_ids()[1:], LEVEL["hash"]) == {
        key: (made.uuid, index) for index, key in enumerate(given.frame_ids()) if index
    }
    assert known_labels(given.frame_ids(), OTHER["hash"]) == {}
    assert known_labels(frames(3, seed=101).frame_ids(), LEVEL["hash"]) == {}


def test_looking_for_labels_opens_no_array(computed: Factory, frames: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    given = frames(2, seed=102)
    computed(of=given)
    keys = given.frame_ids()
    monkeypatch.setattr(orm.ArrayData, "get_array", lambda *_: pytest.fail("an array was opened"))
    assert len(known_labels(keys, LEVEL["hash"])) == 2


def test_a_block_from_before_the_attribute_is_found_too(
    computed: Factory, frames: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = frames(2, seed=103)
    made = computed(of=given)
    entity = made.backend_entity
    attributes = dict(entity.attributes)
    del attributes["frame_ids"]
    entity.bare_model.attributes = attributes
    entity._backend.get_session().flush()
    again = orm.load_node(made.uuid)
    assert "frame_ids" not in again.base.attributes.all
    assert known_labels(given.frame_ids(), LEVEL["hash"]).keys() == set(given.frame_ids())


@pytest.mark.parametrize("doubt", [{"state": "excepted"}, {"n_labelled": 3}], ids=["excepted", "miscounted"])
def test_labels_of_a_job_that_cannot_be_trusted_are_not_taken(
    computed: Factory, frames: Factory, doubt: dict[str, Any]
) -> None:
    given = frames(2, seed=104 + len(doubt) + len(doubt.get("state", "")))
    computed(of=given, **doubt)
    assert known_labels(given.frame_ids(), LEVEL["hash"]) == {}


def test_labels_that_only_a_change_of_the_physics_brought_are_not_taken(computed: Factory, frames: Factory) -> None:
    given = frames(2, seed=119)
    computed(of=given, level_of_theory={**LEVEL, "rung": "smearing"})
    assert known_labels(given.frame_ids(), LEVEL["hash"]) == {}


def test_a_block_that_nothing_made_is_no_source(block: Factory, frames: Factory) -> None:
    given = frames(2, seed=120)
    block(of=given, virials=np.zeros((2, 3, 3))).store()
    assert known_labels(given.frame_ids(), LEVEL["hash"]) == {}


def test_labels_without_a_virial_are_not_taken(block: Factory, frames: Factory) -> None:
    given = frames(2, seed=121)
    job = orm.CalcJobNode()
    job.set_process_label("Cp2kLabelCalculation")
    end(job.store(), Ending({"labelled": block(of=given), "output_parameters": orm.Dict({"n_labelled": 2})}))
    assert known_labels(given.frame_ids(), LEVEL["hash"]) == {}


def test_known_frames_are_taken_from_their_blocks_in_the_order_asked_for(
    computed: Factory, frames: Factory, level: orm.Dict
) -> None:
    given = frames(5, seed=122)
    positions, cells = given.positions, given.cells
    halves = [computed(of=frames_like(given, rows), energies=-np.array(rows, dtype=float)) for rows in ([3, 1], [0])]
    result = take_known(given, level)
    assert result is not None
    block, left = result["labelled"], result["left"]
    np.testing.assert_array_equal(block.energies, [0.0, -1.0, -3.0])
    np.testing.assert_array_equal(block.get_array("index"), [0, 1, 3])
    np.testing.assert_array_equal(block.positions, positions[[0, 1, 3]])
    np.testing.assert_array_equal(left.positions, positions[[2, 4]])
    np.testing.assert_array_equal(left.cells, cells[[2, 4]])
    sources = {
        link.node.pk for link in block.creator.base.links.get_incoming().all() if link.link_label[:6] == "source"
    }
    assert sources == {half.pk for half in halves}


def frames_like(frames: Any, rows: list[int]) -> Any:
    """Some of the frames, in an order of their own."""
    from aiida_zif.plugins.data.frame_sets import subset

    return subset(frames, rows)


def test_the_system_is_called_as_in_the_campaign_that_asks(computed: Factory, frames: Factory, level: orm.Dict) -> None:
    computed(of=frames(1, seed=123), system="another_name")
    result = take_known(frames(1, seed=123), level)
    assert result is not None
    assert result["labelled"].system == "zinc"


def test_what_was_taken_over_once_is_taken_from_its_origin_again(
    computed: Factory, frames: Factory, level: orm.Dict
) -> None:
    given = frames(2, seed=124)
    made = computed(of=given)
    assert take_known(given, level) is not None
    assert {uuid for uuid, _ in known_labels(given.frame_ids(), LEVEL["hash"]).values()} == {made.uuid}


def test_the_oldest_of_several_labels_is_taken(computed: Factory, frames: Factory) -> None:
    given = frames(1, seed=125)
    first = computed(of=given)
    computed(of=given, energies=np.array([7.0]))
    assert known_labels(given.frame_ids(), LEVEL["hash"])[given.frame_ids()[0]] == (first.uuid, 0)


def test_nothing_known_makes_no_node(frames: Factory, level: orm.Dict) -> None:
    before = orm.QueryBuilder().append(orm.CalcFunctionNode).count()
    assert take_known(frames(2, seed=126), level) is None
    assert orm.QueryBuilder().append(orm.CalcFunctionNode).count() == before


def test_labels_of_another_level_are_refused(computed: Factory, frames: Factory, level: orm.Dict) -> None:
    made = computed(of=frames(1, seed=127), level_of_theory=OTHER)
    with pytest.raises(ValueError, match="PBE-D3 of a test"):
        reuse_labels(frames(1, seed=127), level, source_0=made)


def test_per_frame_arrays_that_every_source_has_are_kept(computed: Factory, frames: Factory, level: orm.Dict) -> None:
    given = frames(2, seed=128)
    computed(of=given, per_frame={"scf_steps": np.array([5, 9]), "index": np.array([7, 8])})
    result = take_known(frames_like(given, [1]), level)
    assert result is not None
    np.testing.assert_array_equal(result["labelled"].get_array("scf_steps"), [9])
    np.testing.assert_array_equal(result["labelled"].get_array("index"), [0])
    assert isinstance(result["labelled"], LabelledFramesData)


def test_labels_under_a_hash_that_their_settings_no_longer_have_are_not_taken(frames: Factory, block: Factory) -> None:
    from aiida.common import LinkType

    from aiida_zif.plugins.cp2k.levels import load_level

    content = load_level("gfn1-xtb").as_dict()
    loose = json.loads(json.dumps(content))
    loose["settings"]["batch"]["SCF"]["EPS_SCF_HISTORY"] = 1e-3  # as earlier versions stored it, under the same hash
    taken = []
    for number, stored in enumerate((content, loose)):
        given = frames(2, seed=300 + number)
        theory = {"hash": content["hash"], "line": content["line"]}
        made = block(virials=np.zeros((2, 3, 3)), of=given, level_of_theory=theory)
        job = orm.CalcJobNode()
        job.set_process_label("Cp2kLabelCalculation")
        job.base.links.add_incoming(orm.Dict(stored).store(), LinkType.INPUT_CALC, "level")
        job.store()
        end(job, Ending({"labelled": made, "output_parameters": orm.Dict({"n_labelled": 2})}, 0))
        taken.append(bool(known_labels(given.frame_ids(), content["hash"])))
    assert taken == [True, False]
