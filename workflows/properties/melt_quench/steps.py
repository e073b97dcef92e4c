"""Calcfunctions of a melt-quench: its cell, its plan, its frames, and the evaluation of what came back."""

from __future__ import annotations

from typing import Any

import numpy as np
from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.lammps.production.report import ProductionReport
from aiida_zif.plugins.lammps.production.series import Series
from aiida_zif.workflows.campaign.supercell import CellChoice, build
from aiida_zif.workflows.engine.naming import key_of, of_kind
from aiida_zif.workflows.properties.melt_quench.cost import cell_choice
from aiida_zif.workflows.properties.melt_quench.curves import LegCurves
from aiida_zif.workflows.properties.melt_quench.evaluation.legs import LegResult
from aiida_zif.workflows.properties.melt_quench.evaluation.report import Found, glass_report
from aiida_zif.workflows.properties.melt_quench.evaluation.voids import largest_voids
from aiida_zif.workflows.properties.melt_quench.naming import Leg
from aiida_zif.workflows.properties.melt_quench.plan import STAGES, legs_of, parameters_of, stages_of
from aiida_zif.workflows.properties.melt_quench.report import ForceField
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings


def chosen_cell(structure: orm.StructureData, settings: MeltQuenchSettings, rcut: float) -> CellChoice:
    """Return the cell that is run of a crystal.

    :param rcut: of the models, Å.
    """
    return cell_choice(settings, np.array(structure.cell), len(structure.sites), rcut)


@calcfunction
def make_cell(structure: orm.StructureData, settings: orm.Dict, **models: DeepPotentialData) -> dict[str, orm.Data]:
    """Return the cell that is run: ``crystal``, and the same as the ``start`` of all melts."""
    wanted = MeltQuenchSettings.from_node(settings)
    choice = chosen_cell(structure, wanted, largest_cutoff(models))
    atoms = build(structure.get_ase(), choice.matrix)
    crystal = orm.StructureData(ase=atoms)
    crystal.label = structure.label or wanted.system
    symbols = atoms.get_chemical_symbols()
    start = FramesData(symbols, atoms.positions[None], atoms.cell[:][None], system=wanted.system)
    return {"crystal": crystal, "start": start}


def largest_cutoff(models: dict[str, Any]) -> float:
    """Return the largest cut-off of some models, Å."""
    return max(float(model.rcut) for model in models.values())


@calcfunction
def plan_legs(settings: orm.Dict, **models: DeepPotentialData) -> dict[str, orm.Data]:
    """Return ``stages_…`` and ``parameters_…`` of every leg."""
    wanted = MeltQuenchSettings.from_node(settings)
    planned: dict[str, orm.Data] = {}
    for leg in legs_of(wanted):
        planned[key_of("stages", leg.label())] = orm.List(stages_of(wanted, leg))
        planned[key_of("parameters", leg.label())] = orm.Dict(parameters_of(wanted, leg, len(models)))
    return planned


@calcfunction
def frames_of_stages(snapshots: FramesData) -> dict[str, FramesData]:
    """Return the snapshots of every stage of a melt that has some: ``crystal``, ``melt``."""
    stage = snapshots.per_frame["stage"]
    return {STAGES[index]: taken(snapshots, np.flatnonzero(stage == index)) for index in np.unique(stage).astype(int)}


def taken(frames: FramesData, rows: np.ndarray) -> FramesData:
    """Return some of the frames."""
    per_frame = {name: values[rows] for name, values in frames.per_frame.items()}
    return FramesData(frames.symbols, frames.positions[rows], frames.cells[rows], frames.system, per_frame)


