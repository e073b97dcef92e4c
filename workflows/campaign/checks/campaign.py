"""Checks between the sections of a campaign and its structures (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aiida_zif.workflows.campaign.checks.deepmd import deepmd_problems
from aiida_zif.workflows.campaign.checks.plumed_input import plumed_faults
from aiida_zif.workflows.campaign.levels import level_problems
from aiida_zif.workflows.campaign.planned_labels import fewest_labels
from aiida_zif.workflows.campaign.schema.campaign_file import IMPORTED, System, Training
from aiida_zif.workflows.campaign.schema.resources import TrainStage
from aiida_zif.workflows.campaign.schema.section import Section
from aiida_zif.workflows.campaign.structures import MOST_ATOMS
from aiida_zif.workflows.campaign.supercell import CellChoice
from aiida_zif.workflows.user_input.problems import Problem, did_you_mean, listed, one_line, shown
from aiida_zif.workflows.user_input.yaml_source import Source, YamlPath

if TYPE_CHECKING:
    from ase import Atoms

Structures = Mapping[str, "Atoms"]


def elements_of(structures: Structures) -> list[str]:
    """Return the elements of all structures by atomic number."""
    from ase.data import chemical_symbols

    return [chemical_symbols[z] for z in sorted({int(z) for atoms in structures.values() for z in atoms.numbers})]


def all_problems(
    parts: Mapping[str, Any], structures: Structures, source: Source, level_file: Source | None = None
) -> Iterator[Problem]:
    """Yield what is wrong between the sections.

    :param parts: the sections that are valid by themselves; a section that is not is missing.
    :param structures: the fit structures by system.
    :param level_file: the file of a level of the user's own.
    """
    yield from type_map_problems(parts.get("type_map"), structures, source)
    if "level_of_theory" in parts and parts["level_of_theory"].name != IMPORTED:
        systems = parts.get("systems", {})
        yield from level_problems(parts["level_of_theory"], systems, structures, source, level_file)
    if "labelling" in parts and "resources" in parts:
        yield from batch_problems(parts["labelling"].batch_time, parts["resources"].label.walltime, source)
    if "resources" in parts:
        yield from lane_problems(parts["resources"].train, source)
    if "training" in parts:
        yield from committee_problems(parts["training"], source)


def type_map_problems(type_map: list[str] | None, structures: Structures, source: Source) -> Iterator[Problem]:
    """Every entry is an element, once; every element of a structure has an entry."""
    if type_map is None:
        return
    from ase.data import chemical_symbols

    known = chemical_symbols[1:]
    for index, symbol in enumerate(type_map):
        path = ("type_map", index)
        if symbol not in known:
            fix = did_you_mean(symbol, known, "write the symbol as in the periodic table")
            yield source.problem(path, shown(symbol), "chemical elements", fix)
        elif symbol in type_map[:index]:
            yield source.problem(path, f"{symbol} a second time", "every element once", "remove one of the two")
    for name, atoms in structures.items():
        missing = [symbol for symbol in elements_of({name: atoms}) if symbol not in type_map]
        if missing:
            found = f"{listed(type_map)}, without {listed(missing)} of systems.{name}"
            fix = f"add {listed(missing)}, or leave type_map out"
            yield source.problem(("type_map",), found, "all elements of all systems", fix)


def batch_problems(batch_time: float, walltime: float, source: Source) -> Iterator[Problem]:
    """A job of a batch can end before it is killed; both times in s."""
    if batch_time > walltime:
        path, fix = ("labelling", "batch_time"), "shorten it, or raise resources.label.walltime"
        yield source.problem(path, f"{batch_time:g} s", f"at most resources.label.walltime, {walltime:g} s", fix)


def lane_problems(train: TrainStage, source: Source) -> Iterator[Problem]:
    """Members that share a job are one process each."""
    if train.lanes > 1 and train.ranks > 1:
        fix = "take ranks: 1, or lanes: 1"
        yield source.problem(("resources", "train", "ranks"), str(train.ranks), "1 where lanes is above 1", fix)


def committee_problems(training: Training, source: Source) -> Iterator[Problem]:
    """A committee can disagree."""
    if training.models < 2:
        fix = "take 4: one model alone has no deviation to choose frames by"
        yield source.problem(("training", "models"), str(training.models), "2 or more models", fix)


def needed_thickness(
    parts: Mapping[str, Any], own: Mapping[str, Mapping[str, Section]], name: str
) -> tuple[float, float]:
    """Return twice the cut-off in Å and the strain of the copies that a system's cell is to be thick enough for.

    :param own: complete sections by system, of those that a system sets for itself.
    """
    seed_data = own.get(name, {}).get("seed_data") or parts.get("seed_data")
    copies = getattr(seed_data, "perturbed", None)
    rcut = parts["training"].rcut if "training" in parts else 0.0
    return 2 * rcut, copies.strain if copies and copies.frames else 0.0


def supercell_problems(name: str, system: System, choice: CellChoice, source: Source) -> Iterator[Problem]:
    """A cell of few enough atoms; charge and spin are those of a cell that the user knows."""
    path: YamlPath = ("systems", name, "supercell")
    if choice.atoms > MOST_ATOMS:
        yield source.problem(path, f"{choice.atoms} atoms", f"at most {MOST_ATOMS} atoms", "take a smaller supercell")
    if choice.automatic and choice.copies > 1 and (system.charge or system.multiplicity is not None):
        found = f"auto, which takes {choice.in_words()}, where charge or multiplicity is stated"
        allowed = "a supercell that is written out, since both are those of the whole cell"
        fix = f"write supercell: {choice.value} with the charge and multiplicity of that cell, or [1, 1, 1]"
        yield source.problem(path, found, allowed, fix)


def training_problems(
    parts: Mapping[str, Any], own: Mapping[str, Mapping[str, Section]], structures: Structures, source: Source
) -> Iterator[Problem]:
    """DeePMD-kit takes the training, and it fits the structures and the copies of them that are learnt.

    :param own: complete sections by system, of those that a system sets for itself.
    """
    type_map = parts.get("type_map") or elements_of(structures)
    if "training" in parts and set(elements_of(structures)) <= set(type_map):
        seed_data = {name: own.get(name, {}).get("seed_data", parts.get("seed_data")) for name in structures}
        seed = parts.get("seed", 0)
        yield from deepmd_problems(parts["training"], type_map, structures, seed_data, seed, source)


def plumed_problems(
    parts: Mapping[str, Any], own: Mapping[str, Mapping[str, Section]], structures: Structures, source: Source
) -> Iterator[Problem]:
    """The input of PLUMED can be read, and fits the atoms of every system that it biases.

    :param own: complete sections by system, of those that a system sets for itself.
    """
    for system, atoms in structures.items():
        exploration: Any = own.get(system, {}).get("exploration", parts.get("exploration"))
        if exploration is None or exploration.plumed is None:
            continue
        field: YamlPath = ("systems", system, "exploration", "plumed")
        if field not in source.lines:
            field = ("exploration", "plumed")
        for fault in plumed_faults(exploration.plumed, len(atoms)):
            where = f"line {fault.line} of the input, for systems.{system}: {one_line(fault.found)}"
            yield source.problem(field, where, one_line(fault.allowed), one_line(fault.fix))


def limit_problems(
    parts: Mapping[str, Any], own: Mapping[str, Mapping[str, Section]], source: Source
) -> Iterator[Problem]:
    """The limit of labels leaves room for those that the campaign begins with.

    :param own: complete sections by system, of those that a system sets for itself.
    """
    if not {"limits", "seed_data", "held_out", "systems"} <= parts.keys():
        return
    first = held_out = 0
    for system in parts["systems"]:
        seed_data: Any = own.get(system, {}).get("seed_data", parts["seed_data"])
        kept: Any = own.get(system, {}).get("held_out", parts["held_out"])
        first += sum(map(fewest_labels, seed_data.aimd))
        first += seed_data.perturbed.frames if seed_data.perturbed else 0
        held_out += sum(map(fewest_labels, kept.aimd))
    if parts["limits"].labels < first + held_out:
        allowed = f"at least {first + held_out}: {first} to start with (seed_data), {held_out} held out (held_out)"
        fix = "raise it, or reduce the number of first labels"
        yield source.problem(("limits", "labels"), str(parts["limits"].labels), allowed, fix)


def halt_problems(
    parts: Mapping[str, Any], own: Mapping[str, Mapping[str, Section]], source: Source
) -> Iterator[Problem]:
    """A run is halted no earlier than where its frames stop being worth a label.

    :param own: complete sections by system, of those that a system sets for itself.
    """
    places: dict[YamlPath, dict[str, Any]] = {(): dict(parts)}
    for system, sections in own.items():
        if "exploration" in sections or "selection" in sections:
            places["systems", system] = {**parts, **sections}
    for path, sections in places.items():
        if "exploration" in sections and "selection" in sections:
            halt, upper = sections["exploration"].halt, sections["selection"].upper
            if not halt.spares(upper):
                fix = "halt later, or lower selection.upper"
                field = (*path, "exploration", "halt", "force_deviation")
                yield source.problem(
                    field, f"{halt.force_deviation:g} eV/Å", f"at least selection.upper, {upper:g} eV/Å", fix
                )
