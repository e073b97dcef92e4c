"""Frames are found by what the database knows of them."""

from __future__ import annotations

from typing import Any

import pytest
from aiida import orm
from synthetic_campaign import SyntheticCampaign

from aiida_zif.provenance.lineage.lookup import find_frame


def test_a_frame_is_found_without_opening_a_file(finished: SyntheticCampaign, monkeypatch: pytest.MonkeyPatch) -> None:
    key = finished.choice.frame_ids()[1]
    read = orm.ArrayData.get_array

    def unopened(node: orm.ArrayData, name: str) -> Any:
        if "frame_ids" in node.base.attributes:  # other tests store nodes as they were before the attribute
            pytest.fail("an array was opened")
        return read(node, name)

    monkeypatch.setattr(orm.ArrayData, "get_array", unopened)
    assert finished.choice.pk in {place.node.pk for place in find_frame(key)}


def test_the_stored_hashes_are_those_of_the_arrays(finished: SyntheticCampaign) -> None:
    from aiida_zif.plugins.data.frame_id import frame_ids

    for node in (finished.choice, *finished.dataset.values()):
        again = orm.load_node(node.pk)
        assert again.base.attributes.get("frame_ids") == frame_ids(again.symbols, again.positions, again.cells)


def test_arrays_that_change_before_the_node_is_stored_change_its_hashes(aiida_profile: object) -> None:
    import numpy as np

    from aiida_zif.plugins.data.frames import FramesData

    node = FramesData(["H"], np.zeros((1, 1, 3)), np.eye(3)[None])
    before = node.frame_ids()
    node.set_array("positions", np.ones((1, 1, 3)))
    assert node.frame_ids() != before
    assert node.store().base.attributes.get("frame_ids") == node.frame_ids() != before
