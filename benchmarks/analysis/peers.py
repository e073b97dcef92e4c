"""The same observables by libraries of others, run by a Python that has them: freud, matscipy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from frames import Frames

REACH = 12.0


def pair_distributions(frames: Frames) -> object:
    """freud: ten partial g(r), accumulated over frames, without errors."""
    import freud

    found = {}
    elements = sorted(set(frames.symbols))
    for a in elements:
        for b in (other for other in elements if a <= other):
            counter = freud.density.RDF(round(REACH / 0.02), REACH, normalization_mode="exact")
            for points, cell in zip(frames.positions, frames.cells, strict=True):
                box = freud.box.Box.from_matrix(cell.T)
                query = {"mode": "ball", "r_max": REACH, "exclude_ii": a == b}
                first, second = (box.wrap(points[frames.symbols == name]) for name in (a, b))
                counter.compute((box, second), query_points=first, neighbors=query, reset=False)
            found[a, b] = counter.rdf
    return found


def coordination(frames: Frames) -> object:
    """matscipy: neighbour list of all atoms within 2.5 Å, from which those of Zn and N are taken."""
    from matscipy.neighbours import neighbour_list

    counts = []
    for points, cell in zip(frames.positions, frames.cells, strict=True):
        i, j = neighbour_list("ij", positions=points, cell=cell, pbc=np.ones(3, dtype=bool), cutoff=2.5)
        bonds = (frames.symbols[i] == "Zn") & (frames.symbols[j] == "N")
        counts.append(np.bincount(i[bonds], minlength=len(points))[frames.symbols == "Zn"])
    return counts


def wave_vectors(frames: Frames) -> object:
    """freud: one structure factor by direct sums over all wave vectors up to 2 1/Å, without partials."""
    import freud

    total = freud.diffraction.StaticStructureFactorDirect(bins=40, k_max=2.0, num_sampled_k_points=0)
    for points, cell in zip(frames.positions, frames.cells, strict=True):
        box = freud.box.Box.from_matrix(cell.T)
        total.compute((box, box.wrap(points)), reset=False)
    return total.S_k


@dataclass(frozen=True)
class Peer:
    """A library that computes an observable.

    :param library: name of its distribution.
    :param module: what is imported before the clock starts.
    :param compute: takes frames.
    :param of_large: whether it can do 10⁵ atoms in some minutes and gigabytes.
    """

    library: str
    module: str
    compute: Callable[[Frames], object]
    of_large: bool


PEERS: dict[str, Peer] = {
    "pair_distributions": Peer("freud-analysis", "freud", pair_distributions, False),
    "coordination": Peer("matscipy", "matscipy.neighbours", coordination, True),
    "wave_vectors": Peer("freud-analysis", "freud", wave_vectors, False),
}
"""Observable → library. What is not here, none of them computes."""
