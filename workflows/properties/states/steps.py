"""Calcfunctions of a grid of states."""

from __future__ import annotations

from typing import Any

import numpy as np
from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.analysis.attribution.bodies import layout_of
from aiida_zif.plugins.analysis.attribution.exchange import Exchanged, exchange
from aiida_zif.plugins.analysis.network.linkers import find_linkers
from aiida_zif.plugins.data.frame_sets import subset
from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.plugins.lammps.production.report import ProductionReport
from aiida_zif.workflows.engine.naming import of_kind
from aiida_zif.workflows.properties.states.exchanged import (
    exchanged_from_node,
    exchanged_to_node,
    not_exchanged,
    why_not,
)
from aiida_zif.workflows.properties.states.plan import (
    parameters_of,
    replica_name,
    run_name,
    stages_of,
    states_of,
)
from aiida_zif.workflows.properties.states.report import Decomposition, State, StatesReport
from aiida_zif.workflows.properties.states.settings import StatesSettings
from aiida_zif.workflows.properties.states.summary import METHOD, decompositions, limits_of, regressions, state_of
from aiida_zif.workflows.properties.structure.report import StructureReport
from aiida_zif.workflows.properties.structure.settings import StructureSettings

MOST_ATOMS = 45_000
"""Atoms of all frames whose parts are exchanged in one step, so that it takes some twenty seconds."""


@calcfunction
def start_of(frames: FramesData) -> FramesData:
    """Pick the last frame, from which a state starts, without its velocities: each run draws its own."""
    picked = subset(frames, [frames.n_frames - 1])
    return FramesData(picked.symbols, picked.positions, picked.cells, system=picked.system)


@calcfunction
def plan_runs(settings: orm.Dict, structure: orm.Dict) -> dict[str, orm.Data]:
    """Derive the stages of every state, the parameters of every run, and the settings of the structure of every state.

    :param settings: a :class:`~.settings.StatesSettings`.
    :param structure: a :class:`~aiida_zif.workflows.properties.structure.settings.StructureSettings`.
    """
    chosen, asked = StatesSettings.from_node(settings), StructureSettings.from_node(structure)
    plan: dict[str, orm.Data] = {}
    for state in states_of(chosen):
        name = state.label()
        plan[f"stages_{name}"] = orm.List(stages_of(chosen, state))
        own = asked.model_copy(update={"system": chosen.system, "state": name})
        plan[f"structure_{name}"] = orm.Dict(own.as_dict())
        for replica in range(chosen.replicas):
            run = run_name(name, replica_name(replica))
            plan[f"parameters_{run}"] = orm.Dict(parameters_of(chosen, state, replica))
    return plan


@calcfunction
def exchange_parts(
    frames: FramesData, reference: FramesData, settings: orm.Dict, topology: orm.StructureData | None = None
) -> orm.ArrayData:
    """Exchange the parts of frames of a state for those of their partners in the reference state."""
    chosen = StatesSettings.from_node(settings).decomposition
    atoms = None if topology is None else topology.get_ase()
    crystal = (
        (reference.positions[0], reference.cells[0])
        if atoms is None
        else (atoms.get_positions(), np.asarray(atoms.cell[:]))
    )
    count = min(frames.n_frames, reference.n_frames, chosen.frames, max(2, MOST_ATOMS // frames.n_atoms))
    ours, theirs = (
        (node.positions[picked], node.cells[picked])
        for node in (frames, reference)
        for picked in [np.unique(np.rint(np.linspace(0, node.n_frames - 1, count)).astype(int))]
    )
    try:
        layout = layout_of(find_linkers(frames.symbols, *crystal))
        return exchanged_to_node(exchange(layout, ours, theirs, chosen.r_max, chosen.bin, chosen.bond))
    except ValueError as error:  # no linkers, a broken one, other lattice vectors
        return not_exchanged(str(error))


@calcfunction
def report_states(settings: orm.Dict, **nodes: Any) -> orm.Dict:
    """Make the record of all states.

    :param nodes: of a state ``report_STATE``, its structure, and the ``settings_STATE`` of that; of a run
        ``frames_RUN`` and ``exchanged_RUN``, and if it did not end well ``job_RUN``, the report of its trajectory.
    """
    chosen = StatesSettings.from_node(settings)
    structures, exchanged = of_kind("report", nodes), of_kind("exchanged", nodes)
    states: list[State] = []
    found: list[Decomposition] = []
    names = [(state, state.label()) for state in states_of(chosen)]
    by_replica: dict[int, list[Exchanged]] = {}
    deuterated = True
    for state, name in names:
        node = structures.get(name)
        structure = None if node is None else StructureReport.from_node(node)
        states.append(state_of(name, (state.temperature, state.pressure), structure, node.uuid if node else ""))
        replicas = {
            replica: exchanged_from_node(exchanged[run])
            for replica in range(chosen.replicas)
            if (run := run_name(name, replica_name(replica))) in exchanged and not why_not(exchanged[run])
        }
        for replica, one in replicas.items():
            by_replica.setdefault(replica, []).append(one)
        if replicas:
            deuterated = StructureSettings.from_node(nodes[f"settings_{name}"]).scattering.deuterated
            found += decompositions(names[0][1], name, list(replicas.values()), chosen, deuterated)
    report = StatesReport(
        system=chosen.system,
        start=chosen.start,
        reference=names[0][1],
        states=states,
        decompositions=found,
        regressions=list(regressions(list(by_replica.values()), chosen, deuterated)) if by_replica else [],
        method=METHOD,
        failed=_failed(chosen, nodes),
        limits=[*limits_of(chosen, found), *dict.fromkeys(filter(None, map(_not_compared, exchanged.values())))],
    )
    return orm.Dict(report.as_dict())


def _not_compared(node: orm.ArrayData) -> str:
    return f"Parts of frames were not exchanged: {why_not(node)}." if why_not(node) else ""


def _failed(settings: StatesSettings, nodes: dict[str, Any]) -> dict[str, str]:
    """Name of a run → cause of its end, of those that brought no frames."""
    brought, jobs, failed = of_kind("frames", nodes), of_kind("job", nodes), {}
    for state in states_of(settings):
        for replica in range(settings.replicas):
            run = run_name(state.label(), replica_name(replica))
            if run in brought:
                continue
            report = ProductionReport.from_node(jobs[run]) if run in jobs else None
            ended = (
                "no frame was returned" if report is None else f"{report.ended.replace('_', ' ')} {report.detail or ''}"
            )
            failed[run] = ended.strip()
    return failed
