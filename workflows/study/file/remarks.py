"""What a study cannot reach, and what misleads: said before it runs (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator

from aiida_zif.workflows.properties.melt_quench.cost import (
    CLOSES_ABOVE,
    CLOSES_BELOW,
    CLOSING,
    beyond_laboratories,
    warnings_of,
)
from aiida_zif.workflows.study.file.loading import Study
from aiida_zif.workflows.user_input.problems import listed

FEW_ATOMS = 1000
"""Below, a cell of a ZIF is hardly thicker than its largest rings."""


def remarks(study: Study) -> list[str]:
    """Return sentences, each beginning with what it is about: cells first."""
    return [*study.cell_notes(), *of_melt(study), *of_states(study)]


def of_melt(study: Study) -> Iterator[str]:
    """Yield what the schedule of the melt cannot reach."""
    melt = study.melt_quench
    if melt is None:
        return
    if study.protocol == "demo":
        yield "protocol: demo runs every step in minutes; its result is no glass"
    for name, cells in study.cells().items():
        if cells.melt_atoms < FEW_ATOMS:
            thick = (cells.melt or cells.system).thickness
            limit = "no ring or pore can be larger than the cell, and there are few metals to average over"
            yield f"{name}: the melt has {cells.melt_atoms} atoms and is {thick:.1f} Å thick; {limit}"
    slowest = min(melt.rates)
    reach = f"{beyond_laboratories(slowest)}; nothing is extrapolated"
    yield f"melt_quench.rates: the slowest, {slowest:g} K/ps, is {reach}"
    n_models = study.known.n_models if study.known is not None else 2
    settings = melt.settings(next(iter(study.systems)), study.protocol, 1)
    yield from (f"melt_quench.{warning}" for warning in warnings_of(settings, n_models))


def of_states(study: Study) -> Iterator[str]:
    """Yield which states are beyond a transition of the crystal."""
    states = study.states
    if states is None or states.start != "crystal":
        return
    beyond = [
        f"{temperature:g} K and {pressure:g} GPa"
        for temperature, pressure in states.states
        if temperature < CLOSES_BELOW or pressure > CLOSES_ABOVE
    ]
    if beyond and "zif-4" in (system.structure for system in study.systems.values()):
        yield f"states: {CLOSING}; picoseconds from the open phase may be too short to do so ({listed(beyond)})"
    if states.coupling == "iso":
        fixed = "iso keeps the shape of the cell, so a crystal cannot shear as its pores close"
        yield f"states.coupling: {fixed}; {CLOSING}"
