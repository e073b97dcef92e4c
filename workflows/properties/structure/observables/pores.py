"""Pores and accessible volume of some frames, by Zeo++ in a process of its own (no AiiDA)."""

from __future__ import annotations

import numpy as np

from aiida_zif.plugins.analysis.network.pores import ZeoError, accessible_volume, pore_diameters
from aiida_zif.workflows.properties.structure.observables.trajectory import NotAnalysed, Trajectory
from aiida_zif.workflows.properties.structure.samples import Number, Samples
from aiida_zif.workflows.properties.structure.settings import StructureSettings

REPEATS = 4
"""Independent Monte Carlo integrations of a volume."""
LONGEST = 60.0
"""s that Zeo++ may take for one frame."""

MOST_ATOMS = 3000
"""Zeo++ takes half a minute for 2000 atoms, and more than in proportion for more."""
FEW_ATOMS = 1500
"""Of all frames; a larger frame is analysed alone."""


def analyse_pores(frames: Trajectory, settings: StructureSettings) -> Samples:
    """Measure the largest spheres and the volume that a probe reaches.

    :raises NotAnalysed: Zeo++ gave no numbers, or an element has no radius.
    """
    n_atoms, chosen, rows = len(frames.symbols), settings.pores, []
    errors: list[tuple[float, float]] = []
    if n_atoms > MOST_ATOMS:
        raise NotAnalysed(f"Pores were not analysed: Zeo++ takes minutes for {n_atoms} atoms.")
    frames = frames.thinned(max(1, FEW_ATOMS // n_atoms))
    diameters = volume = None
    try:
        for index, (positions, cell) in enumerate(zip(frames.positions, frames.cells, strict=True)):
            diameters = pore_diameters(frames.symbols, positions, cell, timeout=LONGEST)
            volume = accessible_volume(
                frames.symbols, positions, cell, settings.seed + index, chosen.probe, (chosen.samples, REPEATS),
                timeout=LONGEST,
            )  # fmt: skip
            exact, zeo = diameters.exact_included, (diameters.included, diameters.free)
            whole = abs(np.linalg.det(cell))
            fits = (volume.value + volume.enclosed) / whole
            errors.append((volume.error / whole, np.hypot(volume.error, volume.enclosed_error) / whole))
            rows.append((exact, zeo[1], volume.per_cell_volume, fits, zeo[0] - exact))
    except (ZeoError, ValueError) as error:
        raise NotAnalysed(f"Pores were not analysed: {error}.") from error
    assert diameters is not None
    included, free, accessible, void, apart = np.array(rows).T
    drawn = [float(np.sqrt(np.sum(np.square(column))) / len(errors)) for column in zip(*errors, strict=True)]
    radii = ", ".join(f"{element} {radius:g}" for element, radius in diameters.radii.items())
    probe = f"Zeo++, centre of a probe of {chosen.probe:g} Å, Monte Carlo"
    numbers = [
        Number("largest_included_sphere", "", included, definition=f"exact search to 0.01 Å; radii {radii} Å"),
        Number("largest_free_sphere", "", free, definition=f"Zeo++, accuracy {diameters.accuracy}; radii {radii} Å"),
        Number("accessible_volume", "", accessible, definition=probe, error=drawn[0]),
        Number("void_volume", "", void, definition=f"{probe}, pockets included", error=drawn[1]),
    ]
    limits = [
        "The largest free sphere is that of Zeo++ at its default accuracy, which may be off by half an ångström: its "
        f"largest included sphere differs from the exact one by {np.abs(apart).max():.2f} Å at most here."
    ]
    return Samples(["pores"], len(frames), numbers, conventions={"pores": f"radii {radii} Å"}, limits=limits)