@calcfunction
def merge_untrusted(**frames: FramesData) -> FramesData:
    """Join the frames that the committee was not trusted in.

    Every frame says its ``replica``, the ``rate`` of its quench (K/ps, 0 in a melt), and its ``stage``, counted over
    melt and quench, see :data:`aiida_zif.workflows.properties.melt_quench.plan.STAGES`.

    :param frames: by the label of their leg.
    """
    joined: dict[str, list[np.ndarray]] = {}
    positions, cells = [], []
    for label, node in sorted(frames.items()):
        leg, offset = Leg.parse(label), 0
        if not leg.is_melt:
            offset = STAGES.index("quench")
        n_frames = node.n_frames
        own = node.per_frame
        own["stage"] = own.get("stage", np.zeros(n_frames, dtype=int)) + offset
        own["replica"] = np.full(n_frames, leg.replica)
        own["rate"] = np.full(n_frames, leg.rate or 0.0)
        positions.append(node.positions)
        cells.append(node.cells)
        for name, values in own.items():
            joined.setdefault(name, []).append(values)
    one = next(iter(frames.values()))
    everywhere = {name: np.concatenate(parts) for name, parts in joined.items() if len(parts) == len(frames)}
    return FramesData(one.symbols, np.concatenate(positions), np.concatenate(cells), one.system, everywhere)


@calcfunction
def join_curves(**series: orm.ArrayData) -> orm.ArrayData:
    """Put the series of all legs into one node.

    :param series: by the label of their leg.
    """
    return LegCurves({Leg.parse(label): Series.from_node(node) for label, node in series.items()}).to_node()


@calcfunction
def evaluate(settings: orm.Dict, structure: orm.StructureData, crystal: FramesData, **brought: orm.Data) -> orm.Dict:
    """Return a :class:`~aiida_zif.workflows.properties.melt_quench.report.GlassReport`.

    :param structure: the crystal that was given; crystal: the cell that was run, one frame.
    :param brought: ``model_…`` the committee; by the label of a leg ``account_…`` (the report of its trajectory),
        ``curve_…`` (its series), ``start_…``, ``melt_…`` and ``glass_…`` (frames of crystal, melt and glass),
        ``untrusted_…``.
    """
    wanted = MeltQuenchSettings.from_node(settings)
    models = dict(sorted(of_kind("model", brought).items()))
    accounts, series = of_kind("account", brought), of_kind("curve", brought)
    melts, untrusted = of_kind("melt", brought), of_kind("untrusted", brought)
    found = Found(
        symbols=crystal.symbols,
        crystal=(crystal.positions, crystal.cells),
        choice=chosen_cell(structure, wanted, largest_cutoff(models)),
        force_field=force_field_of(models),
        legs=[_leg_result(leg, accounts, series) for leg in legs_of(wanted)],
        melts={Leg.parse(label).replica: (node.positions, node.cells) for label, node in melts.items()},
        crystal_voids={leg.replica: voids for leg, voids in _voids(of_kind("start", brought))},
        glass_voids=_by_rate(_voids(of_kind("glass", brought))),
        n_returned=sum(node.n_frames for node in untrusted.values()),
    )
    return orm.Dict(glass_report(found, wanted).as_dict())


def _voids(frames: dict[str, Any]) -> list[tuple[Leg, np.ndarray]]:
    """The largest voids of frames by the label of their leg."""
    return [
        (Leg.parse(label), largest_voids(node.symbols, node.positions, node.cells)) for label, node in frames.items()
    ]


def _by_rate(voids: list[tuple[Leg, np.ndarray]]) -> dict[float, dict[int, np.ndarray]]:
    rates = {leg.rate for leg, _ in voids if leg.rate is not None}
    return {rate: {leg.replica: own for leg, own in voids if leg.rate == rate} for rate in rates}


def _leg_result(leg: Leg, accounts: dict[str, Any], series: dict[str, Any]) -> LegResult:
    label = leg.label()
    if label not in accounts:
        return LegResult(leg)
    job = accounts[label].creator
    trajectory = None if job is None else job.caller
    return LegResult(
        leg=leg,
        report=ProductionReport.from_node(accounts[label]),
        series=Series.from_node(series[label]) if label in series else None,
        process=None if trajectory is None else str(trajectory.uuid),
    )


def force_field_of(models: dict[str, Any]) -> ForceField:
    """Return which models a committee has, in the order of their labels."""
    first = next(iter(models.values()))
    uuids = [str(model.uuid) for model in models.values()]
    line = f"{len(models)} {'model' if len(models) == 1 else 'models'}, {first.model_backend}, cut-off {first.rcut:g} Å"
    return ForceField(n_models=len(models), uuids=uuids, type_map=first.type_map, rcut=first.rcut, line=line)
