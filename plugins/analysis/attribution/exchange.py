"""Pair correlation of frames whose parts are exchanged one after the other (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from aiida_zif.plugins.analysis.attribution.bodies import CAUSES, Layout, Partners, angles, bodies_of, partners
from aiida_zif.plugins.analysis.network.linkers import planes
from aiida_zif.plugins.analysis.network.net import CUTOFF, contacts
from aiida_zif.plugins.analysis.network.orientation import neighbour_p2, p2
from aiida_zif.plugins.analysis.structure.neighbours import distance_counts

N_SETS = 2 ** len(CAUSES)
"""Sets of exchanged parts; bit k of a number stands for ``CAUSES[k]``."""


VARIABLES = {
    "ring reorientation": ("P2 of rings that share a metal", "P2 of a ring and its mean plane in the reference"),
    "metal–N coordination": ("mean number of N on a metal",),
    "volume": ("density of atoms",),
}
"""What a frame is described by, by cause, in this order."""


@dataclass(frozen=True)
class Exchanged:
    """What frames of a state look like with parts of their partners, averaged over blocks of consecutive frames.

    :param r: middle of the bins, Å, shape (m,).
    :param pairs: elements of the partial curves, K of them.
    :param partials: 4πrρ g(r) of pairs of elements over the number of atoms, without pairs within one linker, Å⁻²,
        shape (blocks, sets, K, m); a pair of different elements counts twice.
    :param density: atoms per Å³, shape (blocks, sets).
    :param concentrations: share of each element among the atoms.
    :param rotation: mean angle that linkers have turned by, degrees, shape (blocks,).
    :param swing: the part of it about the axis through two nitrogens, degrees, shape (blocks,).
    :param changed: share of metals of which a bond is new or lost, shape (blocks,).
    :param volume: over that of the partner, shape (blocks,).
    :param variables: of :data:`VARIABLES`, of the frames and of their partners, shape (blocks, 2, V).
    """

    r: np.ndarray
    pairs: tuple[tuple[str, str], ...]
    partials: np.ndarray
    density: np.ndarray
    concentrations: Mapping[str, float]
    rotation: np.ndarray
    swing: np.ndarray
    changed: np.ndarray
    volume: np.ndarray
    variables: np.ndarray

    def correlation(self, weights: Mapping[str, float]) -> np.ndarray:
        """Return D(r) = 4πrρ(g(r) - 1) in Å⁻² as some radiation sees it, shape (blocks, sets, m).

        :param weights: scattering length or charge of each element; the curve does not depend on their unit.
        """
        mean = sum(share * weights[element] for element, share in self.concentrations.items())
        factors = np.array([weights[one] * weights[other] for one, other in self.pairs]) / mean**2
        total = np.einsum("k,bskm->bsm", factors, self.partials)
        return np.asarray(total - 4 * np.pi * self.density[..., None] * self.r)


def sets_of_causes() -> Iterator[tuple[int, frozenset[str]]]:
    """Yield the number of every set of parts, and the causes in it."""
    for number in range(N_SETS):
        yield number, frozenset(cause for bit, cause in enumerate(CAUSES) if number >> bit & 1)


def exchange(
    layout: Layout,
    frames: tuple[np.ndarray, np.ndarray],
    reference: tuple[np.ndarray, np.ndarray],
    r_max: float,
    width: float,
    bond: float = CUTOFF,
    n_blocks: int = 4,
) -> Exchanged:
    """Exchange the parts of frames with those of their partners, set by set.

    :param frames: positions (N, n, 3) and cells (N, 3, 3) of a state, Å.
    :param reference: as many of the state that it is compared with; frame k is the partner of frame k.
    :param r_max: largest distance, Å.
    :param width: of a bin, Å.
    :param bond: metal–N cut-off, Å.
    :param n_blocks: blocks of consecutive frames, fewer if there are fewer frames.
    """
    (positions, cells), (others, other_cells) = frames, reference
    symbols = np.array(layout.linkers.symbols)
    elements = sorted(set(symbols.tolist()))
    pairs = tuple(combinations_with_replacement(elements, 2))
    edges = np.arange(round(r_max / width) + 1) * width
    rows = []
    variables = _variables(layout, frames, reference, bond)
    for index in range(len(positions)):
        pair = partners(
            layout,
            bodies_of(layout, positions[index], cells[index], bond),
            bodies_of(layout, others[index], other_cells[index], bond),
        )
        rows.append(_one(pair, symbols, elements, edges))
    blocks = np.array_split(np.arange(len(rows)), min(n_blocks, len(rows)))
    columns = [np.stack([np.mean([row[column] for row in (rows[i] for i in block)], axis=0) for block in blocks])
               for column in range(6)]  # fmt: skip
    shares = {element: float(np.mean(symbols == element)) for element in elements}
    means = np.stack([variables[block].mean(axis=0) for block in blocks])
    partials, density, rotation, swing, changed, volume = columns
    middle = (edges[1:] + edges[:-1]) / 2
    return Exchanged(middle, pairs, partials, density, shares, rotation, swing, changed, volume, means)


def _variables(
    layout: Layout,
    frames: tuple[np.ndarray, np.ndarray],
    reference: tuple[np.ndarray, np.ndarray],
    bond: float,
) -> np.ndarray:
    """The variables of all frames and of their partners, shape (N, 2, V)."""
    linkers = layout.linkers
    normals = planes(linkers, *reference).normals
    tensors = np.einsum("tli,tlj->lij", normals, normals)
    usual = np.linalg.eigh(tensors)[1][..., -1]  # the plane of each ring in the mean of the reference
    columns = []
    for positions, cells in (frames, reference):
        own = planes(linkers, positions, cells).normals
        found = [contacts(linkers, *frame, bond) for frame in zip(positions, cells, strict=True)]
        shared = np.nan_to_num(neighbour_p2(own, found).values)
        kept = p2(np.sum(own * usual, axis=2)).mean(axis=1)
        coordination = np.array([one.coordination().mean() for one in found])
        density = len(linkers.symbols) / np.abs(np.linalg.det(cells))
        columns.append(np.column_stack([shared, kept, coordination, density]))
    return np.stack(columns, axis=1)


def _one(pair: Partners, symbols: np.ndarray, elements: Sequence[str], edges: np.ndarray) -> tuple[np.ndarray, ...]:
    """Partials (sets, K, m), densities (sets,), rotation, swing, share of changed metals and volume of one frame."""
    layout, n_atoms = pair.layout, len(symbols)
    codes = np.searchsorted(elements, symbols)
    partials, density = [], np.empty(N_SETS)
    for number, causes in sets_of_causes():
        positions, cell = pair.with_parts(causes)
        partials.append(_partials(layout, positions, cell, codes, len(elements), edges))
        density[number] = n_atoms / abs(np.linalg.det(cell))
    turned, swung = angles(pair)
    metals = pair.changed[layout.owner[layout.linkers.metals]]
    volume = abs(np.linalg.det(pair.frame.cell) / np.linalg.det(pair.reference.cell))
    numbers = (turned.mean(), swung.mean(), metals.mean(), volume)
    return (np.stack(partials), density, *(np.array(number) for number in numbers))


def _partials(
    layout: Layout, positions: np.ndarray, cell: np.ndarray, codes: np.ndarray, n_kinds: int, edges: np.ndarray
) -> np.ndarray:
    """4πrρ g(r) by pairs of elements, without pairs within a linker, shape (K, m)."""
    n_bins, reach = len(edges) - 1, float(edges[-1])
    first, second = layout.within_bodies()
    distances = np.linalg.norm(positions[first] - positions[second], axis=1)  # linkers are whole
    place = (distances * (n_bins / reach)).astype(int)
    kind = codes[first] * n_kinds + codes[second]
    inside = np.bincount((kind * n_bins + place)[place < n_bins], minlength=n_kinds**2 * n_bins).reshape(-1, n_bins)
    members = [np.flatnonzero(codes == code) for code in range(n_kinds)]
    rows = []
    for one, other in combinations_with_replacement(range(n_kinds), 2):
        counts = distance_counts(positions, cell, reach, n_bins, members[one], members[other])
        rows.append((1 if one == other else 2) * (counts - inside[one * n_kinds + other]))
    middle = (edges[1:] + edges[:-1]) / 2
    return np.asarray(np.array(rows) / (len(positions) * (edges[1] - edges[0]) * middle))
