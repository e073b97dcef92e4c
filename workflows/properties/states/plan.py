"""The runs of a grid of states: names, stages, parameters, seeds (no AiiDA)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from aiida_zif.workflows.engine.seeds import derive_seed
from aiida_zif.workflows.properties.melt_quench.naming import from_name, in_name
from aiida_zif.workflows.properties.states.settings import StatesSettings

SAMPLING = "sampling"
"""Name of the stage whose snapshots are returned."""
THERMALISED = 0.1
"""Share of the equilibration that is spent with a strong thermostat at constant cell."""
_NAME = re.compile(r"at_([0-9pem]+)K_([0-9pem]+)GPa")


@dataclass(frozen=True)
class StateName:
    """A state by its temperature in K and pressure in GPa. Stored graphs hold its label: it must never change."""

    temperature: float
    pressure: float

    def label(self) -> str:
        """Return the name, such as ``at_300K_0p5GPa``."""
        return f"at_{in_name(self.temperature)}K_{in_name(self.pressure)}GPa"

    @classmethod
    def parse(cls, label: str) -> StateName:
        """Read a name.

        :raises ValueError: if it is that of no state.
        """
        match = _NAME.fullmatch(label)
        if match is None:
            raise ValueError(f"{label} found, a state such as at_300K_0p5GPa needed")
        return cls(from_name(match[1]), from_name(match[2]))


def in_words(name: str) -> str:
    """Return the name of a state for a reader: ``at_300K_0p5GPa`` becomes ``300 K and 0.5 GPa``; others as they are."""
    try:
        state = StateName.parse(name)
    except ValueError:
        return name
    return f"{state.temperature:g} K and {state.pressure:g} GPa"


def states_of(settings: StatesSettings) -> list[StateName]:
    """Return the states of the grid; the others are compared with the first one."""
    return [StateName(temperature, pressure) for temperature, pressure in settings.states]


def replica_name(index: int) -> str:
    """Return the name of a replica."""
    return f"replica_{index}"


def run_name(state: str, replica: str) -> str:
    """Return the name of a run, and of what is computed of a state and a replica."""
    return f"{state}_{replica}"


def stages_of(settings: StatesSettings, state: StateName) -> list[dict[str, Any]]:
    """Return thermalisation, equilibration and sampling, as ``zif.lammps.md`` takes them."""
    temperature = [state.temperature, state.temperature]
    pressed = {"pressure": [state.pressure, state.pressure], "coupling": settings.coupling}
    strong = max(1, round(THERMALISED * settings.equilibration / settings.timestep))
    before = max(1, round(settings.equilibration / settings.timestep) - strong)
    sampled = max(settings.snapshots, round(settings.sampling / settings.timestep))
    return [
        {"kind": "equilibrate", "name": "thermalisation", "steps": strong, "temperature": temperature},
        {"kind": "npt", "name": "equilibration", "steps": before, "temperature": temperature, **pressed},
        {"kind": "npt", "name": SAMPLING, "steps": sampled, "temperature": temperature, **pressed,
         "snapshots": settings.snapshots},
    ]  # fmt: skip


def parameters_of(settings: StatesSettings, state: StateName, replica: int) -> dict[str, Any]:
    """Return what holds for a run as a whole; its seed depends on nothing but state and replica."""
    return {
        "timestep": settings.timestep,
        "seed": derive_seed(settings.seed, "states", state.label(), replica),
        "trust": settings.trust,
        "chemistry": settings.chemistry.model_dump(mode="json"),
        "thermostat_time": settings.thermostat_time,
        "barostat_time": settings.barostat_time,
        "coordination_cutoff": settings.decomposition.bond,
        "pressure_check": replica == 0,
    }
