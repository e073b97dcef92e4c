"""The gates: checks that every label must pass, computed or imported, and their bounds (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field, StrictBool

from aiida_zif.plugins.input_checks.model import Checked, Count
from aiida_zif.plugins.input_checks.quantities import AtomicEnergy, Dimension, Force, Stress

OUTLIER = "energy_outlier"

EV_PER_A3_IN_GPA = 160.21766208
"""1 eV/Å³ in GPa, as CP2K's output is read too."""

SYMMETRY_NOISE = 0.01
"""GPa; two components of a stress may always differ by as much: what three digits in kbar, or a grid, leave."""

MAD_TO_SIGMA = 1.4826
"""Standard deviation of normally distributed values over their median absolute deviation."""

MOST_REFERENCES = 200
"""Energies that stand for all earlier ones of a composition."""


Ratio = Annotated[float, Field(ge=0, le=1, strict=True)]


class Gates(Checked):
    """The bounds of every gate.

    :param contact: smallest distance of two atoms over the sum of their covalent radii; closer ones are no chemistry
        (the shortest bonds of hot melts stay above 0.8), and a frame that holds some is refused unseen.
    :param max_force: eV/Å; a larger component means overlapping atoms.
    :param net_force: eV/Å; length of the sum of all forces over the square root of the number of atoms. The grid of
        a functional and the mesh of an Ewald sum give some, a frame put together wrongly gives far more.
    :param max_stress: GPa; largest component of the stress. Frameworks collapse below 5 GPa, their melts and rattled
        cells stay below 20, while 1 GPa or 1 kbar read as 1 eV/Å³ makes 160 GPa.
    :param asymmetry: difference of a stress to its transpose, over its largest component, before it is made
        symmetric. A stress is symmetric; one that is not has its components in another order, or is none.
    :param energy_band: eV/atom; energies that far from the median of the composition are always let in.
    :param energy_deviations: beyond the band a frame may be that many (robust) standard deviations away.
    :param energy_frames: fewer energies than these tell nothing of what is usual.
    :param stress: refuse frames without a stress.
    :param smearing: let frames in that only became self-consistent with a rung that changes the physics.
    """

    contact: Ratio = Field(
        default=0.5,
        description="closest two atoms may be, over the sum of their covalent radii; others are refused unseen",
    )
    max_force: Force = Field(default=50.0, description="largest component of a force")
    net_force: Force = Field(default=0.1, description="sum of all forces over the root of the number of atoms")
    max_stress: Stress = Field(
        default=50.0, description="largest component of the stress; kbar or GPa taken for eV/Å³ are above it"
    )
    asymmetry: Ratio = Field(
        default=1e-3,
        description="difference of a stress to its transpose, over its largest component, before it is made symmetric",
    )
    energy_band: AtomicEnergy = Field(
        default=0.5, description="distance to the median energy of the composition that always passes"
    )
    energy_deviations: Annotated[float, Field(gt=0, le=1000, strict=True)] = Field(
        default=8.0, description="robust standard deviations beyond which an energy is an outlier"
    )
    energy_frames: Count = Field(default=8, description="frames of a composition below which no energy is an outlier")
    stress: StrictBool = Field(default=True, description="refuse frames without a stress")
    smearing: StrictBool = Field(
        default=False, description="accept frames, with a flag, that are self-consistent only with smeared occupations"
    )


def bounds_in_words(bounds: Mapping[str, Any]) -> str:
    """Return some bounds with their names and units, such as ``net force 0.5 eV/Å``."""
    parts = []
    for name, value in bounds.items():
        shown = ("yes" if value else "no") if isinstance(value, bool) else f"{value:g}{_unit(name)}"
        parts.append(f"{name.replace('_', ' ')} {shown}")
    return ", ".join(parts)


def _unit(name: str) -> str:
    """The unit of a bound, after a blank."""
    if name == "contact":
        return " of the covalent radii"
    return next((f" {one.unit}" for one in Gates.model_fields[name].metadata if isinstance(one, Dimension)), "")


def fault_of_contact(contact: float, gates: Gates) -> tuple[str, str] | None:
    """Return reason and detail for which a frame is refused unseen, None if it passes.

    :param contact: smallest distance of two atoms over the sum of their covalent radii.
    """
    if contact >= gates.contact:
        return None
    detail = f"two atoms at {contact:.2f} of the sum of their covalent radii, less than {gates.contact:g}"
    return "atoms_overlap", detail


