"""Files of a LAMMPS run: frames of a dump, tables by step, how the run ended."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

Frame = tuple[int, int, "np.ndarray | None", np.ndarray, "np.ndarray | None"]


def read_frames(handle: BinaryIO, n_atoms: int, own_vectors: Any = None) -> Iterator[Frame]:
    """Yield the frames of a LAMMPS text dump, sorted by atom id, up to the first incomplete one.

    :param handle: the dump (``id type xu yu zu`` and perhaps ``fx fy fz``), opened in binary mode.
    :param n_atoms: atoms expected; a frame with fewer has None as its positions.
    :param own_vectors: whole numbers (3, 3) that turn the cell of the dump into that of the frame the run started
        from; None where it is that.
    :returns: iterator over (step, offset in bytes, positions (n, 3) Å from the cell's origin, cell (3, 3) Å,
        forces (n, 3) eV/Å of the model that drives the dynamics, or (n, 0) if there are none).
    """
    while True:
        offset = handle.tell()
        head = [handle.readline() for _ in range(9)]
        if not head[8].endswith(b"\n"):
            return
        step, count = int(head[1]), int(head[3])
        lines = [handle.readline() for _ in range(count)]
        if count and not lines[-1].endswith(b"\n"):
            return
        origin, cell = _cell([line.split() for line in head[5:8]])
        cell, rotation = _in_own_vectors(cell, own_vectors)
        if count != n_atoms:
            yield step, offset, None, cell, None
            continue
        rows = np.fromstring(b"".join(lines), sep=" ").reshape(count, -1)  # several times faster than float by float
        positions, forces = rows[:, 2:5] - origin, rows[:, 5:8]
        if rotation is not None:
            positions = positions @ rotation
            forces = forces @ rotation if forces.size else forces
        yield step, offset, positions, cell, forces


def _cell(bounds: Sequence[Sequence[bytes]]) -> tuple[np.ndarray, np.ndarray]:
    """Origin and restricted triclinic cell from the bounding box that LAMMPS writes."""
    (xlo, xhi, xy), (ylo, yhi, xz), (zlo, zhi, yz) = np.array(bounds, dtype=float)
    origin = np.array([xlo - min(0.0, xy, xz, xy + xz), ylo - min(0.0, yz), zlo])
    lx = xhi - max(0.0, xy, xz, xy + xz) - origin[0]
    ly = yhi - max(0.0, yz) - origin[1]
    return origin, np.array([[lx, 0.0, 0.0], [xy, ly, 0.0], [xz, yz, zhi - zlo]])


def _in_own_vectors(cell: np.ndarray, own_vectors: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """The cell by other vectors of its lattice, lower triangular again, and the rotation that this takes, if any."""
    if own_vectors is None or not np.isfinite(cell).all():
        return cell, None
    other = np.asarray(own_vectors) @ cell
    lower = np.linalg.cholesky(other @ other.T)
    return lower, np.linalg.solve(other, lower)


class Following:
    """Some columns of a text file by step, read along with a trajectory; of lines of one step the last one counts."""

    def __init__(self, path: Path, columns: Sequence[int]) -> None:
        """Open a file whose first column is the step, ascending; incomplete lines are left out.

        :param path: the file; a missing one is an empty table.
        :param columns: columns to keep.
        """
        self._rows = _rows(path, columns)
        self._next = next(self._rows, None)
        self._missing = (math.nan,) * len(columns)

    def at(self, step: int) -> tuple[float, ...]:
        """The row of a step, which must not be before the one asked for last; NaN where the step is missing."""
        found = self._missing
        while self._next is not None and self._next[0] <= step:
            if self._next[0] == step:
                found = self._next[1]
            self._next = next(self._rows, None)
        return found


def _rows(path: Path, columns: Sequence[int]) -> Iterator[tuple[int, tuple[float, ...]]]:
    for line in _complete_lines(path):
        words = line.split()
        if not line.startswith("#") and len(words) > max(columns):
            yield int(words[0]), tuple(float(words[column]) for column in columns)


def _complete_lines(path: Path) -> Iterator[str]:
    if path.exists():
        with path.open() as handle:
            for line in handle:
                if line.endswith("\n"):
                    yield line


def how_it_ended(folder: Path, run: dict[str, Any]) -> tuple[str, int | None, str | None]:
    """Read from its files how a run ended.

    :param run: its entry in the configuration, with the ``stem`` of its files, its ``lane`` and, if it has one, the
        stem of the ``preflight`` without which it does not start.
    :returns: (``completed``, ``deviation_hopeless``, ``deviation_undefined``, ``temperature_runaway``,
        ``lost_atoms``, ``box_runaway``, ``forces_undefined``, ``walltime``, ``crashed``, ``grounded`` if its pre-flight
        failed, or ``not_run``; the step it reached where known; the error message or how the pre-flight ended, if any).
    """
    end, log = folder / f"{run['stem']}.end", folder / f"{run['stem']}.log"
    words = end.read_text().split() if end.exists() else []
    if len(words) >= 2:
        return words[0], int(words[1]), None
    if not log.exists():
        return _why_not_run(folder, run)
    errors = re.findall(r"ERROR[^\n]*", tail(log)) or tail(folder / f"{run['lane']}.err").splitlines()[-3:]
    message = " ".join(errors)[-500:]
    return ("lost_atoms" if "Lost atoms" in message else "crashed"), None, message


def _why_not_run(folder: Path, run: dict[str, Any]) -> tuple[str, int, str | None]:
    """The model that was to drive a run may not have held the crystal; otherwise its lane never came to it."""
    if run.get("preflight") is None:
        return "not_run", 0, None
    ended, _, _ = how_it_ended(folder, {"stem": run["preflight"], "lane": run["lane"]})
    held = ended in ("completed", "walltime", "crashed", "not_run")
    return ("not_run", 0, None) if held else ("grounded", 0, f"its pre-flight ended with {ended.replace('_', ' ')}")


def tail(path: Path, size: int = 8192) -> str:
    """The last ``size`` bytes of a file as text; empty if there is no such file."""
    if not path.exists():
        return ""
    with path.open("rb") as handle:
        handle.seek(max(0, path.stat().st_size - size))
        return handle.read().decode(errors="replace")
