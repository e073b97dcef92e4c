"""What a study cannot reach, and what misleads: said before it runs (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from aiida_zif.plugins.words import counted
from aiida_zif.workflows.user_input.problems import listed

if TYPE_CHECKING:
    from aiida_zif.workflows.study.file.loading import Study

FEW_ATOMS = 1000
"""Below, a cell of a ZIF is hardly thicker than its largest rings."""
FEWEST_RATES = 3
"""That a slope against the logarithm of the rate is fitted to."""
CLOSES_BELOW, CLOSES_ABOVE = 140.0, 0.028
"""K and GPa at which ZIF-4 closes its pores."""
CLOSING = f"ZIF-4 closes its pores below {CLOSES_BELOW:g} K and above {1000 * CLOSES_ABOVE:g} MPa"
K_PER_S = 1e12
"""Of one K/ps."""


def remarks(study: Study) -> list[str]:
    """Return sentences, each beginning with what it is about: cells first."""
    return [*study.cell_notes(), *of_melt(study), *of_states(study), *of_force_field(study)]


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
            yield (
                f"systems.{name}: {cells.melt_atoms} atoms in a cell {thick:.1f} Å thick; a glass has no ring or pore "
                "larger than its cell, and few metals to average over"
            )
    slowest = min(melt.rates)
    yield (
        f"melt_quench.rates: the slowest is {slowest:g} K/ps, {slowest * K_PER_S:.0e} K/s; laboratories quench at "
        "most at 1e6 K/s, and nothing is extrapolated to their rates"
    )
    if len(melt.rates) < FEWEST_RATES:
        many = counted(len(melt.rates), "rate")
        yield f"melt_quench.rates: {many}; the rate dependence of Tg is fitted to at least {FEWEST_RATES}"
    if melt.replicas < 2:
        yield "melt_quench.replicas: 1; errors then come from blocks of one trajectory, and are lower bounds"
    if melt.coupling == "iso":
        yield (
            "melt_quench.coupling: iso keeps the shape of the cell, so that a crystal that would change it cannot "
            f"({CLOSING}); take aniso or tri where the crystal matters"
        )


def of_states(study: Study) -> Iterator[str]:
    """Yield which states are beyond a transition of the crystal."""
    states = study.states
    if states is None or states.start != "crystal":
        return
    zif4 = [name for name, system in study.systems.items() if system.structure == "zif-4"]
    beyond = [
        f"{temperature:g} K and {pressure:g} GPa"
        for temperature, pressure in states.states
        if temperature < CLOSES_BELOW or pressure > CLOSES_ABOVE
    ]
    if zif4 and beyond:
        slow = "; a run of picoseconds from the open phase may not get there"
        yield f"states: {CLOSING}{slow} ({listed(beyond)})"
    if states.coupling == "iso":
        yield f"states.coupling: iso keeps the shape of the cell, so that a crystal cannot change it ({CLOSING})"


def of_force_field(study: Study) -> Iterator[str]:
    """Yield what a force field cannot say."""
    if study.known is not None and study.known.n_models == 1:
        yield (
            "force_field: one model; nothing says where it does not know, and no frame comes back for labels "
            "(melt_quench.trust has no effect)"
        )
