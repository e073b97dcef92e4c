"""CIFs of ZIF-4 in the dialects of the programs that write them, made from the framework that ships."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import gemmi
import numpy as np
from ase import Atoms
from scipy.spatial import cKDTree

from aiida_zif.plugins.systems import describe_system, load_system

Site = tuple[str, str, list[float]]
"""Label, element, fractions of the cell."""

COLUMNS = (
    "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
)
NAME = "_symmetry_space_group_name_H-M 'P b c a'\n"


def framework() -> Atoms:
    """ZIF-4, space group Pbca, 272 atoms."""
    return load_system("zif-4")


def operators(name: str = "P b c a") -> list[str]:
    """The operators of a space group, such as ``-x,y+1/2,-z+1/2``."""
    return [operator.triplet() for operator in gemmi.SpaceGroup(name).operations()]


def unit() -> list[Site]:
    """The asymmetric unit of ZIF-4."""
    rows = describe_system("zif-4")["asymmetric_unit"]
    return [(f"{element}{number}", element, place) for number, (element, *place) in enumerate(rows, 1)]


def everything() -> list[Site]:
    """All atoms of the cell."""
    atoms = framework()
    places = atoms.get_scaled_positions().tolist()
    return [
        (f"{symbol}{i}", symbol, place) for i, (symbol, place) in enumerate(zip(atoms.symbols, places, strict=True), 1)
    ]


def cell(atoms: Atoms | None = None) -> str:
    """The lines of a cell."""
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    values = (atoms or framework()).cell.cellpar()
    return "".join(f"_cell_{name} {value:.6f}\n" for name, value in zip(names, values, strict=True))


def listed(triplets: Sequence[str], tag: str = "_symmetry_equiv_pos_as_xyz") -> str:
    """A table of operators."""
    return f"loop_\n{tag}\n" + "".join(f"'{triplet}'\n" for triplet in triplets)


def plain(label: str, element: str, place: Sequence[float]) -> str:
    """A row of the five columns of ``COLUMNS``."""
    return f"{label} {element} {place[0]:.6f} {place[1]:.6f} {place[2]:.6f}\n"


def rows(sites: Sequence[Site], row: Callable[[str, str, Sequence[float]], str] = plain, columns: str = COLUMNS) -> str:
    """A table of atoms."""
    return columns + "".join(row(*site) for site in sites)


def whole(symmetry: str | None = None, atoms: str | None = None, more: str = "") -> str:
    """A CIF of ZIF-4; what is not given is as it should be."""
    symmetry = NAME + listed(operators()) if symmetry is None else symmetry
    return f"data_zif4\n{cell()}{more}{symmetry}{rows(unit()) if atoms is None else atoms}"


def largest_distance(found: Atoms, truth: Atoms) -> float:
    """The largest distance in Å between atoms of one element of two equal cells, matched one to one; else infinite."""
    if len(found) != len(truth) or not np.allclose(found.cell.cellpar(), truth.cell.cellpar(), atol=1e-3):
        return float("inf")
    places, others = (np.mod(np.mod(atoms.get_scaled_positions(), 1.0), 1.0) for atoms in (found, truth))
    _, match = cKDTree(others, boxsize=1.0).query(places)
    if len(set(match.tolist())) < len(match) or (found.numbers != truth.numbers[match]).any():
        return float("inf")
    apart = places - others[match]
    return float(np.linalg.norm((apart - np.rint(apart)) @ truth.cell[:], axis=1).max())
