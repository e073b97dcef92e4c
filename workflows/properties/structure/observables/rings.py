"""Shortest-path rings of the linker graph in some frames (no AiiDA)."""

from __future__ import annotations

import numpy as np

from aiida_zif.plugins.analysis.network.net import contacts, net_of
from aiida_zif.plugins.analysis.network.rings import shortest_path_rings
from aiida_zif.workflows.properties.structure.observables.trajectory import Trajectory
from aiida_zif.workflows.properties.structure.samples import Line, Number, Samples
from aiida_zif.workflows.properties.structure.settings import StructureSettings

CONVENTION = "shortest-path rings (Franzblau 1991) of metals joined by linkers, on the infinite periodic graph"
IMAGES = (
    "Some rings hold two images of one metal (curve rings_through_images): in a crystal this is as it should be, in a "
    "glass the cell is too small for rings of these sizes."
)


def search_rings(frames: Trajectory, settings: StructureSettings) -> Samples:
    """Count rings by size.

    :raises NotAnalysed: there are no linkers.
    """
    linkers, maximum = frames.linkers(), settings.rings.maximum
    sizes = np.arange(3, maximum + 1)
    rows, through_images = [], []
    for positions, cell in zip(frames.positions, frames.cells, strict=True):
        found = shortest_path_rings(net_of(contacts(linkers, positions, cell, settings.pairs.bond)), maximum)
        per_metal, again = found.per_metal(), found.through_images()
        rows.append([per_metal.get(int(size), 0.0) for size in sizes])
        through_images.append([again.get(int(size), 0) / max(found.counts().get(int(size), 0), 1) for size in sizes])
    table = np.array(rows)
    defined = f"{CONVENTION}, up to {maximum} metals"
    numbers = [
        Number("rings_per_metal", str(size), column, definition=defined)
        for size, column in zip(sizes, table.T, strict=True)
        if column.any()
    ]
    numbers.append(Number("rings_per_metal", "", table.sum(axis=1), definition=f"{defined}; all sizes together"))
    total = table.sum(axis=1)
    if (total > 0).all():
        numbers.append(Number("mean_ring_size", "", table @ sizes / total, definition=defined))
    lines = [Line("rings", sizes.astype(float), table, "ring size", "rings per metal", "metals", "")]
    images = np.array(through_images)
    lines.append(Line("rings_through_images", sizes.astype(float), images, "ring size", "share of rings", "metals", ""))
    limits = [IMAGES] if images.any() else []
    return Samples(["rings"], len(frames), numbers, lines, {"rings": defined}, limits)