def fault_of_label(
    forces: np.ndarray, virial: np.ndarray | None, cell: np.ndarray, gates: Gates
) -> tuple[str, str] | None:
    """Return reason and detail for which forces or a virial are refused, None if they pass.

    :param forces: eV/Å, (n, 3).
    :param virial: eV, (3, 3), as it was given: not made symmetric; None where there is none.
    :param cell: Å, (3, 3).
    """
    if (fault := fault_of_forces(forces, gates)) is not None or virial is None:
        return fault
    return fault_of_stress(stress_of(virial, cell), gates)


def stress_of(virial: ArrayLike, cell: ArrayLike) -> np.ndarray:
    """Return -(virial)/V in GPa, (3, 3) or (N, 3, 3): ASE's sign.

    :param virial: eV, (3, 3) or (N, 3, 3).
    :param cell: Å, of the same shape.
    """
    volume = np.abs(np.linalg.det(np.asarray(cell, dtype=float)))[..., None, None]
    return -np.asarray(virial, dtype=float) / volume * EV_PER_A3_IN_GPA


def fault_of_stress(stress: np.ndarray, gates: Gates) -> tuple[str, str] | None:
    """Return reason and detail for which a stress is refused, None if it passes.

    :param stress: GPa, (3, 3).
    """
    largest = float(np.abs(stress).max())
    if largest > gates.max_stress:
        detail = f"{largest:.4g} GPa, more than {gates.max_stress:g}: kbar or GPa taken for eV/Å³, or atoms overlap"
        return "stress_too_large", detail
    apart = float(np.abs(stress - stress.T).max())
    if apart > max(gates.asymmetry * largest, SYMMETRY_NOISE):
        return (
            "virial_not_symmetric",
            f"two components that must be equal differ by {apart:.3g} GPa, of {largest:.3g}: their order is another "
            "one, or it is no stress",
        )
    return None


def fault_of_forces(forces: np.ndarray, gates: Gates) -> tuple[str, str] | None:
    """Return reason and detail for which forces are refused, None if they pass.

    :param forces: eV/Å, (n, 3).
    """
    largest = float(np.abs(forces).max())
    if largest > gates.max_force:
        return "force_too_large", f"{largest:.1f} eV/Å, more than {gates.max_force:g}: atoms overlap"
    net = net_force(forces)
    if net > gates.net_force:
        return "net_force", f"the forces add up to {net:.3f} eV/Å an atom (root of n), more than {gates.net_force:g}"
    return None


def net_force(forces: ArrayLike) -> float:
    """Length of the sum of all forces over the square root of their number, eV/Å.

    Errors of a grid are independent from atom to atom, so their sum grows like the root.

    :param forces: eV/Å, (n, 3).
    """
    values = np.asarray(forces, dtype=float)
    return float(np.linalg.norm(values.sum(axis=0)) / np.sqrt(len(values)))


def outliers(energies: ArrayLike, references: ArrayLike, gates: Gates) -> dict[int, str]:
    """Return the energies outside the band of their composition, by index, with a detail for reading.

    The band is ``median ± max(energy_band, energy_deviations · 1.4826 · MAD)`` over the energies and the references
    together.

    :param energies: eV/atom, (N,).
    :param references: eV/atom of the same composition and level, may be empty.
    """
    values = np.asarray(energies, dtype=float).reshape(-1)
    together = np.concatenate([values, np.asarray(references, dtype=float).reshape(-1)])
    if len(together) < gates.energy_frames:
        return {}
    median = float(np.median(together))
    spread = MAD_TO_SIGMA * float(np.median(np.abs(together - median)))
    band = max(gates.energy_band, gates.energy_deviations * spread)
    return {
        int(index): f"{values[index] - median:+.2f} eV/atom from the median of {len(together)} frames, band ±{band:.2f}"
        for index in np.flatnonzero(np.abs(values - median) > band)
    }


def thinned(energies: Sequence[float] | np.ndarray) -> list[float]:
    """Return at most :data:`MOST_REFERENCES` values with the same median and spread, sorted."""
    values = np.sort(np.asarray(energies, dtype=float))
    if len(values) > MOST_REFERENCES:
        values = np.quantile(values, np.linspace(0.0, 1.0, MOST_REFERENCES))
    return [round(float(value), 6) for value in values]
