"""Names of states and quantities for a reader."""

from __future__ import annotations

from aiida_zif.workflows.properties.melt_quench.naming import from_name
from aiida_zif.workflows.properties.states.report import StatesReport

QUANTITIES = {
    "first_peak": "first peak of g(r)",
    "first_minimum": "first minimum of g(r)",
    "bonded": "N bonded to a metal",
    "four_fold": "metals with four N",
    "three_fold": "metals with three N",
    "bond_length_width": "width of the bond lengths",
    "angle_width": "width of the angle",
    "scattering_peak": "first sharp diffraction peak",
    "distance_peak": "peak of D(r)",
    "bridging_exactly": "linkers with one metal on each of two N",
    "bridging_at_least": "linkers with a metal on two N or more",
    "dangling": "linkers with a metal on one N",
    "free": "linkers without a metal",
    "intact": "intact linkers",
    "p2_shared_metal": "P2 of rings that share a metal",
    "nematic_order": "nematic order of all rings",
    "ring_axis_angle": "angle of ring normal and metal–metal axis",
    "above_crystal": "enthalpy above the crystal",
}
"""Quantity of a report → its name where the words of its key do not say it."""


def quantity_in_words(name: str, of: str = "") -> str:
    """Return a quantity, and what it is of if that is given or stands behind the key: ``metals with four N, Zn``."""
    key, _, behind = name.partition(" ")
    words, of = QUANTITIES.get(key, key.replace("_", " ")), of or behind
    return f"{words}, {of}" if of else words


def state_in_words(name: str) -> str:
    """Return the name of a state: ``glass@20`` and ``glass_2p5`` become ``glass, 20 K/ps`` and ``glass, 2.5 K/ps``."""
    state, _, rate = name.partition("@")
    if rate:
        return f"{state}, {rate} K/ps"
    if name.startswith("glass_"):
        try:
            return f"glass, {from_name(name.removeprefix('glass_')):g} K/ps"
        except ValueError:
            pass
    return name.replace("_", " ")


def grid_state_in_words(report: StatesReport, name: str) -> str:
    """Return a state of a grid, or a run of it: ``600 K, 0.5 GPa``."""
    for state in report.states:
        if name == state.name or name.startswith(f"{state.name}_"):
            behind = name.removeprefix(state.name).replace("_", " ").strip()
            words = f"{state.temperature:g} K, {state.pressure:g} GPa"
            return f"{words} ({behind})" if behind else words
    return name.replace("_", " ")
