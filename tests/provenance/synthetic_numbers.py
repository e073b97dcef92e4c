"""Numbers as the codes and the choice would report them, drawn at random; no node is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from aiida import orm

from aiida_zif.plugins.data.frames import FramesData

SYMBOLS = ["Zn", "N", "N", "C", "C", "H"]
BOX = 9.0
REFERENCE = np.array([[1.0, 1, 1], [3, 1, 1], [1, 3, 1], [4, 2, 1], [2, 4, 1], [5, 2, 1]])
"""Positions far enough apart to look like atoms, Å."""


def configurations(rng: np.random.Generator, n_frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rattled positions and the cell."""
    noise = 0.05 * rng.normal(size=(n_frames, len(SYMBOLS), 3))
    return REFERENCE + noise, np.tile(np.eye(3) * BOX, (n_frames, 1, 1))


def explored(rng: np.random.Generator, n_frames: int, low: float) -> FramesData:
    """Return what an exploration brings back."""
    return FramesData(
        SYMBOLS,
        *configurations(rng, n_frames),
        system="zif4",
        per_frame={
            "max_force_deviation": np.sort(low + rng.random(n_frames))[::-1],
            "step": np.arange(n_frames) * 10,
            "temperature": np.full(n_frames, 305.0),
            "pressure": np.full(n_frames, 0.1),
            "run": np.arange(n_frames) % 4,
            "forces_predicted": rng.normal(size=(n_frames, len(SYMBOLS), 3)),
        },
    )


def runs() -> list[dict[str, Any]]:
    """Return four MD runs."""
    return [
        {
            "label": f"{t:g}K_{p:g}GPa",
            "start": 0,
            "seed": 5,
            "stages": [{"kind": "npt", "temperature": t, "pressure": p, "steps": 400}],
        }
        for t in (300.0, 600.0)
        for p in (0.0, 0.5)
    ]


def exploration_report(rng: np.random.Generator, cycle: int) -> dict[str, Any]:
    """Return counts that shrink and deviations that fall from cycle to cycle."""
    edges = [0.0, *np.geomspace(1e-3, 1e2, 51)]
    deviations = np.exp(rng.normal(np.log(0.3 / cycle), 0.6, size=155))
    q50, q90, q99 = np.quantile(deviations, (0.5, 0.9, 0.99))
    n_accurate = int(np.sum(deviations < 0.1))
    return {
        "runs": [
            {
                "label": run["label"],
                "temperature": 300.0,
                "pressure": 0.0,
                "n_explored": 40,
                "ended": "completed",
                "averages": {"temperature": 310.2, "pressure": 0.051, "energy": -1000.0, "volume": 729.0},
            }
            for run in runs()
        ],
        "n_explored": 160,
        "n_accurate": n_accurate,
        "n_candidate": 155 - n_accurate,
        "n_failed": 5,
        "deviation": {"q50": q50, "q90": q90, "q99": q99, "max": float(deviations.max())},
        "histogram": {"edges": edges, "counts": np.histogram(deviations, [*edges, np.inf])[0].tolist()},
    }


def selection_report(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the account of a choice from what an exploration counted, every frame seen counted."""
    keys = ("n_explored", "n_accurate", "n_candidate", "n_failed", "deviation", "histogram")
    return {
        **{key: counts[key] for key in keys},
        "n_selected": 4,
        "n_control": 2,
        "strategy": ["window", "turns", "separation", "budget"],
        "runs_ended": {"completed": 3, "grounded": 1},
        "not_chosen": {
            "accurate": counts["n_accurate"],
            "broken_linker": counts["n_failed"],
            "not_kept_by_harvest": counts["n_candidate"] - 10,
            "near_duplicate": 1,
            "over_budget": 5,
        },
        "lower": 0.1,
        "upper": 5.0,
    }


def test_report(names: Sequence[str], n_frames: Mapping[str, int], cycle: int) -> dict[str, Any]:
    """Return errors that fall from cycle to cycle."""
    models = {
        name: {
            "force_rmse_eV_per_A": 0.6 / (1 + cycle) + 0.01 * i,
            "energy_rmse_meV_per_atom": 9.0 - i,
            "virial_rmse_meV_per_atom": 20.0 + i,
        }
        for i, name in enumerate(names)
    }
    return {name: {"n_frames": count, "models": models} for name, count in n_frames.items()}


def frame_errors(rng: np.random.Generator, report: Mapping[str, Any]) -> orm.ArrayData:
    """Return errors frame by frame of which each model has the RMSE that a test reports."""
    errors = orm.ArrayData()
    for name, block in report.items():
        rmse = np.array([model["force_rmse_eV_per_A"] for model in block["models"].values()])
        squares = 0.5 + rng.random((1, block["n_frames"]))
        errors.set_array(f"{name}__force_rmse", rmse[:, None] * np.sqrt(squares / squares.mean()))
        errors.set_array(f"{name}__max_force_deviation", 2 * rmse.mean() * np.sqrt(squares[0]))
    return errors
