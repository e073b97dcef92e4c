"""What the harvest must know of a job, as plain types for ``harvest.json`` (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from aiida_zif.plugins.lammps import structure
from aiida_zif.plugins.lammps.exploration import inputs
from aiida_zif.plugins.lammps.exploration.settings import Run, Settings


def harvest_config(
    runs: Sequence[Run],
    lanes: Sequence[Sequence[int]],
    settings: Settings,
    symbols: Sequence[str],
    cells: np.ndarray,
    n_models: int,
    topology: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Everything that the harvest must know.

    :param lanes: indices of the runs of each lane.
    :param symbols: chemical symbols, shape (n,).
    :param cells: of the starting frames, Å, shape (N, 3, 3).
    :param topology: of the crystal, see :func:`aiida_zif.plugins.lammps.structure.topology`; None without a crystal.
    """
    lane_of = {member: index for index, members in enumerate(lanes) for member in members}

    def entry(run: Run, stem: str, lane: int, cell: Any, vectors: list[list[int]] | None) -> dict[str, Any]:
        return {
            "label": run.label,
            "stem": stem,
            "lane": inputs.lane_name(lane),
            "steps": run.steps,
            "equilibration": run.equilibration,
            "targets": targets_of(run),
            "start_volume": float(abs(np.linalg.det(np.asarray(cell)))),
            **({} if vectors is None else {"own_vectors": vectors}),
            "temperature": _value(run.sampled[-1].temperature),
            "pressure": _value(run.sampled[-1].pressure),
            "driver": run.driver % n_models,
        }

    trials = [(lane, inputs.preflights_of(lane, m, runs, settings, n_models)) for lane, m in enumerate(lanes)]
    trial_of = {(lane, run.driver): stem for lane, short in trials for stem, run in short}
    crystal = (topology["cell"], topology["own_vectors"]) if topology else None

    def start_of(run: Run) -> tuple[Any, list[list[int]] | None]:
        return cells[run.start], structure.own_vectors(cells[run.start])

    return {
        "n_models": n_models,
        "radii": structure.covalent_radii(symbols),
        "atoms": {"mass": sum(structure.masses(symbols)), **structure.members(symbols)},
        "topology": None if topology is None else dict(topology),
        "settings": settings.model_dump(mode="json"),
        "preflights": [
            entry(run, stem, lane, *(crystal or start_of(run))) for lane, short in trials for stem, run in short
        ],
        "runs": [
            {
                **entry(run, inputs.run_name(i), lane_of[i], *start_of(run)),
                "preflight": trial_of.get((lane_of[i], run.driver % n_models)),
            }
            for i, run in enumerate(runs)
        ],
    }


def targets_of(run: Run) -> list[dict[str, Any]]:
    """Return of every sampled stage its first and last step, and temperature (K) and pressure (GPa) at both."""
    targets, first = [], run.equilibration
    for stage in run.sampled:
        last = first + stage.steps
        pressure = None if stage.pressure is None else list(stage.pressure)
        targets.append(
            {"first": first, "last": last, "temperature": list(stage.temperature or ()), "pressure": pressure}
        )
        first = last
    return targets


def _value(pair: tuple[float, float] | None) -> float | list[float] | None:
    """A ramp as its two ends, anything else as one number."""
    return None if pair is None else pair[0] if pair[0] == pair[1] else list(pair)
