"""Calcfunctions of a structure: each measures one replica for seconds; the last one makes the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.workflows.engine.naming import of_kind
from aiida_zif.workflows.properties.structure.observables import dynamics, network, pairs, pores, rings
from aiida_zif.workflows.properties.structure.observables.trajectory import Trajectory
from aiida_zif.workflows.properties.structure.samples import (
    Samples,
    distances_from_node,
    distances_to_node,
)
from aiida_zif.workflows.properties.structure.settings import Group, StructureSettings
from aiida_zif.workflows.properties.structure.summary import Replica, summarise

FS_PER_PS = 1000.0


def trajectory_of(
    frames: FramesData, settings: StructureSettings, topology: orm.StructureData | None = None
) -> Trajectory:
    """Return the frames of a node as the observables take them."""
    per_frame, times = frames.per_frame, None
    if "time_fs" in per_frame:
        times = per_frame["time_fs"] / FS_PER_PS
    elif "step" in per_frame and settings.dynamics.timestep is not None:
        times = per_frame["step"] * settings.dynamics.timestep / FS_PER_PS
    crystal = None
    if topology is not None:
        atoms = topology.get_ase()
        crystal = (atoms.get_positions(), np.asarray(atoms.cell[:]))
    return Trajectory(frames.symbols, frames.positions, frames.cells, times, crystal)


@calcfunction
def count_distances(frames: FramesData, settings: orm.Dict) -> orm.ArrayData:
    """Count the distances of all pairs of atoms."""
    chosen = StructureSettings.from_node(settings)
    return distances_to_node(pairs.count_distances(trajectory_of(frames, chosen).thinned(), chosen))


@calcfunction
def measure_network(frames: FramesData, settings: orm.Dict, topology: orm.StructureData | None = None) -> orm.ArrayData:
    """Measure bonds, angles, linkers and their orientation."""
    groups: list[Group] = ["pairs", "angles", "linkers", "orientation"]
    return _measured(frames, settings, topology, groups, network.measure_network, None)


@calcfunction
def search_rings(frames: FramesData, settings: orm.Dict, topology: orm.StructureData | None = None) -> orm.ArrayData:
    """Count rings of the linker graph in some of the frames."""
    most = StructureSettings.from_node(settings).rings.frames
    return _measured(frames, settings, topology, ["rings"], rings.search_rings, most)


@calcfunction
def analyse_pores(frames: FramesData, settings: orm.Dict) -> orm.ArrayData:
    """Analyse the pores of some of the frames."""
    most = StructureSettings.from_node(settings).pores.frames
    return _measured(frames, settings, None, ["pores"], pores.analyse_pores, most)


@calcfunction
def follow_dynamics(frames: FramesData, settings: orm.Dict, topology: orm.StructureData | None = None) -> orm.ArrayData:
    """Follow bonds, atoms and planes from frame to frame."""
    return _measured(frames, settings, topology, ["dynamics"], dynamics.follow_dynamics, frames.n_frames)


@calcfunction
def report_structure(settings: orm.Dict, **nodes: Any) -> dict[str, orm.Data]:
    """Make the table and the curves of all replicas.

    :param nodes: ``frames_NAME``, and by the names of steps what they measured, such as ``search_rings__NAME``.
    """
    chosen = StructureSettings.from_node(settings)
    replicas = {}
    for name, frames in of_kind("frames", nodes).items():
        samples = [Samples.from_node(node) for step in STEPS for node in _of_step(nodes, step, name)
                   if step != "count_distances"]  # fmt: skip
        distances = [distances_from_node(node) for node in _of_step(nodes, "count_distances", name)]
        replicas[name] = Replica(frames.symbols, frames.cells, samples, distances[0] if distances else None)
    report, curves = summarise(replicas, chosen)
    return {"report": orm.Dict(report.as_dict()), "curves": curves.to_node()}


STEPS: dict[str, tuple[Callable[..., orm.ArrayData], tuple[Group, ...]]] = {
    "count_distances": (count_distances, ("pairs", "scattering")),
    "measure_network": (measure_network, ("pairs", "angles", "linkers", "orientation")),
    "search_rings": (search_rings, ("rings",)),
    "analyse_pores": (analyse_pores, ("pores",)),
    "follow_dynamics": (follow_dynamics, ("dynamics",)),
}
"""Name of a step → calcfunction, and the groups of observables that it is for."""


ALL_ATOMS = ("count_distances", "analyse_pores")
"""Steps that look at atoms and not at linkers."""


def step_key(step: str, member: str) -> str:
    """Return the name of what a step measured of a replica."""
    return f"{step}__{member}"


def _of_step(nodes: dict[str, Any], step: str, member: str) -> list[orm.ArrayData]:
    node = nodes.get(step_key(step, member))
    return [] if node is None else [node]


def _measured(
    frames: FramesData,
    settings: orm.Dict,
    topology: orm.StructureData | None,
    groups: list[Group],
    measure: Callable[[Trajectory, StructureSettings], Samples],
    most: int | None,
) -> orm.ArrayData:
    """What a function measures of evenly spaced frames; where it cannot, a sentence for the limits."""
    chosen = StructureSettings.from_node(settings)
    trajectory = trajectory_of(frames, chosen, topology).thinned(most)
    try:
        samples = measure(trajectory, chosen)
    except ValueError as reason:  # `NotAnalysed` among them, and cells that are too thin for a bond
        asked = [group for group in groups if group in chosen.observables]
        samples = Samples(asked, 0, limits=[str(reason)])
    return samples.to_node()
