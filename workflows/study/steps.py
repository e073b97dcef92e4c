"""Calcfunctions of a study: the settings of its sections, the cells of its melts, its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.data.record import Report
from aiida_zif.plugins.systems import available_systems
from aiida_zif.workflows.campaign.supercell import build
from aiida_zif.workflows.engine.naming import of_kind
from aiida_zif.workflows.engine.seeds import derive_seed
from aiida_zif.workflows.properties.melt_quench.naming import Leg, from_name
from aiida_zif.workflows.properties.melt_quench.report import GlassReport
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings
from aiida_zif.workflows.properties.melt_quench.steps import chosen_cell, largest_cutoff
from aiida_zif.workflows.properties.states.plan import StateName as GridState
from aiida_zif.workflows.properties.states.report import StatesReport
from aiida_zif.workflows.properties.structure.report import StructureReport
from aiida_zif.workflows.properties.structure.settings import StructureSettings
from aiida_zif.workflows.properties.validation.aimd import aimd_references, level_of
from aiida_zif.workflows.properties.validation.report import ValidationReport
from aiida_zif.workflows.properties.validation.settings import Computed, FramesReference
from aiida_zif.workflows.study.judging import Reports, judge
from aiida_zif.workflows.study.names import SECTIONS, ChildName, StateName, parts_of
from aiida_zif.workflows.study.schema.system import StudySystem
from aiida_zif.workflows.study.settings import StudySettings

RECORDS: Mapping[str, type[Report]] = {
    "melt_quench": GlassReport,
    "structure": StructureReport,
    "states": StatesReport,
    "validation": ValidationReport,
}
"""What the report of a section is."""


@calcfunction
def plan_parts(settings: orm.Dict, **models: DeepPotentialData) -> dict[str, orm.Dict]:
    """Return the settings of every part, by the name of its call.

    :param models: ``model_…``, the committee: one model alone has no deviation that a frame could come back for.
    """
    wanted, alone = StudySettings.from_node(settings), len(models) == 1
    parts = [part for part in parts_of(wanted) if part.section != "validation"]  # what is compared is not known yet
    return {part.label(): orm.Dict(settings_of(part, wanted, alone)) for part in parts}


def settings_of(part: ChildName, settings: StudySettings, alone: bool) -> dict[str, Any]:
    """Return the settings of one part as plain values.

    :param alone: whether the committee is one model.
    """
    seed = derive_seed(settings.seed, part.section, part.system)
    if part.section == "melt_quench" and settings.melt_quench is not None:
        melt = settings.melt_quench.settings(part.system, settings.protocol, seed)
        return (melt.model_copy(update={"trust": None}) if alone else melt).as_dict()
    if part.section == "structure" and settings.structure is not None:
        return settings.structure.settings(
            part.system, StateName.parse(part.name).in_report, derive_seed(settings.seed, part.section, part.name)
        ).as_dict()
    if part.section == "states" and settings.states is not None:
        states = settings.states.settings(part.system, seed)
        return (states.model_copy(update={"trust": None}) if alone else states).as_dict()
    raise ValueError(f"{part.label()}: the study does not request it")


@calcfunction
def analysis_of_states(settings: orm.Dict) -> orm.Dict:
    """Return how the structure of every state of a grid is analysed: as the section `structure` says, if there is one.

    :param settings: of the study.
    """
    chosen = StudySettings.from_node(settings)
    seed, section = derive_seed(chosen.seed, "structure"), chosen.structure
    analysis = section.settings("", "", seed) if section is not None else StructureSettings(seed=seed)
    return orm.Dict(analysis.as_dict())


@calcfunction
def melted_cell(structure: orm.StructureData, settings: orm.Dict, **models: DeepPotentialData) -> orm.StructureData:
    """Return the crystal in the cell that `zif.melt_quench` runs it in.

    :param settings: of the melt-quench.
    :param models: the committee, whose cut-off a cell must be thick enough for.
    """
    choice = chosen_cell(structure, MeltQuenchSettings.from_node(settings), largest_cutoff(models))
    return orm.StructureData(ase=build(structure.get_ase(), choice.matrix), label=structure.label)


@calcfunction
def plan_validations(settings: orm.Dict, **nodes: orm.Data) -> dict[str, orm.Dict]:
    """Return the settings of the comparison of every system that has a structure, by system.

    :param nodes: ``model_…``, the committee; by the names of calls the reports of structures, ``structure_zif4_melt``,
        and those of states, ``states_zif4_300K_0GPa``.
    """
    wanted, models = StudySettings.from_node(settings), of_kind("model", nodes)
    computed: dict[str, dict[str, Computed]] = {}
    for label in nodes:
        if about := what_is_compared(label, wanted):
            computed.setdefault(about.system, {})[ChildName.parse(label).name] = about
    aimd = {name: reference for name, (reference, _) in aimd_of(models, wanted).items()}
    return {system: orm.Dict(comparison(wanted, system, found, models, aimd)) for system, found in computed.items()}


def comparison(
    settings: StudySettings,
    system: str,
    computed: dict[str, Computed],
    models: Mapping[str, Any],
    aimd: Mapping[str, FramesReference],
) -> dict[str, Any]:
    """Return the settings of one comparison as plain values.

    :param computed: what is compared, by the names of its reports.
    :param aimd: runs that the models were trained on.
    """
    assert settings.validation is not None
    structure = settings.structure if settings.structure is not None else StructureSettings()
    level = level_of(models) if settings.moves else settings.systems[system].level or ""
    seed = derive_seed(settings.seed, "validate", system)
    whole = settings.validation.settings(computed, level, structure, dict(aimd), seed)
    of_system: dict[str, Any] = {
        kind: {name: one for name, one in getattr(whole, kind).items() if one.system == system}
        for kind in ("frames", "curves")
    }
    return whole.model_copy(update=of_system).as_dict()


def aimd_of(models: Mapping[str, Any], settings: StudySettings) -> dict[str, tuple[FramesReference, Any]]:
    """Return the AIMD runs that stand beside a study, each with its block; none if they are not wanted."""
    if settings.validation is None or not settings.validation.same_level:
        return {}
    return aimd_references(models, {name: name for name in settings.systems})


def what_is_compared(label: str, settings: StudySettings) -> Computed | None:
    """Return what the report of a structure is about; None of everything else.

    :param label: of a call, for a state of a grid with the name of the state behind it.
    """
    melt, states = settings.melt_quench, settings.states
    for system, about in settings.systems.items():
        if not settings.moves and label.startswith(f"structure_{system}_"):
            return as_it_is(system, about)
        shipped = about.structure if about.structure in available_systems() else None
        if label.startswith(f"structure_{system}_") and melt is not None:
            name = StateName.parse(ChildName.parse(label).name)
            temperatures = {"crystal": melt.start_temperature, "melt": melt.melt_temperature}
            return Computed(
                system=system,
                state=name.state,
                phase=name.phase,  # type: ignore[arg-type]
                framework=shipped,
                temperature=temperatures.get(name.phase, melt.glass_temperature),
                rate=from_name(name.rate) if name.rate else None,
            )
        if label.startswith(f"states_{system}_") and states is not None:
            state = GridState.parse(label.removeprefix(f"states_{system}_"))
            of_grid = {"system": system, "state": state.label(), "phase": states.start, "framework": shipped}
            return Computed.model_validate({**of_grid, "temperature": state.temperature})
    return None


def as_it_is(system: str, about: StudySystem) -> Computed:
    """Return what the report of the structure of a crystal, or of frames of others, is about."""
    shipped = about.framework or (about.structure if about.structure in available_systems() else None)
    phase = about.phase or "crystal"
    named = {"system": system, "state": phase, "phase": phase, "framework": shipped}
    return Computed.model_validate({**named, "temperature": about.temperature, "rate": about.rate})


@calcfunction
def crystal_frame(structure: orm.StructureData) -> FramesData:
    """Return a crystal as a frame that a trajectory can start from."""
    atoms = structure.get_ase()
    symbols = atoms.get_chemical_symbols()
    return FramesData(symbols, atoms.positions[None], atoms.cell.array[None], system=structure.label or "crystal")


@calcfunction
def judge_study(settings: orm.Dict, **reports: orm.Dict) -> orm.Dict:
    """Return the :class:`~aiida_zif.workflows.study.verdict.StudyVerdict`.

    :param reports: by the name of the part's call, such as ``structure_zif4_melt``; a part without one gave no result.
    """
    read: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for label, node in reports.items():
        part = ChildName.parse(label)
        read[part.section][part.name] = RECORDS[part.section].from_node(node)
    return orm.Dict(judge(StudySettings.from_node(settings), Reports(**read)).as_dict())


def frames_of_state(outputs: Mapping[str, Mapping[str, Any]], state: StateName, n_replicas: int) -> dict[str, Any]:
    """Return the frames of a state by replica, as far as a melt-quench brought them.

    :param outputs: of `zif.melt_quench`, by namespace: ``crystal``, ``melt``, ``glass``.
    """
    found, rate = outputs.get(state.phase, {}), from_name(state.rate) if state.rate else None
    legs = {Leg(replica).output(): Leg(replica, rate).output() for replica in range(n_replicas)}
    return {replica: found[leg] for replica, leg in legs.items() if leg in found}
