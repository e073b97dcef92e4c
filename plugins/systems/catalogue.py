"""The shipped frameworks: read their files and build their atoms (no AiiDA)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ase import Atoms
    from ase.spacegroup import Spacegroup

FRAMEWORKS = files(__package__) / "frameworks"

SAME_SITE = 1e-3
"""Two images of a site closer than this, in fractions of the cell, are one atom on a special position."""


def available_systems() -> list[str]:
    """Return the names of the frameworks that ship with the package, sorted."""
    return sorted(entry.name.removesuffix(".yaml") for entry in FRAMEWORKS.iterdir() if entry.name.endswith(".yaml"))


def describe_system(name: str) -> dict[str, Any]:
    """Return what is known of a framework: net, composition, space group, cell, source, licence, changes.

    :param name: one of :func:`available_systems`.
    :raises ValueError: the name is not among them.
    """
    import copy

    return copy.deepcopy(_record(name))


def load_system(name: str) -> Atoms:
    """Return the atoms of a framework, periodic, always in the same order.

    The order is that of the asymmetric unit; within a site, that of the symmetry operations. The first lattice
    vector lies along x, the second in the xy plane, as molecular dynamics codes want it.

    :param name: one of :func:`available_systems`.
    :returns: atoms in Å; ``atoms.info`` holds ``name`` and ``net``.
    :raises ValueError: the name is not among them.
    """
    from ase import Atoms
    from ase.cell import Cell
    from ase.spacegroup import Spacegroup

    record = _record(name)
    group = Spacegroup(record["space_group"]["number"])
    parameters = record["cell"]
    conventional = Cell.fromcellpar([parameters[key] for key in ("a", "b", "c", "alpha", "beta", "gamma")])
    basis = group.scaled_primitive_cell if record["lattice"] == "primitive" else np.eye(3)
    cell = Cell.fromcellpar(Cell(basis @ conventional[:]).cellpar())

    symbols: list[str] = []
    scaled: list[np.ndarray] = []
    for symbol, *site in record["asymmetric_unit"]:
        images = _images(np.array(site, dtype=float), group, basis)
        symbols += [symbol] * len(images)
        scaled.append(images)
    atoms = Atoms(symbols, scaled_positions=np.concatenate(scaled), cell=cell, pbc=True)
    atoms.info.update(name=name, net=record["net"])
    return atoms


def _images(site: np.ndarray, group: Spacegroup, basis: np.ndarray) -> np.ndarray:
    """All atoms that symmetry makes of one site.

    :param site: fractions of the conventional cell, shape (3,).
    :param group: space group in its standard setting.
    :param basis: vectors of the wanted cell in units of the conventional ones, rows, shape (3, 3).
    :returns: fractions of the wanted cell in [0, 1), shape (m, 3).
    """
    found: list[np.ndarray] = []
    for rotation, translation in group.get_symop():
        image = (rotation @ site + translation) @ np.linalg.inv(basis)
        if not any(_distance(image, other) < SAME_SITE for other in found):
            found.append(image)
    return np.array(found) % 1.0


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    """Largest difference of two fractional positions, whole cells apart counting as none."""
    difference = one - other
    return float(np.abs(difference - np.rint(difference)).max())


@cache
def _record(name: str) -> dict[str, Any]:
    import yaml

    if name not in available_systems():
        raise ValueError(
            f"system: found {name!r}, allowed: {', '.join(available_systems())}; take one of these names or give "
            "the path of a structure file"
        )
    record: dict[str, Any] = yaml.safe_load((FRAMEWORKS / f"{name}.yaml").read_text("utf-8"))
    return record
