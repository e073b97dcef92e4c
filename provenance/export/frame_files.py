"""Frames without labels as extended XYZ, LAMMPS data files or CIF; each states where it comes from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from aiida_zif.plugins.imports.extxyz.file import quoted
from aiida_zif.plugins.lammps.structure import data_file, masses
from aiida_zif.provenance.export.formats import quotable

if TYPE_CHECKING:
    from aiida_zif.plugins.data.frames import FramesData

Facts = Mapping[str, Any]
"""What is said of the frames of a node: study, state, node."""

Writer = Callable[["FramesData", Facts], Iterator[tuple[str, str]]]
"""Yields the name of every file, relative to the folder of the node, and its text."""


def extxyz(frames: FramesData, facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield one file with all frames; numbers have all their digits, so that frames keep their content hashes."""
    whole, by_atom = _per_frame(frames)
    properties = "species:S:1:pos:R:3" + "".join(f":{name}:R:{_width(values)}" for name, values in by_atom.items())
    text = []
    for index, key in enumerate(frames.frame_ids()):
        entries = {"Lattice": quoted(frames.cells[index]), "Properties": properties, "pbc": '"T T T"'}
        said = {**facts, "frame_id": key, "index": index, **{n: v[index].item() for n, v in whole.items()}}
        entries |= {name: _entry(value) for name, value in said.items()}
        columns = [frames.positions[index], *(v[index].reshape(frames.n_atoms, -1) for v in by_atom.values())]
        text += [str(frames.n_atoms), " ".join(f"{name}={value}" for name, value in entries.items())]
        for symbol, values in zip(frames.symbols, np.hstack(columns).tolist(), strict=True):
            text.append(" ".join([symbol, *map(repr, values)]))
    yield "frames.extxyz", "\n".join(text) + "\n"


def lammps(frames: FramesData, facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield a data file a frame, atom types in alphabetical order of the elements; the first line states the source."""
    types = sorted(set(frames.symbols))
    for index, key in enumerate(frames.frame_ids()):
        text = data_file(frames.symbols, frames.positions[index], frames.cells[index], types, masses(types))
        yield f"frame_{index:04d}.data", f"{line_of(facts, frames, index, key)}; {text}"


def cif(frames: FramesData, facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield a CIF a frame, in space group P1, with fractional coordinates of ten decimals."""
    from ase.geometry import cell_to_cellpar

    for index, key in enumerate(frames.frame_ids()):
        cell = frames.cells[index]
        fractional = np.linalg.solve(cell.T, frames.positions[index].T).T
        fractional -= np.floor(fractional)
        lines = [f"# {line_of(facts, frames, index, key)}", f"data_{key}"]
        names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
        lines += [f"_cell_{name} {value:.10f}" for name, value in zip(names, cell_to_cellpar(cell), strict=True)]
        lines += ["_symmetry_space_group_name_H-M 'P 1'", "_symmetry_Int_Tables_number 1", "", "loop_"]
        lines += ["_symmetry_equiv_pos_as_xyz", "'x, y, z'", "", "loop_", "_atom_site_label"]
        lines += ["_atom_site_type_symbol", *(f"_atom_site_fract_{axis}" for axis in "xyz")]
        for number, (symbol, (x, y, z)) in enumerate(zip(frames.symbols, fractional, strict=True), start=1):
            lines.append(f"{symbol}{number} {symbol} {x:.10f} {y:.10f} {z:.10f}")
        yield f"frame_{index:04d}.cif", "\n".join(lines) + "\n"


FORMATS: dict[str, Writer] = {"extxyz": extxyz, "lammps": lammps, "cif": cif}


def line_of(facts: Facts, frames: FramesData, index: int, key: str) -> str:
    """Return where a frame comes from in one line without line breaks."""
    whole, _ = _per_frame(frames)
    said = {**facts, "index": index, "frame_id": key, **{name: values[index].item() for name, values in whole.items()}}
    return quotable("; ".join(f"{name} {value}" for name, value in said.items()))


def _per_frame(frames: FramesData) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the arrays with one value a frame, and those with one or several numbers an atom, by name."""
    arrays = {name: np.asarray(values) for name, values in sorted(frames.per_frame.items())}
    whole = {name: values for name, values in arrays.items() if values.ndim == 1}
    by_atom = {name: values for name, values in arrays.items() if values.shape[1:2] == (frames.n_atoms,)}
    return whole, {name: values for name, values in by_atom.items() if values.ndim in (2, 3)}


def not_written(frames: FramesData) -> list[str]:
    """Return the names of arrays of a node for which no format here has a place."""
    whole, by_atom = _per_frame(frames)
    return sorted(set(frames.per_frame) - {*whole, *by_atom})


def _width(values: np.ndarray) -> int:
    return 1 if values.ndim == 2 else int(values.shape[2])


def _entry(value: Any) -> str:
    """An entry of a comment line: a number, or text between quotes; extended XYZ has no word for None."""
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(quotable(str(value)), ensure_ascii=False)
