"""Names of the numbers of a structure, their units, and what they depend on beside the force field (no AiiDA).

Stored reports hold these names: they must never change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Cause = Literal["size", "schedule", "density", "temperature"]


@dataclass(frozen=True)
class Quantity:
    """One number of a structure.

    :param group: of observables; ``cell`` is always there.
    :param unit: as it is shown.
    :param words: what it is, in words.
    :param depends: what two numbers must have in common before their difference says something about a force field:
        size of the cell, schedule (how the state was made), density, temperature.
    """

    name: str
    group: str
    unit: str
    words: str
    depends: tuple[Cause, ...] = ()


MADE: tuple[Cause, ...] = ("schedule", "density", "temperature")
LOCAL: tuple[Cause, ...] = ("temperature",)
LARGE: tuple[Cause, ...] = ("size", "schedule", "density")

QUANTITIES = {
    one.name: one
    for one in (
        Quantity("density", "cell", "g/cm³", "mass density", ("schedule", "temperature")),
        Quantity("first_peak", "pairs", "Å", "position of the first peak of g(r)", LOCAL),
        Quantity("first_minimum", "pairs", "Å", "position of the first minimum of g(r)", LOCAL),
        Quantity("coordination", "pairs", "", "neighbours within the first minimum of g(r)", MADE),
        Quantity("bonded", "pairs", "", "nitrogen atoms on a metal within the bond cut-off", MADE),
        Quantity("coordination_within", "pairs", "", "nitrogen atoms on a metal within another stated distance", MADE),
        Quantity("four_fold", "pairs", "", "share of metals with exactly four nitrogen atoms", MADE),
        Quantity("three_fold", "pairs", "", "share of metals with exactly three nitrogen atoms", MADE),
        Quantity("bond_length", "pairs", "Å", "mean length of bonds within the bond cut-off", LOCAL),
        Quantity("bond_length_width", "pairs", "Å", "standard deviation of these lengths", LOCAL),
        Quantity("angle", "angles", "°", "mean angle", MADE),
        Quantity("angle_width", "angles", "°", "standard deviation of the angle", MADE),
        Quantity("tetrahedral_order", "angles", "", "q of Errington and Debenedetti over four nearest N", MADE),
        Quantity("tetrahedral_order_bonded", "angles", "", "q of the metals with four bonded N or more alone", MADE),
        Quantity("scattering_peak", "scattering", "Å⁻¹", "position of the first sharp diffraction peak", LARGE),
        Quantity("distance_peak", "scattering", "Å", "position of a peak of D(r)", LOCAL),
        Quantity("bridging_exactly", "linkers", "", "share of linkers with one metal on each of two N", MADE),
        Quantity("bridging_at_least", "linkers", "", "share of linkers with a metal on two N or more", MADE),
        Quantity("bridging_exactly_within", "linkers", "", "share of linkers with one metal within a distance", MADE),
        Quantity("bridging_at_least_within", "linkers", "", "share with a metal within a distance of two N", MADE),
        Quantity("dangling", "linkers", "", "share of linkers with a metal on one N", MADE),
        Quantity("free", "linkers", "", "share of linkers without a metal", MADE),
        Quantity("intact", "linkers", "", "share of linkers whose bonds all hold", MADE),
        Quantity("rings_per_metal", "rings", "", "shortest-path rings of a size, over the number of metals", LARGE),
        Quantity("mean_ring_size", "rings", "", "mean size of these rings, in metals", LARGE),
        Quantity("p2_shared_metal", "orientation", "", "mean P2 between normals of rings that share a metal", MADE),
        Quantity("nematic_order", "orientation", "", "largest eigenvalue of the mean tensor of normals", LARGE),
        Quantity("ring_axis_angle", "orientation", "°", "mean angle of a ring's normal and its metal–metal axis", MADE),
        Quantity("largest_included_sphere", "pores", "Å", "diameter of the largest sphere that fits", LARGE),
        Quantity("largest_free_sphere", "pores", "Å", "diameter of the largest sphere that passes through", LARGE),
        Quantity("accessible_volume", "pores", "", "share of the volume that a probe reaches from outside", LARGE),
        Quantity("void_volume", "pores", "", "share of the volume in which a probe fits", LARGE),
        Quantity("bond_lifetime", "dynamics", "ps", "lifetime of a metal–N bond", LOCAL),
        Quantity("exchange_rate", "dynamics", "1/ps", "rate at which an N changes its metal", LOCAL),
        Quantity("mean_square_displacement", "dynamics", "Å²", "at the longest time that frames allow", LOCAL),
    )
}
"""By name."""
