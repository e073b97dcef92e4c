"""Settings as lines of name and value with its unit (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UNITS = {
    "temperature": "K",
    "temperatures": "K",
    "pressure": "GPa",
    "pressures": "GPa",
    "timestep": "fs",
    "thermostat_time": "fs",
    "barostat_time": "fs",
    "time_constant": "fs",
    "displacement": "Å",
    "rcut": "Å",
    "lower": "eV/Å",
    "upper": "eV/Å",
    "target_error": "eV/Å",
    "force_deviation": "eV/Å",
    "max_force": "eV/Å",
    "net_force": "eV/Å",
    "max_stress": "GPa",
    "energy_band": "eV/atom",
    "walltime": "s",
    "batch_time": "s",
    "stride": "steps",
    "sample_every": "steps",
    "min_separation": "steps",
    "preflight": "steps",
}
OF_A_BAROSTAT = ("pressure", "barostat_time")
"""Settings that mean nothing at constant volume."""


def lines_of(section: dict[str, Any], units: Mapping[str, str] = UNITS) -> list[tuple[str, str]]:
    """Return the settings of a section as lines of name and value with its unit.

    :param units: by the name of a setting.
    """
    lines = []
    for name, value in section.items():
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            lines += [(f"{name} {index}", in_one_line(item, units=units)) for index, item in enumerate(value, start=1)]
        elif value is not None and (words := in_one_line(value, units.get(name, ""), units)):
            lines.append((name, words))
    return lines


def in_one_line(value: Any, unit: str = "", units: Mapping[str, str] = UNITS) -> str:
    """Return a setting with its unit; of a group of settings each with its name."""
    if isinstance(value, dict):
        value = {name: v for name, v in value.items() if value.get("ensemble") != "nvt" or name not in OF_A_BAROSTAT}
        parts = [f"{name.replace('_', ' ')} {in_one_line(v, units.get(name, ''), units)}" for name, v in value.items()]
        return ", ".join(part for part, v in zip(parts, value.values(), strict=True) if v is not None)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return f"{', '.join(in_one_line(item, units=units) for item in value)} {unit}".strip()
    if isinstance(value, str):
        return value
    return f"{value:g} {unit}".strip() if isinstance(value, float) else f"{value} {unit}".strip()
