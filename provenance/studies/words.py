"""Names of states for a reader."""

from __future__ import annotations

from aiida_zif.workflows.properties.melt_quench.naming import from_name
from aiida_zif.workflows.properties.states.report import StatesReport


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
