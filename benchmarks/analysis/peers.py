"""The same observables by libraries of others, run by a Python that has them: freud, matscipy, dynasor."""

from __future__ import annotations

from collections.abc import Callable

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


def scattering(frames: Frames) -> object:
    """freud: sum of Debye over all pairs for one set of weights, 500 Q up to 25 1/Å, without partials."""
    import freud

    total = freud.diffraction.StaticStructureFactorDebye(500, 25.0)
    for points, cell in zip(frames.positions, frames.cells, strict=True):
        box = freud.box.Box.from_matrix(cell.T)
        total.compute((box, box.wrap(points)), reset=False)
    return total.S_k


def wave_vectors(frames: Frames) -> object:
    """freud: one structure factor by direct sums over all wave vectors up to 2 1/Å, without partials."""
    import freud

    total = freud.diffraction.StaticStructureFactorDirect(bins=40, k_max=2.0, num_sampled_k_points=0)
    for points, cell in zip(frames.positions, frames.cells, strict=True):
        box = freud.box.Box.from_matrix(cell.T)
        total.compute((box, box.wrap(points)), reset=False)
    return total.S_k


PEERS: dict[str, tuple[str, Callable[[Frames], object]]] = {
    "pair_distributions": ("freud-analysis", pair_distributions),
    "coordination": ("matscipy", coordination),
    "scattering": ("freud-analysis", scattering),
    "wave_vectors": ("freud-analysis", wave_vectors),
}
"""Observable → library, function. What is not here, none of them computes."""
