"""One rule for the time constants of molecular dynamics, be it of first-principles or driven by the committee."""

from __future__ import annotations

from aiida_zif.plugins.input_checks.model import refuse

FEWEST_THERMOSTAT_STEPS = 2
"""Time steps. A Nosé-Hoover chain on oscillators of 50 to 3100 cm⁻¹ keeps its temperature from one step on, and
explodes below (at 0.2 steps to 10⁵ times the target)."""

FEWEST_BAROSTAT_STEPS = 20
"""Time steps. The cell of a crystal swings some fifteen times as fast as the time constant of its barostat says
(bulk modulus of 6 GPa, 15 Å³ an atom, 300 K), and may not be faster than its integration."""

LONGEST_THERMOSTAT = 1e4
LONGEST_BAROSTAT = 1e5
"""fs; a heat bath or pressure so weakly coupled is none in a run of nanoseconds."""


def check_times(timestep: float, thermostat_time: float, barostat_time: float) -> None:
    """Refuse time constants that are too short for the integration, or so long that they do nothing; all in fs.

    :raises PydanticCustomError: naming the field.
    """
    limits = {
        "thermostat_time": (thermostat_time, FEWEST_THERMOSTAT_STEPS, LONGEST_THERMOSTAT, "50 fs"),
        "barostat_time": (barostat_time, FEWEST_BAROSTAT_STEPS, LONGEST_BAROSTAT, "1 ps"),
    }
    for field, (value, steps, longest, example) in limits.items():
        if not steps * timestep <= value <= longest:
            found = f"{value:g} fs with a time step of {timestep:g} fs"
            few = "two" if steps == 2 else str(steps)
            allowed = f"at least {few} time steps ({steps * timestep:g} fs), at most {longest:g} fs"
            raise refuse(field, found, allowed, f"take for example {example}")
