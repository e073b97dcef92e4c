"""The system of a run and its potential (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence

from aiida_zif.plugins.lammps.stages import Stage
from aiida_zif.plugins.lammps.writing.motion import PS_PER_FS


def model_name(index: int) -> str:
    """File name of one model of the committee in the job's folder."""
    return f"model_{index}.pb"


def system(source: str, timestep: float, every: int) -> list[str]:
    """Commands that make the box and its atoms.

    :param source: command that reads them, such as ``read_data start.data``.
    :param timestep: fs.
    :param every: steps between two lines of the log.
    """
    return [
        "units metal",
        "atom_style atomic",
        "atom_modify map yes",
        "boundary p p p",
        "box tilt large",
        source,
        "neighbor 1.0 bin",
        f"timestep {timestep * PS_PER_FS:.6g}",
        f"thermo {every}",
        "thermo_modify lost ignore norm no flush yes",
    ]


def minimise(stage: Stage, type_map: Sequence[str], driver: int) -> list[str]:
    """One model is enough here, and the deviation file then holds the dynamics only."""
    return [
        *single_potential(type_map, driver),
        f"minimize 0.0 0.05 {stage.steps} {10 * stage.steps}",
        "reset_timestep 0",
    ]


def single_potential(type_map: Sequence[str], driver: int) -> list[str]:
    """The model that drives, without the others."""
    return [f"pair_style deepmd {model_name(driver)}", f"pair_coeff * * {' '.join(type_map)}"]


def potential(type_map: Sequence[str], n_models: int, driver: int, every: int, deviation_file: str) -> list[str]:
    """The first model of the list drives; the deviation does not depend on the order.

    At steps that are no multiple of ``every`` the pair style asks the driving model only.
    """
    models = " ".join(model_name((driver + index) % n_models) for index in range(n_models))
    deviation = f" out_freq {every} out_file {deviation_file}" if n_models > 1 else ""
    return [f"pair_style deepmd {models}{deviation}", f"pair_coeff * * {' '.join(type_map)}"]


def velocities(temperature: float, seed: int) -> str:
    """Command that draws the velocities, K."""
    return f"velocity all create {temperature:.6g} {seed} mom yes rot no dist gaussian"
