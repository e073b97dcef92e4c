"""What the settings of a melt-quench cannot give a system, and what in them a reader may not expect (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from aiida_zif.plugins.analysis.glass.transition import FEWEST_DECADES, FEWEST_RATES
from aiida_zif.plugins.words import counted
from aiida_zif.workflows.campaign.supercell import CellChoice, choose_cell
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings

MANY_STEPS = 50_000_000
"""MD steps of one leg: five days on a GPU that does a hundred steps a second (2176 atoms)."""

FEWEST_TIMES = 10
"""Time constants of the barostat in a quench: the volume swings for some of them after every change."""

MOST_ATOMS = 5000
"""That ``supercell: auto`` takes."""

FASTEST_LABORATORY = 1e6
"""K/s; a bulk glass is quenched far more slowly."""

K_PER_S = 1e12
"""Of one K/ps."""

CLOSES_BELOW, CLOSES_ABOVE = 140.0, 0.028
"""K and GPa at which ZIF-4 closes its pores."""

CLOSING = f"ZIF-4 closes its pores below {CLOSES_BELOW:g} K and above {1000 * CLOSES_ABOVE:g} MPa"


def cell_choice(settings: MeltQuenchSettings, cell: np.ndarray, n_atoms: int, rcut: float) -> CellChoice:
    """Return the cell that is run: of ``auto`` the smallest that is twice as thick as the cut-off of the models.

    :param cell: of the crystal, Å, shape (3, 3).
    :param rcut: of the models, Å.
    """
    return choose_cell(settings.supercell, cell, n_atoms, 2.0 * rcut, 0.0, MOST_ATOMS)


def faults_of(
    settings: MeltQuenchSettings,
    symbols: Sequence[str],
    cell: np.ndarray,
    type_maps: Mapping[str, Sequence[str]],
    rcut: float,
) -> list[str]:
    """Return why a system cannot be run with some models: field, found, allowed, fix; empty if it can.

    :param symbols: of the crystal.
    :param cell: of the crystal, Å, shape (3, 3).
    :param type_maps: elements of every model, by its label.
    :param rcut: largest cut-off of the models, Å.
    """
    faults = []
    if not type_maps:
        return ["committee: found no model, allowed is one or more; fix: name a force field"]
    first, elements = next(iter(type_maps.items()))
    for label, type_map in type_maps.items():
        if list(type_map) != list(elements):
            allowed = f"that of all others, {', '.join(elements)} ({first})"
            fix = "take models of one committee"
            faults.append(f"committee.{label}: found type_map {', '.join(type_map)}, allowed is {allowed}; fix: {fix}")
    if unknown := sorted(set(symbols) - set(elements)):
        allowed = f"the elements of the models, {', '.join(elements)}"
        fix = "take a force field that was trained on this system"
        faults.append(f"structure: found {', '.join(unknown)}, allowed are {allowed}; fix: {fix}")
    choice = cell_choice(settings, cell, len(symbols), rcut)
    if choice.thickness < choice.needed:
        found = f"a cell {choice.thickness:.2f} Å thick ({choice.in_words()})"
        allowed = f"at least {choice.needed:g} Å, twice the cut-off of the models"
        fix = "write supercell: auto, or more repeats"
        faults.append(f"supercell: found {found}, allowed is {allowed}; fix: {fix}")
    return faults


def faster_than_the_barostat(settings: MeltQuenchSettings) -> str:
    """Return a sentence if a quench is so short that its volume follows the barostat; empty if none is."""
    rates = [rate for rate in settings.rates if settings.quench(rate) * 1000.0 < FEWEST_TIMES * settings.barostat_time]
    if not rates:
        return ""
    return (
        f"a quench at {min(rates):g} K/ps or faster takes less than {FEWEST_TIMES} times the time constant of the "
        f"barostat ({settings.barostat_time:g} fs), so its density lags behind the temperature"
    )


def beyond_laboratories(rate: float) -> str:
    """Say how much faster a rate, K/ps, is than laboratories are: ``20 million times faster than …``."""
    times = rate * K_PER_S / FASTEST_LABORATORY
    words = f"{times / 1e6:g} million" if times < 1e9 else f"{times / 1e9:g} billion"
    return f"{words} times faster than the fastest quench in a laboratory (10⁶ K/s)"


def warnings_of(settings: MeltQuenchSettings, n_models: int) -> list[str]:
    """Return what the settings allow but a reader may not expect, as sentences."""
    found = [
        f"rates: a quench at {rate:g} K/ps takes {settings.steps_of(settings.quench(rate)):,} MD steps; "
        "a rate ten times slower costs ten times as much"
        for rate in sorted(settings.rates)
        if settings.steps_of(settings.quench(rate)) > MANY_STEPS
    ]
    found += [
        f"{name}: {time:g} ps take {settings.steps_of(time):,} MD steps"
        for name in ("equilibration", "heating", "hold", "relax_npt", "relax_nvt")
        if settings.steps_of(time := getattr(settings, name)) > MANY_STEPS
    ]
    if too_fast := faster_than_the_barostat(settings):
        found.append(f"barostat_time: {too_fast}")
    decades = float(np.log10(max(settings.rates) / min(settings.rates)))
    if len(settings.rates) < FEWEST_RATES or decades < FEWEST_DECADES - 1e-9:
        given = counted(len(settings.rates), "rate") + (f" over {decades:.2g} decades" if decades else "")
        found.append(
            f"rates: {given}; the rate dependence of Tg needs at least {FEWEST_RATES} rates over "
            f"{counted(round(FEWEST_DECADES), 'decade')}"
        )
    if settings.replicas == 1:
        found.append("replicas: one; errors are from blocks of one trajectory, and are lower bounds")
    if n_models == 1:
        found.append("force_field: one model has no deviation; nothing shows where it is wrong")
    elif settings.trust is None:
        found.append("trust: not set; no frame is returned where the committee disagrees")
    if settings.coupling == "iso":
        found.append(
            f"coupling: iso keeps the shape of the cell, so a framework cannot shear as its pores close; {CLOSING}"
        )
    return found
