"""What a study cannot reach, and what misleads: said before it runs (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator

from aiida_zif.workflows.properties.melt_quench.cost import warnings_of
from aiida_zif.workflows.study.file.loading import Study
from aiida_zif.workflows.user_input.problems import listed

FEW_ATOMS = 1000
"""Below, a cell of a ZIF is hardly thicker than its largest rings."""
CLOSES_BELOW, CLOSES_ABOVE = 140.0, 0.028
"""K and GPa at which ZIF-4 closes its pores."""
CLOSING = f"ZIF-4 closes its pores below {CLOSES_BELOW:g} K and above {1000 * CLOSES_ABOVE:g} MPa"
FASTEST_LABORATORY = 1e6
"""K/s; a bulk glass is quenched far more slowly."""
K_PER_S = 1e12
"""Of one K/ps."""


def remarks(study: Study) -> list[str]:
    """Return sentences, each beginning with what it is about: cells first."""
    return [*study.cell_notes(), *of_melt(study), *of_states(study)]


def of_melt(study: Study) -> Iterator[str]:
    """Yield what the schedule of the melt cannot reach."""
    melt = study.melt_quench
    if melt is None:
        return
    if study.protocol == "demo":
        yield "protocol: demo shows the path; what it makes is no glass"
    for name, cells in study.cells().items():
        if cells.melt_atoms < FEW_ATOMS:
            thick = (cells.melt or cells.system).thickness
            limit = "a glass has no ring or pore larger than its cell, and here few metals to average over"
            yield f"{name}: {cells.melt_atoms} atoms, {thick:.1f} Å thick; {limit}"
    slowest = min(melt.rates)
    times = slowest * K_PER_S / FASTEST_LABORATORY / 1e6
    reach = f"{times:g} million times what laboratories reach; no result is extrapolated to their rates"
    yield f"melt_quench.rates: the slowest is {slowest:g} K/ps, {reach}"
    n_models = study.known.n_models if study.known is not None else 2
    settings = melt.settings(next(iter(study.systems)), study.protocol, 1)
    yield from (f"melt_quench: {warning}" for warning in warnings_of(settings, n_models))
    if melt.coupling == "iso" and "zif-4" in (system.structure for system in study.systems.values()):
        yield f"melt_quench.coupling: {CLOSING}; with iso its cell cannot follow"


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
        yield f"states: {CLOSING}; a run of picoseconds from the open phase may not get there ({listed(beyond)})"
    if states.coupling == "iso":
        yield f"states.coupling: iso keeps the shape of the cell, so that a crystal cannot change it ({CLOSING})"
