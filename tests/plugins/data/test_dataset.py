"""Data sets: blocks that are referred to, added to, and found again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.plugins.data.dataset import DatasetData, blocks_in
from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.workflows.training.dataset import extend_dataset

Factory = Callable[..., Any]


@pytest.fixture
def block(generate_frames: Factory) -> Factory:
    """Factory of stored blocks of water."""

    def generate(n_frames: int, seed: int, system: str = "water") -> Any:
        frames = generate_frames(n_frames, seed=seed)
        return LabelledFramesData(
            frames.symbols,
            frames.positions,
            frames.cells,
            system,
            energies=np.zeros(n_frames),
            forces=np.zeros((n_frames, 3, 3)),
            level_of_theory={"hash": "0" * 16, "line": "none"},
        ).store()

    return generate


@pytest.fixture
def blocks(block: Factory) -> dict[str, Any]:
    """Two stored blocks of water."""
    return {"b": block(2, seed=1), "a": block(3, seed=2)}


def test_a_data_set_gives_its_blocks_by_name_and_knows_their_size(blocks: dict[str, Any]) -> None:
    dataset: Any = orm.load_node(DatasetData(blocks).store().pk)
    assert [(name, block.uuid) for name, block in dataset.blocks().items()] == [
        ("a", blocks["a"].uuid),
        ("b", blocks["b"].uuid),
    ]
    assert (dataset.n_frames, dataset.n_blocks) == (5, 2)
    assert (dataset.system, dataset.symbols) == (blocks["a"].system, blocks["a"].symbols)


def test_a_longer_data_set_comes_from_the_one_before_and_the_new_blocks_alone(blocks: dict[str, Any]) -> None:
    first = extend_dataset(b=blocks["b"])
    second = extend_dataset(previous=first, a=blocks["a"])
    links = second.creator.base.links.get_incoming(link_type=LinkType.INPUT_CALC).all()
    assert {link.link_label: link.node.uuid for link in links} == {"previous": first.uuid, "a": blocks["a"].uuid}
    assert list(second.blocks()) == ["a", "b"]


def test_a_name_is_given_once(blocks: dict[str, Any]) -> None:
    first = extend_dataset(b=blocks["b"])
    with pytest.raises(ValueError, match="has a block of the name b already"):
        extend_dataset(previous=first, b=blocks["a"])
    with pytest.raises(ValueError, match="two blocks of the name b"):
        blocks_in({"all": first, "b": blocks["a"]})


def test_blocks_and_data_sets_are_read_alike(blocks: dict[str, Any]) -> None:
    dataset = DatasetData({"b": blocks["b"]}).store()
    assert [block.uuid for block in blocks_in({"z": dataset, "a": blocks["a"]}).values()] == [
        blocks["a"].uuid,
        blocks["b"].uuid,
    ]


def test_data_sets_of_equal_content_have_the_same_hash(block: Factory) -> None:
    one, same, other = (block(2, seed=seed) for seed in (1, 1, 2))
    assert one.uuid != same.uuid
    hashes = [DatasetData({"a": block}).store().base.caching.get_hash() for block in (one, same, other)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_mixture_of_systems_is_refused(blocks: dict[str, Any], block: Factory) -> None:
    with pytest.raises(ValueError, match=r"one system.*'another'"):
        DatasetData({**blocks, "c": block(1, seed=3, system="another")})
    with pytest.raises(ValueError, match="no block"):
        DatasetData({})
    with pytest.raises(ValueError, match="at least one block"):
        DatasetData().store()


@pytest.mark.parametrize("name", ["", "../b", "/b", "a b", "a\nb", "ä", "a.b"])
def test_a_name_that_would_not_do_for_a_folder_is_refused(blocks: dict[str, Any], name: str) -> None:
    with pytest.raises(ValueError, match="letters, digits and underscores"):
        DatasetData({name: blocks["a"]})
    foreign = DatasetData(blocks)  # a node from an archive is not made here
    foreign.base.attributes.set("blocks", {name: blocks["a"].uuid})
    with pytest.raises(ValueError, match="letters, digits and underscores"):
        foreign.store().blocks()


def test_a_node_from_elsewhere_that_holds_no_mapping_is_refused(blocks: dict[str, Any]) -> None:
    foreign = DatasetData(blocks)
    foreign.base.attributes.set("blocks", [blocks["a"].uuid])
    with pytest.raises(ValueError, match="blocks by name are needed, found"):
        foreign.store().blocks()


def test_a_block_that_is_not_in_the_profile_is_named(blocks: dict[str, Any]) -> None:
    dataset = DatasetData(blocks)
    dataset.base.attributes.set("blocks", {"a": blocks["a"].uuid, "b": "00000000-0000-0000-0000-000000000000"})
    with pytest.raises(ValueError, match=r"1 blocks .* first is b \(00000000.*import the archive"):
        dataset.store().blocks()
