"""The entries of DeePMD-kit's ``input.json`` in a campaign file, checked before the first label (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aiida_zif.plugins.deepmd.argument_check import Fault, argument_faults, complaint
from aiida_zif.plugins.deepmd.inputs import complete_input, training_input
from aiida_zif.plugins.deepmd.parameter_sense import MODELS_WITH_FILES, at, choice_faults, sense_faults
from aiida_zif.workflows.campaign.schema.training_steps import first_and_last
from aiida_zif.workflows.engine.seeds import derive_seed
from aiida_zif.workflows.structures.perturbation import perturbed_frames
from aiida_zif.workflows.user_input.merging import merged
from aiida_zif.workflows.user_input.problems import Problem, shown
from aiida_zif.workflows.user_input.yaml_source import Source

if TYPE_CHECKING:
    from ase import Atoms

    from aiida_zif.workflows.campaign.schema.campaign_file import Training

KEY = ("training", "deepmd")

MOST_COPIES = 8
"""Strained and rattled copies of a system in which neighbours are counted."""

FILLED_IN = (
    "type_map", "rcut", "seed", "numb_steps", "numb_epoch", "training_data", "validation_data", "disp_file",
    "save_ckpt", "stat_file", "profiling_file", "tensorboard_log_dir", *MODELS_WITH_FILES,
)  # fmt: skip
"""Entries that follow from other keys of the campaign, or name files of the job."""


def deepmd_problems(
    training: Training,
    type_map: Sequence[str],
    structures: Mapping[str, Atoms],
    seed_data: Mapping[str, Any],
    seed: int,
    source: Source,
) -> Iterator[Problem]:
    """The first and the last training of a campaign are such as DeePMD-kit takes, and make sense.

    :param type_map: elements in the order of the types.
    :param structures: by system.
    :param seed_data: section of every system.
    :param seed: of the campaign.
    """
    if not training.deepmd or not structures:
        return
    neighbours = [1] * len(type_map)
    if isinstance(at(training.deepmd, ("model", "descriptor", "sel")), list):
        neighbours = most_neighbours(certain_frames(structures, seed_data, seed), type_map, training.rcut)
    seen = set()
    for steps in dict.fromkeys(first_and_last(training.steps)):
        for fault in training_faults(training.deepmd, type_map, training.rcut, steps, neighbours):
            if fault not in seen:
                seen.add(fault)
                found = fault.found + _whose(fault, training.deepmd)
                yield source.problem((*KEY, *fault.path), found, fault.allowed, fault.fix)


def training_faults(
    given: Mapping[str, Any], type_map: Sequence[str], rcut: float, steps: int, neighbours: Sequence[int]
) -> list[Fault]:
    """Return what is wrong with a training.

    :param given: what the campaign puts over the defaults.
    :param rcut: Å.
    :param neighbours: largest number of each element within the cut-off, in the order of ``type_map``.
    """
    default = training_input(type_map, rcut, steps)
    if found := list(_shape_faults(given, default, ())):
        return found
    parameters = merged(default, given)
    for faults in (
        choice_faults(parameters),
        argument_faults(parameters, FILLED_IN),
        sense_faults(parameters, type_map, neighbours, steps),
    ):
        if found := list(faults):
            return found
    sel = parameters["model"]["descriptor"]["sel"]
    sel = list(neighbours) if isinstance(sel, str) else sel
    last = complaint(complete_input(parameters, ["data"], 0, sel, ["validation"], 1))
    return [last] if last else []


def certain_frames(structures: Mapping[str, Atoms], seed_data: Mapping[str, Any], seed: int) -> list[Atoms]:
    """Return the structures and the first of the strained and rattled copies that a campaign will label.

    :param structures: by system.
    :param seed_data: section of every system.
    :param seed: of the campaign.
    """
    frames = list(structures.values())
    for system, atoms in structures.items():
        copies = getattr(seed_data.get(system), "perturbed", None)
        if copies and copies.frames:
            own = derive_seed(seed, "perturb", system)
            drawn = perturbed_frames(
                atoms.positions, atoms.cell.array, copies.frames, copies.displacement, copies.strain, own
            )
            for positions, cell in list(zip(*drawn, strict=True))[:MOST_COPIES]:
                frames.append(atoms.copy())
                frames[-1].set_cell(cell)
                frames[-1].positions = positions
    return frames


def most_neighbours(frames: Iterable[Atoms], type_map: Sequence[str], rcut: float) -> list[int]:
    """Return the largest number of neighbours of each element that an atom of any frame has.

    :param rcut: Å.
    """
    import numpy as np
    from ase.data import atomic_numbers
    from ase.neighborlist import neighbor_list

    most = np.zeros(len(type_map), dtype=int)
    for atoms in frames:
        first, second = neighbor_list("ij", atoms, rcut)
        for index, symbol in enumerate(type_map):
            of_kind = first[atoms.numbers[second] == atomic_numbers.get(symbol, -1)]
            most[index] = max(most[index], np.bincount(of_kind).max(initial=0))
    return [int(number) for number in most]


def _shape_faults(given: Any, default: Any, path: tuple[str, ...]) -> Iterator[Fault]:
    """What is no mapping where the defaults have one, into which they could not be merged."""
    if not isinstance(default, Mapping):
        return
    if not isinstance(given, Mapping):
        fix = "write keys with values" if given is not None else "leave the key out, or write keys with values"
        yield Fault(path, shown(given), "keys with values", fix)
        return
    for key, value in given.items():
        yield from _shape_faults(value, default.get(key), (*path, str(key)))


def _whose(fault: Fault, given: Mapping[str, Any]) -> str:
    """Words that say that a key stems from the defaults, not from the file."""
    inside: Any = given
    for key in fault.path:
        if not isinstance(inside, Mapping) or key not in inside:
            return " (a default of aiida-zif)"
        inside = inside[key]
    return ""
