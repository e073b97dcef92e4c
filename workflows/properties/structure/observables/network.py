"""Bonds of metals, angles, linkers and their orientation, frame by frame (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from aiida_zif.plugins.analysis.network.integrity import linker_integrity
from aiida_zif.plugins.analysis.network.linkers import Linkers, planes
from aiida_zif.plugins.analysis.network.net import Contacts, Net, bridging, contacts, net_of
from aiida_zif.plugins.analysis.network.orientation import (
    Ordered,
    axis_angles,
    edge_angles,
    neighbour_p2,
    nematic_order,
)
from aiida_zif.plugins.analysis.structure.angles import (
    Angles,
    bond_angles,
    bridge_angles,
    coordination_counts,
    tetrahedral_order,
)
from aiida_zif.plugins.analysis.structure.neighbours import neighbour_pairs
from aiida_zif.workflows.properties.structure.observables.trajectory import Trajectory, block_means
from aiida_zif.workflows.properties.structure.samples import Line, Number, Samples
from aiida_zif.workflows.properties.structure.settings import StructureSettings

DEGREES = np.arange(0.0, 181.0, 1.0)
ORDER_REACH = 6.0
"""Å, where the four nearest N of a metal are looked for, bonded or not."""


def measure_network(frames: Trajectory, settings: StructureSettings) -> Samples:
    """Measure what follows from bonds between metals and N: angles, linkers, orientation.

    :raises NotAnalysed: there are no linkers.
    """
    linkers, bond = frames.linkers(), settings.pairs.bond
    found = [contacts(linkers, *frame, bond) for frame in zip(frames.positions, frames.cells, strict=True)]
    nets = [net_of(one) for one in found]
    numbers: list[Number] = []
    lines: list[Line] = []
    wanted = set(settings.observables)
    if "pairs" in wanted:
        numbers += list(_bonds(frames, linkers, bond))
        numbers += list(_coordination_within(frames, linkers, settings.pairs.also))
    if "angles" in wanted:
        numbers += list(_angles(frames, linkers, nets, bond, lines))
    if "linkers" in wanted:
        numbers += list(_linkers(linkers, found))
        numbers += list(_bridging_within(frames, linkers, settings.pairs.also))
        numbers += list(_intact(frames, linkers))
    if "orientation" in wanted:
        numbers += list(_orientation(frames, linkers, found, nets, lines))
    groups = [group for group in ("pairs", "angles", "linkers", "orientation") if group in wanted]
    others = ", ".join(f"{count} {name}" for name, count in sorted(linkers.others.items()))
    limits = [f"Molecules that are no linkers are in the cell: {others}."] if others else []
    return Samples(groups, len(frames), numbers, lines, limits=limits)


def metals_of(linkers: Linkers) -> list[str]:
    """Return the metals, sorted."""
    return sorted({linkers.symbols[index] for index in linkers.metals})


def _bonds(frames: Trajectory, linkers: Linkers, bond: float) -> Iterator[Number]:
    """Coordination of metals by N within a fixed cut-off, and the lengths of these bonds."""
    names = np.array(frames.symbols)
    nitrogen = np.flatnonzero(names == "N")
    within = f"N within {bond:g} Å"
    for metal in metals_of(linkers):
        members = np.flatnonzero(names == metal)
        rows = []
        for positions, cell in zip(frames.positions, frames.cells, strict=True):
            pairs = neighbour_pairs(positions, cell, bond, members, nitrogen)
            counts = np.bincount(pairs.first, minlength=len(names))[members]
            length = pairs.distance.mean() if len(pairs) else np.nan
            square = pairs.distance.var() if len(pairs) else np.nan
            rows.append((counts.mean(), np.mean(counts == 4), np.mean(counts == 3), length, square))
        bonded, four, three, length, square = np.array(rows).T
        yield Number("bonded", f"{metal}-N", bonded, definition=within)
        yield Number("four_fold", metal, four, definition=f"exactly four {within}")
        yield Number("three_fold", metal, three, definition=f"exactly three {within}")
        yield Number("bond_length", f"{metal}-N", length, definition=f"mean over all {within}")
        defined = f"standard deviation within a frame, {within}; root of the mean square"
        yield Number("bond_length_width", f"{metal}-N", square, definition=defined, squared=True)


def _coordination_within(frames: Trajectory, linkers: Linkers, distances: Sequence[float]) -> Iterator[Number]:
    """The same coordination within other distances, for those who count so."""
    for metal in metals_of(linkers):
        for distance in distances:
            counts = coordination_counts(frames.symbols, frames.positions, frames.cells, metal, "N", distance)
            of = f"{metal}-N {distance:g} Å"
            yield Number("coordination_within", of, counts.mean(axis=1), definition=f"N within {distance:g} Å")


def _angles(
    frames: Trajectory, linkers: Linkers, nets: Sequence[Net], bond: float, lines: list[Line]
) -> Iterator[Number]:
    for metal in metals_of(linkers):
        found = bond_angles(frames.symbols, frames.positions, frames.cells, metal, "N", bond)
        yield from _of_angles(found, f"N-{metal}-N", f"N within {bond:g} Å of {metal}", lines)
        order = tetrahedral_order(frames.symbols, frames.positions, frames.cells, metal, "N", ORDER_REACH)
        defined = f"four nearest N within {ORDER_REACH:g} Å, bonded or not; every {metal}"
        yield Number("tetrahedral_order", metal, _means(order), definition=defined)
        order = tetrahedral_order(frames.symbols, frames.positions, frames.cells, metal, "N", bond)
        defined = f"four nearest N; only {metal} with four or more within {bond:g} Å"
        yield Number("tetrahedral_order_bonded", metal, _means(order), definition=defined)
    joined = "-".join(metals_of(linkers)) if len(metals_of(linkers)) > 1 else metals_of(linkers)[0]
    defined = f"metals on two N of a linker, within {bond:g} Å, at the centre of its ring"
    for species, members in _species(linkers):
        chosen = [net.arms[np.isin(net.linkers, members)] for net in nets]
        found = bridge_angles([np.zeros((len(arms), 3)) for arms in chosen], chosen)
        name = f"{joined}-centre-{joined}" + (f" {species}" if species else "")
        yield from _of_angles(found, name, defined, lines)


def _of_angles(found: Angles, name: str, definition: str, lines: list[Line]) -> Iterator[Number]:
    if not len(found.degrees):
        return
    mean = found.moments()
    square = found.moments(2, float(mean.mean()))
    yield Number("angle", name, mean, definition=definition)
    defined = f"{definition}; standard deviation about the mean of the replica, all frames together"
    yield Number("angle_width", name, square, definition=defined, squared=True)
    density = block_means(found.density(DEGREES))
    middle = (DEGREES[1:] + DEGREES[:-1]) / 2
    lines.append(Line(f"angle/{name}", middle, density, "angle", "probability", "°", "1/°"))


def _means(values: np.ndarray) -> np.ndarray:
    """Mean of what is known in each frame, NaN where nothing is, shape (N,)."""
    known = np.isfinite(values)
    counts = known.sum(axis=1)
    return np.divide(
        np.where(known, values, 0.0).sum(axis=1), counts, out=np.full(len(values), np.nan), where=counts > 0
    )


def _linkers(linkers: Linkers, found: Sequence[Contacts]) -> Iterator[Number]:
    for species, members in _species(linkers):
        parts, whole = _restricted(linkers, members), [_of_members(linkers, one, members) for one in found]
        shares = [bridging(one, parts) for one in whole]
        at = f"metal–N within {found[0].cutoff:g} Å"
        yield Number("bridging_exactly", species, np.array([one.exactly for one in shares]), definition=at)
        yield Number("bridging_at_least", species, np.array([one.at_least for one in shares]), definition=at)
        yield Number("dangling", species, np.array([one.dangling for one in shares]), definition=at)
        yield Number("free", species, np.array([one.free for one in shares]), definition=at)


def _bridging_within(frames: Trajectory, linkers: Linkers, distances: Sequence[float]) -> Iterator[Number]:
    """Shares of all linkers that bridge, within other distances."""
    for distance in distances:
        found = [
            bridging(contacts(linkers, *frame, distance), linkers)
            for frame in zip(frames.positions, frames.cells, strict=True)
        ]
        at, of = f"metal–N within {distance:g} Å", f"{distance:g} Å"
        yield Number("bridging_exactly_within", of, np.array([one.exactly for one in found]), definition=at)
        yield Number("bridging_at_least_within", of, np.array([one.at_least for one in found]), definition=at)


def _intact(frames: Trajectory, linkers: Linkers) -> Iterator[Number]:
    """Share of linkers that are the molecules they were where they were found."""
    result = linker_integrity(linkers, frames.positions, frames.cells)
    where = "the crystal" if frames.crystal is not None else "the first frame"
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(result.kinds.items())) or "none"
    yield Number("intact", "", result.share(), definition=f"as in {where}; bonds lost and + new in all frames: {kinds}")
    shares = result.share_by_species()
    for species, values in shares.items() if len(shares) > 1 else ():
        yield Number("intact", species, values, definition=f"as in {where}")


def _orientation(
    frames: Trajectory, linkers: Linkers, found: Sequence[Contacts], nets: Sequence[Net], lines: list[Line]
) -> Iterator[Number]:
    normals = planes(linkers, frames.positions, frames.cells).normals
    yield _ordered("p2_shared_metal", "", neighbour_p2(normals, found), "normals by SVD of the five ring atoms")
    yield _ordered("nematic_order", "", nematic_order(normals), "largest eigenvalue of ⟨(3nn - 1)/2⟩ over all rings")
    defined = "normal of the ring and the line between the two metals of its linker"
    for species, members in _species(linkers):
        chosen = [_edges(net, members) for net in nets]
        yield _ordered("ring_axis_angle", species, axis_angles(normals, chosen), defined)
        name = "ring_axis" + (f"/{species}" if species else "")
        edges = np.arange(0.0, 91.0, 1.0)
        rows = [_density(edge_angles(frame, net), edges) for frame, net in zip(normals, chosen, strict=True)]
        middle = (edges[1:] + edges[:-1]) / 2
        lines.append(Line(name, middle, block_means(np.array(rows)), "angle", "probability", "°", "1/°"))


def _density(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    counts = np.histogram(values, edges)[0]
    return np.asarray(counts / max(counts.sum(), 1) / np.diff(edges))


def _ordered(quantity: str, of: str, found: Ordered, definition: str) -> Number:
    random, spread = float(np.mean(found.random)), float(np.mean(found.random_spread))
    count = f"{definition}; {round(float(np.mean(found.n)))} a frame"
    return Number(quantity, of, found.values, random, spread, count)


def _edges(net: Net, members: np.ndarray) -> Net:
    kept = np.isin(net.linkers, members)
    return replace(net, ends=net.ends[kept], shifts=net.shifts[kept], linkers=net.linkers[kept], arms=net.arms[kept])


def _species(linkers: Linkers) -> Iterator[tuple[str, np.ndarray]]:
    """The linkers together, under no name, and where there are several species, each by itself."""
    members = linkers.members()
    yield "", np.arange(len(linkers))
    if len(members) > 1:
        yield from members.items()


def _restricted(linkers: Linkers, members: np.ndarray) -> Linkers:
    """Some of the linkers, numbered from zero."""
    of_member = np.full(len(linkers), -1)
    of_member[members] = np.arange(len(members))
    kept = of_member[linkers.owners] >= 0
    return replace(
        linkers,
        atoms=tuple(linkers.atoms[index] for index in members),
        species=tuple(linkers.species[index] for index in members),
        rings=linkers.rings[members],
        nitrogens=linkers.nitrogens[kept],
        owners=of_member[linkers.owners[kept]],
    )


def _of_members(linkers: Linkers, found: Contacts, members: np.ndarray) -> Contacts:
    """The bonds of some of the linkers, their nitrogens numbered as in :func:`_restricted`."""
    chosen = np.isin(linkers.owners, members)
    number = np.cumsum(chosen) - 1
    of_member = np.full(len(linkers), -1)
    of_member[members] = np.arange(len(members))
    kept = chosen[found.nitrogen]
    return replace(
        found,
        n_linkers=len(members),
        metal=found.metal[kept],
        nitrogen=number[found.nitrogen[kept]],
        linker=of_member[found.linker[kept]],
        cells=found.cells[kept],
        arms=found.arms[kept],
        distances=found.distances[kept],
    )
