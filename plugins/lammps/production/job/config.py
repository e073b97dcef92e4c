"""What the driver must know of a job, as plain types for ``md.json`` (no AiiDA)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from aiida_zif.plugins.lammps import structure
from aiida_zif.plugins.lammps.production.inputs import Trajectory, part_input, pressure_input
from aiida_zif.plugins.lammps.production.parts import cut, snapshot_steps, starts_of
from aiida_zif.plugins.lammps.production.settings import MdStage

SCHEMA = 1
"""Number of the definition of this file."""


def job_config(
    whole: Trajectory,
    system: str,
    symbols: Sequence[str],
    cell: np.ndarray,
    topology: Mapping[str, Any] | None,
    models: Sequence[str],
) -> dict[str, Any]:
    """Everything but what differs between the jobs of one trajectory: see :func:`of_this_job`.

    :param symbols: chemical symbols, shape (n,).
    :param cell: of the first frame, Å, shape (3, 3).
    :param topology: of the crystal, see :func:`aiida_zif.plugins.lammps.structure.topology`; None without a crystal.
    :param models: what identifies the models, in their order.
    """
    needs_check = whole.settings.pressure_check and any(stage.pressure is not None for stage in whole.stages)
    config = {
        "schema": SCHEMA,
        "system": system,
        "n_atoms": whole.n_atoms,
        "n_models": whole.n_models,
        "driver": whole.driver,
        "models": list(models),
        "radii": structure.covalent_radii(symbols),
        "atoms": {"mass": sum(structure.masses(symbols, whole.settings.deuterium)), **structure.members(symbols)},
        "topology": None if topology is None else dict(topology),
        "n_linkers": 0 if topology is None else n_linkers(topology["bonds"]),
        "own_vectors": structure.own_vectors(cell),
        "start_volume": float(abs(np.linalg.det(whole.cell))),
        "settings": whole.settings.model_dump(mode="json"),
        "strides": whole.strides._asdict(),
        "stages": [
            stage_entry(stage, first) for stage, first in zip(whole.stages, starts_of(whole.stages), strict=True)
        ],
        "snapshots": snapshot_steps(whole.stages, whole.strides.sample),
        "parts": [
            {"first": part.first, "last": part.last, "commands": part_input(part, whole)}
            for part in cut(whole.stages, whole.settings, whole.strides)
        ],
        "pressure": pressure_input(whole) if needs_check else None,
    }
    return {**config, "trajectory": fingerprint(config)}


def of_this_job(seconds: int | None, layout: Mapping[str, Any], goes_on: bool) -> dict[str, Any]:
    """What differs between the jobs of one trajectory.

    :param seconds: after which nothing new is begun.
    :param layout: ``n_ranks`` and ``n_threads``.
    :param goes_on: whether there is an earlier job.
    """
    return {"seconds": seconds, "layout": dict(layout), "goes_on": goes_on}


def stage_entry(stage: MdStage, first: int) -> dict[str, Any]:
    """A stage with its first and last step."""
    own = {"name": stage.called, "kind": stage.kind, "first": first, "last": first + stage.md_steps}
    pairs = {"temperature": stage.temperature, "pressure": stage.pressure}
    return {**own, **{name: None if pair is None else list(pair) for name, pair in pairs.items()}}


def n_linkers(bonds: Sequence[Sequence[int]]) -> int:
    """Return how many molecules there are between the metals: connected sets of atoms.

    :param bonds: pairs of atoms.
    """
    parent: dict[int, int] = {}

    def root(atom: int) -> int:
        while parent.setdefault(atom, atom) != atom:
            parent[atom] = parent[parent[atom]]
            atom = parent[atom]
        return atom

    for first, second in bonds:
        parent[root(first)] = root(second)
    return sum(parent[atom] == atom for atom in parent)


def fingerprint(config: Mapping[str, Any]) -> str:
    """Return what two jobs have in common if and only if they belong to one trajectory."""
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()
