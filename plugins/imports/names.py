"""Meaning of names of entries and columns in ASE, MACE, NequIP, GAP, dpdata and NEP (no AiiDA)."""

from __future__ import annotations

import re

QUANTITIES = ("energy", "forces", "stress", "virial")

STANDARD = {
    "energy": ("energy",),
    "forces": ("forces", "force"),
    "stress": ("stress",),
    "virial": ("virial", "virials"),
}
"""Names that mean a label by themselves if no other name of the file means one too."""

_WORDS = {
    "energy": {"energy", "energies", "toten", "etot"},
    "forces": {"force", "forces"},
    "stress": {"stress", "stresses"},
    "virial": {"virial", "virials"},
}
_ALONE = {
    "energy": {"e", "e0", "u", "u0", "pe", "epot", "e_pot", "e_tot", "e_total", "e_dft", "e_ref"},
    "forces": {"f"},
}
"""Names that mean a label only if they are the whole name."""

_OTHER_MEANING = {
    "unit", "units", "sigma", "weight", "weights", "error", "err", "std", "stdev", "var", "variance", "dev",
    "deviation", "uncertainty", "rmse", "mae", "max", "min", "norm", "mask", "shift", "scale", "cutoff", "tolerance",
    "constant", "constants", "kinetic", "kin", "formation", "atomization", "atomisation", "cohesive", "binding",
    "adsorption", "interaction", "dispersion", "vdw", "zpe", "zero", "hull", "fermi", "cut", "strain",
    "atom", "atomic", "peratom", "local", "site", "field", "id", "source", "key", "type", "label", "reconstruction",
    "gradient", "flag", "threshold", "diff", "difference", "delta", "surface", "lattice", "yield", "tol", "conv",
    "convergence", "drift", "change", "correction", "d3", "d4", "disp", "exchange", "correlation", "core", "self",
    "overlap", "nuclear", "electrostatic", "coulomb", "ewald", "repulsion", "solvation", "elastic", "barrier",
    "activation", "reaction", "bond", "angle", "dihedral", "torsion", "thermal", "mean", "average", "rms",
}  # fmt: skip
"""Words beside which energy, force, stress or virial is no label of the frame."""

_UNIT_OF = {
    "energy": {"energy", "energies", "e", "ener", "etot"},
    "forces": {"force", "forces", "f"},
    "stress": {"stress", "stresses"},
    "virial": {"virial", "virials"},
    "length": {"length", "lengths", "distance", "pos", "position", "positions", "coord", "coords", "coordinates",
               "cell", "lattice", "box"},
}  # fmt: skip
_OF_OTHERS = {
    "dipole", "charge", "charges", "time", "temperature", "magmom", "magmoms", "mass", "masses", "velocity",
    "velocities", "momentum", "momenta", "polarizability", "polarization", "volume", "density", "frequency", "field",
    "cutoff", "ecut", "encut", "ecutwfc", "smearing", "width", "sigma", "kspacing", "kpoint", "kpoints", "pressure",
    "hessian", "bandgap", "gap", "angle", "spin",
}  # fmt: skip
_NOT_OF_MEASURE = {
    "formula", "asymmetric", "number", "num", "n", "repeat", "repeating", "id", "index", "building", "secondary", "z",
    "monomer", "linker", "count", "per",
}  # fmt: skip
"""Words beside which a unit is a part of a crystal."""

FIXED_IF_FALSE = {"move_mask", "movemask", "move", "movable", "moveable", "mobile", "free", "selective_dynamics"}
FIXED_IF_TRUE = {"fixed", "fix", "is_fixed", "frozen", "is_frozen", "constrained", "fixed_atoms", "fix_atoms"}
_OF_UNKNOWN_SENSE = {"constraint", "constraints", "fix_mask", "fixed_indices", "fixatoms", "frozen_atoms", "selective"}


def plain(name: str) -> str:
    """Return a name in small letters, its words joined by underscores: ``DFT-Energy`` → ``dft_energy``."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def words_of(name: str) -> set[str]:
    """Return the words of a name in small letters."""
    return set(plain(name).split("_"))


def quantity_of(name: str) -> str | None:
    """Return which label a name may mean: ``energy``, ``forces``, ``stress``, ``virial``, or None."""
    whole = plain(name)
    words = set(whole.split("_"))
    if words & _OTHER_MEANING or "per_atom" in whole or whole.endswith("gap"):
        return None
    words = {word.rstrip("0123456789") for word in words}
    for quantity in QUANTITIES:
        if words & _WORDS[quantity] or whole in _ALONE.get(quantity, ()):
            return quantity
    return next((quantity for quantity in QUANTITIES if whole.endswith(tuple(_WORDS[quantity]))), None)


def unit_statement(name: str) -> tuple[str | None, str] | None:
    """Return of which quantity a name states the unit, and the name of the label that it speaks of.

    :returns: None if the name states no unit of what is taken; the quantity is None if it does not say which.
    """
    words = re.sub(r"(?<=[a-z])(units?)$", r"_\1", plain(name)).split("_")
    if not {"unit", "units"} & set(words) or set(words) & _NOT_OF_MEASURE:
        return None
    rest = [word for word in words if word not in ("unit", "units")]
    if words[0] == "unit" and rest == ["cell"]:
        return None
    for quantity, known in _UNIT_OF.items():
        if set(rest) & known:
            return quantity, "_".join(rest)
    return None if set(rest) & _OF_OTHERS else (None, "_".join(rest))


def unit_in(name: str, quantity: str) -> str:
    """Return what stands after the label in a name, where people put units: ``energy_meV`` → ``meV``; may be empty."""
    label = "|".join(sorted(_WORDS[quantity], key=len, reverse=True))
    match = re.search(rf"(?:{label})[^A-Za-z]+(\S+)$", name, re.IGNORECASE)
    return match[1].strip("()[]{}_-") if match else ""


def fixed_sense(name: str) -> bool | None:
    """Return which value of a column marks a fixed atom, None if the name says nothing of fixed atoms or not which."""
    whole = plain(name)
    return True if whole in FIXED_IF_TRUE else False if whole in FIXED_IF_FALSE else None


def speaks_of_fixed(name: str) -> bool:
    """Whether a name says that atoms were held fixed."""
    return plain(name) in FIXED_IF_FALSE | FIXED_IF_TRUE | _OF_UNKNOWN_SENSE
