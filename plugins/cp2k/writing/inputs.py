"""CP2K input from a level of theory, a task and frames (no AiiDA)."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aiida_zif.plugins.cp2k.levels import Level
from aiida_zif.plugins.cp2k.levels.cost import leaves, only_cost_at_root, put
from aiida_zif.plugins.cp2k.task import AimdTask, Task
from aiida_zif.plugins.cp2k.writing.dynamics import dynamics_sections, printed

PROJECT = "aiida"
COORDINATES_FILE = "start.xyz"
FRAMES_FILE = "frames.xyz"
CELLS_FILE = "frames.cell"

DEUTERIUM_MASS = 2.014
"""u."""


def cp2k_input(
    level: Level,
    task: Task,
    symbols: Sequence[str],
    cell: ArrayLike,
    n_frames: int = 1,
    walltime: int | None = None,
    restart: bool = False,
    rung: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the whole input as nested sections, ready for aiida-cp2k's ``Cp2kInput``.

    :param level: level of theory.
    :param task: what to do.
    :param symbols: chemical symbols, shape (n,).
    :param cell: lattice vectors of the first frame as rows, Å, shape (3, 3).
    :param n_frames: number of frames in :func:`frames_file`, for a batch.
    :param walltime: seconds after which CP2K ends by itself.
    :param restart: go on from a restart file, for dynamics.
    :param rung: settings of a recovery, which win over all others of the way to the wave function.
    :raises ValueError: when the level cannot treat the atoms, or not with its charge and multiplicity.
    """
    level.check_elements(symbols)
    motion = dynamics_sections(task, restart) if isinstance(task, AimdTask) else _batch(n_frames)
    sections = [
        level.settings.get("solver", {}),
        {"FORCE_EVAL": {"DFT": level.settings["energy"] | level.state}},
        _frame(level, task, symbols, cell),
        motion,
        {"FORCE_EVAL": {"DFT": level.settings.get("open_shell", {}) if "UKS" in level.state else {}}},
        {"FORCE_EVAL": {"DFT": level.settings.get(task.mode, {})}},
        rung or {},
        {"GLOBAL": {"WALLTIME": walltime}} if walltime else {},
    ]
    merged: dict[str, Any] = {}
    for section in sections:
        _merge(merged, section)
    _insist(merged, level, rung or {})
    scf = merged["FORCE_EVAL"]["DFT"]["SCF"]
    scf.setdefault("OUTER_SCF", {})["EPS_SCF"] = scf["EPS_SCF"]
    return merged


def _insist(merged: dict[str, Any], level: Level, rung: Mapping[str, Any]) -> None:
    """Let what counts in the hash have the last word, but for what a rung says that changes the physics."""
    changed = {path for path, value in leaves(rung) if not only_cost_at_root(path, value)}
    for path, value in leaves({"FORCE_EVAL": {"DFT": level.settings["energy"]}}):
        if path not in changed and not only_cost_at_root(path, value):
            put(merged, path, value)


def walltime_limit(max_wallclock_seconds: int | None) -> int | None:
    """Seconds after which CP2K should end by itself: 5 % (30 s to 10 min) before the job is killed."""
    if max_wallclock_seconds is None:
        return None
    margin = min(max(30.0, max_wallclock_seconds / 20), 600.0, max_wallclock_seconds / 2)
    return int(max_wallclock_seconds - margin)


def coordinates_file(symbols: Sequence[str], positions: ArrayLike) -> str:
    """Text of an xyz file of one frame; positions in Å, shape (n, 3)."""
    return _xyz(symbols, np.asarray(positions), "")


def frames_file(symbols: Sequence[str], positions: ArrayLike) -> str:
    """Text of the reference trajectory; positions in Å, shape (N, n, 3). Steps count from 1."""
    frames = np.asarray(positions)
    return "".join(
        _xyz(symbols, frame, f" i = {step:8d}, time = {step:12.3f}, E = 0.0") for step, frame in _numbered(frames)
    )


def cells_file(cells: ArrayLike) -> str:
    """Text of the cells along the reference trajectory; Å, shape (N, 3, 3)."""
    lines = ["# step, time [fs], a, b and c [Å], volume [Å^3]"]
    for step, cell in _numbered(np.asarray(cells)):
        vectors = " ".join(f"{value:.12f}" for value in cell.ravel())
        lines.append(f"{step:8d} {step:12.3f} {vectors} {abs(np.linalg.det(cell)):.10f}")
    return "\n".join(lines) + "\n"


def _numbered(frames: np.ndarray) -> Iterable[tuple[int, np.ndarray]]:
    return enumerate(frames, start=1)


def _xyz(symbols: Sequence[str], positions: np.ndarray, comment: str) -> str:
    atoms = (f"{symbol:2s} {x:.12f} {y:.12f} {z:.12f}" for symbol, (x, y, z) in zip(symbols, positions, strict=True))
    return "\n".join([str(len(symbols)), comment, *atoms]) + "\n"


def _frame(level: Level, task: Task, symbols: Sequence[str], cell: ArrayLike) -> dict[str, Any]:
    """Atoms, cell and what is printed of them in every step."""
    vectors = {
        letter: " ".join(f"{value:.12f}" for value in vector)
        for letter, vector in zip("ABC", np.asarray(cell), strict=True)
    }
    return {
        "GLOBAL": {"PROJECT": PROJECT, "RUN_TYPE": "MD", "PRINT_LEVEL": "LOW"},
        "FORCE_EVAL": {
            "METHOD": "QUICKSTEP",
            "STRESS_TENSOR": "ANALYTICAL",
            "PRINT": {"STRESS_TENSOR": {"_": "ON"}},
            "DFT": {"SCF": {"PRINT": {"RESTART": {"_": "OFF"}, "RESTART_HISTORY": {"_": "OFF"}}}},
            "SUBSYS": {
                "CELL": vectors,
                "TOPOLOGY": {"COORD_FILE_NAME": COORDINATES_FILE, "COORD_FILE_FORMAT": "XYZ"},
                "KIND": [_kind(level, task, symbol) for symbol in sorted(set(symbols))],
            },
        },
    }


def _kind(level: Level, task: Task, symbol: str) -> dict[str, Any]:
    kind: dict[str, Any] = {"_": symbol, "ELEMENT": symbol}
    if "basis" in level.settings:
        electrons = level.settings["valence"][symbol]
        kind["BASIS_SET"] = f"{level.settings['basis']}-q{electrons}"
        kind["POTENTIAL"] = f"{level.settings['potential']}-q{electrons}"
    if symbol == "H" and isinstance(task, AimdTask) and task.deuterium:
        kind["MASS"] = DEUTERIUM_MASS
    return kind


def _batch(n_frames: int) -> dict[str, Any]:
    return {
        "MOTION": {
            "MD": {
                "ENSEMBLE": "REFTRAJ",
                "STEPS": n_frames,
                "REFTRAJ": {
                    "TRAJ_FILE_NAME": FRAMES_FILE,
                    "CELL_FILE_NAME": CELLS_FILE,
                    "VARIABLE_VOLUME": True,
                    "EVAL_ENERGY_FORCES": True,
                    "EVAL_FORCES": True,
                    "FIRST_SNAPSHOT": 1,
                    "LAST_SNAPSHOT": n_frames,
                },
            },
            "PRINT": printed(1),
        },
    }


def _merge(target: dict[str, Any], source: Mapping[str, Any]) -> None:
    """Put ``source`` over ``target``, key by key; None takes a key away."""
    for key, value in source.items():
        if isinstance(value, Mapping) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        elif value is None:
            target.pop(key, None)
        else:
            target[key] = copy.deepcopy(value)
