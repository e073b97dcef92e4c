"""The legs of a melt-quench: which trajectories, with which stages, seeds and parameters (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiida_zif.plugins.words import rounded
from aiida_zif.workflows.engine.seeds import derive_seed
from aiida_zif.workflows.properties.melt_quench.naming import Leg, in_name
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings

MELT_STAGES = ("thermalisation", "crystal", "heating", "melt")
QUENCH_STAGES = ("quench", "relax_npt", "relax_nvt")
STAGES = (*MELT_STAGES, *QUENCH_STAGES)
"""Names of the stages in their order; frames of all legs are counted by their place here."""

BLOCKS = 60
"""Of every stage in the curves."""


def legs_of(settings: MeltQuenchSettings) -> list[Leg]:
    """Return all legs: the melts first, then the quenches, those that take longest first."""
    replicas, rates = range(settings.replicas), sorted(settings.rates)
    return [*map(Leg, replicas), *(Leg(replica, rate) for rate in rates for replica in replicas)]


def stages_of(settings: MeltQuenchSettings, leg: Leg) -> list[dict[str, Any]]:
    """Return the stages of a leg, as ``zif.lammps.md`` takes them; K, GPa, MD steps."""
    return list(_quench(settings, leg.rate) if leg.rate is not None else _melt(settings))


def _melt(settings: MeltQuenchSettings) -> Iterator[dict[str, Any]]:
    """Thermalise, equilibrate, heat, hold."""
    start, melt = settings.start_temperature, settings.melt_temperature
    pressed = _pressed(settings)
    yield _stage(settings, "equilibrate", "thermalisation", settings.thermalisation, start, start)
    yield {
        **_stage(settings, "npt", "crystal", settings.equilibration, start, start),
        **pressed,
        "snapshots": settings.snapshots,
    }
    yield {**_stage(settings, "ramp", "heating", settings.heating, start, melt), **pressed}
    yield {
        **_stage(settings, "hold", "melt", settings.hold, melt, melt),
        **pressed,
        "snapshots": settings.snapshots,
    }


def _quench(settings: MeltQuenchSettings, rate: float) -> Iterator[dict[str, Any]]:
    """Cool, relax at constant pressure, relax at constant volume."""
    melt, glass, pressed = settings.melt_temperature, settings.glass_temperature, _pressed(settings)
    yield {**_stage(settings, "ramp", "quench", settings.quench(rate), melt, glass), **pressed}
    yield {**_stage(settings, "npt", "relax_npt", settings.relax_npt, glass, glass), **pressed}
    yield {
        **_stage(settings, "nvt", "relax_nvt", settings.relax_nvt, glass, glass),
        "snapshots": settings.snapshots,
    }


def _stage(
    settings: MeltQuenchSettings, kind: str, name: str, picoseconds: float, first: float, last: float
) -> dict[str, Any]:
    steps = settings.steps_of(picoseconds)
    return {"kind": kind, "name": name, "steps": steps, "temperature": [first, last]}


def _pressed(settings: MeltQuenchSettings) -> dict[str, Any]:
    return {"pressure": [settings.pressure, settings.pressure], "coupling": settings.coupling}


def seed_of(settings: MeltQuenchSettings, leg: Leg) -> int:
    """Return the seed of a leg, which depends on its replica and rate only."""
    if leg.rate is None:
        return derive_seed(settings.seed, "melt", leg.replica)
    return derive_seed(settings.seed, "quench", leg.replica, in_name(leg.rate))


def parameters_of(settings: MeltQuenchSettings, leg: Leg, n_models: int) -> dict[str, Any]:
    """Return what holds for a leg as a whole, as ``zif.lammps.md`` takes it.

    The pressure of the model is compared with −dE/dV in melts only: the quenches use the same model. One model has
    nothing to disagree with.
    """
    return {
        "timestep": settings.timestep,
        "seed": seed_of(settings, leg),
        "sample_every": settings.sample_every,
        "trust": settings.trust if n_models > 1 else None,
        "max_untrusted": settings.max_untrusted,
        "halt": settings.halt.model_dump(mode="json"),
        "chemistry": settings.chemistry.model_dump(mode="json"),
        "thermostat_time": settings.thermostat_time,
        "barostat_time": settings.barostat_time,
        "deuterium": settings.deuterium,
        "blocks": BLOCKS,
        "pressure_check": settings.pressure_check and leg.is_melt,
        "coordination_cutoff": settings.coordination_cutoff,
    }


def schedule_in_words(settings: MeltQuenchSettings) -> list[str]:
    """Return the schedule as it is run, a line a stage."""
    start, melt, glass = settings.start_temperature, settings.melt_temperature, settings.glass_temperature
    at = f"{settings.pressure:g} GPa, cell {settings.coupling}"
    heating = (melt - start) / settings.heating
    rates = ", ".join(f"{rate:g}" for rate in sorted(settings.rates))
    return [
        f"thermalise at {start:g} K, {settings.thermalisation:g} ps, constant volume",
        f"equilibrate at {start:g} K, {settings.equilibration:g} ps, {at}",
        f"heat to {melt:g} K in {settings.heating:g} ps ({rounded(heating)} K/ps)",
        f"hold at {melt:g} K, {settings.hold:g} ps",
        f"quench to {glass:g} K at {rates} K/ps",
        f"relax at {glass:g} K, {settings.relax_npt:g} ps at constant pressure, {settings.relax_nvt:g} ps at constant "
        "volume",
    ]
