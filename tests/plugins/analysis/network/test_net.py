"""The net joins metals by linkers; conventions of binding are explicit."""

from __future__ import annotations

import numpy as np
import pytest
from zif_frames import Frame, repeated, said_otherwise, shipped

from aiida_zif.plugins.analysis.network.linkers import find_linkers, planes
from aiida_zif.plugins.analysis.network.net import Net, bridging, contacts, net_of


def net(frame: Frame, cutoff: float = 2.5) -> Net:
    return net_of(contacts(find_linkers(*frame.arrays()), frame.positions, frame.cell, cutoff))


@pytest.mark.parametrize("name", ["zif-4", "zif-8", "zif-8-cl", "salem-2"])
def test_in_a_crystal_every_metal_has_four_linkers_and_every_linker_two_metals(name: str) -> None:
    frame = shipped(name)
    linkers = find_linkers(*frame.arrays())
    found = contacts(linkers, frame.positions, frame.cell)
    assert set(found.coordination()) == {4}
    share = bridging(found, linkers)
    assert (share.exactly, share.at_least, share.dangling, share.free) == (1, 1, 0, 0)
    assert set(np.bincount(net_of(found).directed()[:, 0])) == {4}
    assert net_of(found).linkers.tolist() == list(range(len(linkers)))


@pytest.mark.parametrize("seed", range(5))
def test_edges_are_the_vectors_between_metals_in_any_description(seed: int) -> None:
    frame = said_otherwise(shipped("zif-4"), seed)
    found = net(frame)
    metals = frame.positions[find_linkers(*frame.arrays()).metals] @ np.linalg.inv(frame.cell)
    metals -= np.floor(metals)
    vectors = (metals[found.ends[:, 1]] + found.shifts - metals[found.ends[:, 0]]) @ frame.cell
    assert vectors == pytest.approx(found.axes)
    lengths = np.sort(np.linalg.norm(found.axes, axis=1))
    assert lengths == pytest.approx(np.sort(np.linalg.norm(net(shipped("zif-4")).axes, axis=1)))
    assert 5.8 < lengths[0] < lengths[-1] < 6.1
    assert np.sort(found.angles()) == pytest.approx(np.sort(net(shipped("zif-4")).angles()))


def test_a_strained_thin_cell_counts_images_of_one_metal_as_metals() -> None:
    frame = shipped("salem-2")
    few, many = net(frame), net(repeated(frame, (1, 2, 2)))
    assert len(many.ends) == 4 * len(few.ends)


def test_arms_begin_at_the_centre_of_the_ring() -> None:
    frame = shipped("zif-8")
    linkers = find_linkers(*frame.arrays())
    found = net_of(contacts(linkers, frame.positions, frame.cell))
    centres = planes(linkers, frame.positions[None], frame.cell[None]).centres[0]
    for number in range(2):
        metals = frame.positions[linkers.metals[found.ends[:, number]]]
        apart = (centres[found.linkers] + found.arms[:, number] - metals) @ np.linalg.inv(frame.cell)
        assert apart == pytest.approx(np.rint(apart), abs=1e-9)


def test_a_linker_that_lost_a_metal_dangles_and_makes_no_edge() -> None:
    frame = shipped("zif-4")
    linkers = find_linkers(*frame.arrays())
    moved = frame.positions.copy()
    moved[linkers.atoms[5]] += [0.0, 0.0, 3.0]
    found = contacts(linkers, moved, frame.cell)
    share = bridging(found, linkers)
    assert share.exactly == share.at_least < 1
    assert share.exactly + share.dangling + share.free == pytest.approx(1)
    assert len(net_of(found).ends) == round(32 * share.exactly)


def test_a_nitrogen_between_two_metals_tells_the_conventions_apart() -> None:
    frame = shipped("zif-4")
    linkers = find_linkers(*frame.arrays())
    found = contacts(linkers, frame.positions, frame.cell)
    zinc = frame.positions[linkers.nitrogens[0]] + np.array([0.0, 0.0, 2.2])
    extra = Frame((*frame.symbols, "Zn"), np.concatenate([frame.positions, zinc[None]]), frame.cell)
    more = find_linkers(*extra.arrays())
    crowded = contacts(more, extra.positions, extra.cell)
    assert len(crowded.metal) > len(found.metal)
    share = bridging(crowded, more)
    assert share.at_least == 1
    assert share.exactly < 1
    assert len(net_of(crowded).ends) > 32


def test_two_linkers_between_the_same_metals_are_one_bond_of_the_graph() -> None:
    ends, shifts = np.array([[0, 1], [1, 0], [0, 1]]), np.array([[0, 0, 0], [0, 0, 0], [1, 0, 0]])
    doubled = Net(2, ends, shifts, np.arange(3), np.zeros((3, 2, 3)))
    assert doubled.directed().tolist() == [[0, 1, 0, 0, 0], [0, 1, 1, 0, 0], [1, 0, -1, 0, 0], [1, 0, 0, 0, 0]]


def test_the_cut_off_is_what_was_given() -> None:
    frame = shipped("zif-4")
    linkers = find_linkers(*frame.arrays())
    assert contacts(linkers, frame.positions, frame.cell, 1.5).coordination().sum() == 0
    assert len(net(frame, 1.5).ends) == 0
    assert contacts(linkers, frame.positions, frame.cell, 2.2).cutoff == 2.2
