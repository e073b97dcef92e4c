"""Checks of inputs before a job is submitted; messages state field, value found, values allowed and fix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aiida_zif.plugins.data.theory import mixture
from aiida_zif.plugins.deepmd import inputs as deepmd_inputs
from aiida_zif.plugins.deepmd.models.frozen import FrozenModel, read_frozen
from aiida_zif.plugins.physics.geometry import neighbour_counts

if TYPE_CHECKING:
    from aiida_zif.plugins.data.frames import LabelledFramesData
    from aiida_zif.plugins.data.potential import DeepPotentialData

Blocks = Mapping[str, "LabelledFramesData"]

OTHER_NAMES = {"se_a": "se_e2_a"}
"""Names of descriptors that DeePMD-kit writes otherwise into the models that it freezes."""


Neighbours = tuple[int, ...]
"""Largest number of neighbours of each element, periodic images counted, in a block."""

_COUNTED: dict[tuple[str, float, tuple[str, ...]], Neighbours] = {}
"""Blocks are immutable: every model of a committee and every cycle asks the same again."""


def training_problem(
    dataset: Blocks,
    parameters: Mapping[str, Any],
    init_model: DeepPotentialData | None = None,
    validation: Blocks | None = None,
) -> str | None:
    """Return what forbids a training; None if nothing does.

    :param dataset: blocks by label.
    :param parameters: input.json without data paths and seeds, see :func:`~.inputs.training_input`.
    :param init_model: the model to start from, if any.
    :param validation: blocks whose error is followed, if any.
    """
    problem = _parameters_problem(parameters) or _levels_problem(dataset)
    if validation and not problem:
        problem = _levels_problem({**dataset, **validation}, "dataset and validation")
        problem = problem or _elements_problem(validation, parameters["model"]["type_map"], "validation")
    if problem:
        return problem
    type_map = list(parameters["model"]["type_map"])
    problem = _elements_problem(dataset, type_map)
    if problem:
        return problem
    start = None
    if init_model is not None:
        start, problem = _read_model("init_model", init_model)
        problem = problem or _start_problem(start, parameters)
    problem = problem or _sel_problem(dataset, parameters, start)
    if problem:
        return problem
    sel = resolve_sel(dataset, parameters, start)
    complaint = deepmd_inputs.refused_by_deepmd(
        deepmd_inputs.complete_input(dict(parameters), ["data"], seed=0, sel=sel)
    )
    return f"parameters: DeePMD-kit refuses them: {complaint}" if complaint else None


def testing_problem(committee: Mapping[str, DeepPotentialData], blocks: Blocks) -> str | None:
    """Return what forbids a test of these models on these blocks; None if nothing does."""
    if not committee:
        return "committee: it is empty; give at least one potential"
    problem = _levels_problem(blocks, "blocks")
    for label, model in sorted(committee.items()):
        problem = problem or _read_model(f"committee.{label}", model)[1]
        problem = problem or _elements_problem(blocks, model.type_map, "blocks", f"committee.{label}.type_map")
    return problem


def resolve_sel(dataset: Blocks, parameters: Mapping[str, Any], start: FrozenModel | None = None) -> list[int]:
    """Return the neighbours to keep of each element.

    Numbers given are kept. ``auto`` takes those of the model to start from (its statistics have that shape), else
    counts in the data with room to spare.
    """
    descriptor = parameters["model"]["descriptor"]
    if descriptor["sel"] != deepmd_inputs.AUTO:
        return [int(number) for number in descriptor["sel"]]
    if start is not None and start.sel is not None:
        return start.sel
    return deepmd_inputs.suggest_sel(list(_neighbours(dataset, parameters).values()))


def _parameters_problem(parameters: Mapping[str, Any]) -> str | None:
    model = parameters.get("model", {})
    descriptor = model.get("descriptor", {})
    type_map, sel, rcut = model.get("type_map"), descriptor.get("sel"), descriptor.get("rcut")
    if not isinstance(type_map, list) or not type_map:
        return f"parameters.model.type_map: {type_map!r}; a list of elements is needed, such as ['H', 'C', 'N', 'Zn']"
    if not isinstance(rcut, int | float) or rcut <= 0:
        return f"parameters.model.descriptor.rcut: {rcut!r}; a radius in Å is needed, such as 6.0"
    if sel != deepmd_inputs.AUTO and not (isinstance(sel, list) and len(sel) == len(type_map)):
        return (
            f"parameters.model.descriptor.sel: {sel!r}; allowed are 'auto' or one number for each of "
            f"{', '.join(type_map)}"
        )
    if "fitting_net" not in model:
        return "parameters.model.fitting_net: missing; give its layers, such as {'neuron': [64, 64, 64]}"
    steps = parameters.get("training", {}).get("numb_steps")
    if not isinstance(steps, int) or steps < 1:
        return f"parameters.training.numb_steps: {steps!r}; a positive whole number is needed"
    return None


def _levels_problem(blocks: Blocks, name: str = "dataset") -> str | None:
    if not any(block.n_frames for block in blocks.values()):
        return f"{name}: no labelled frame in {len(blocks)} blocks; label frames first"
    levels = mixture(blocks)
    if levels:
        return (
            f"{name}: blocks of different levels of theory: {'; '.join(levels)}. Their energies cannot be "
            "compared; give blocks of one level only, or label the frames of the others again"
        )
    return None


def _elements_problem(
    blocks: Blocks, type_map: Sequence[str], name: str = "dataset", where: str = "parameters.model.type_map"
) -> str | None:
    for label, block in sorted(blocks.items()):
        missing = sorted(set(block.symbols) - set(type_map))
        if missing:
            return (
                f"{name}.{label}: contains {', '.join(missing)}, which is not in {where} {list(type_map)}; "
                "use a model whose type_map has every element of the data"
            )
    return None


def _read_model(name: str, model: DeepPotentialData) -> tuple[FrozenModel | None, str | None]:
    """Return what the file says, or why it cannot be used; models of other back ends are taken on trust."""
    if model.model_backend != "tensorflow":
        return None, None
    try:
        with model.open(mode="rb") as handle:
            frozen = read_frozen(handle.read())
    except ValueError as error:
        return None, f"{name}: the model file is unreadable ({error}); train or import it again"
    if frozen.type_map != model.type_map:
        return frozen, (
            f"{name}: the node's type_map {model.type_map} is not the file's {frozen.type_map}, so that elements "
            "would be mistaken for each other; import the file with the type_map it was trained with"
        )
    return frozen, None


def _start_problem(start: FrozenModel | None, parameters: Mapping[str, Any]) -> str | None:
    if start is None:
        return "init_model: only a frozen TensorFlow model can be started from; leave init_model out"
    model = parameters["model"]
    if start.type_map != model["type_map"]:
        return (
            f"init_model: its type_map {start.type_map} is not parameters.model.type_map {model['type_map']}; "
            "use the same elements in the same order, or train from scratch"
        )
    for key in ("type", "rcut", "sel", "neuron", "axis_neuron", "type_one_side"):
        ours, theirs = (
            OTHER_NAMES.get(str(one.get(key)), one.get(key)) for one in (model["descriptor"], start.descriptor)
        )
        if ours not in (None, deepmd_inputs.AUTO) and theirs is not None and ours != theirs:
            return (
                f"init_model: its descriptor.{key} {theirs!r} is not parameters.model.descriptor.{key} {ours!r}; "
                "use the same, or train from scratch"
            )
    return None


def _sel_problem(dataset: Blocks, parameters: Mapping[str, Any], start: FrozenModel | None) -> str | None:
    rcut = float(parameters["model"]["descriptor"]["rcut"])
    sel = resolve_sel(dataset, parameters, start)
    for label, neighbours in _neighbours(dataset, parameters).items():
        if any(most > kept for most, kept in zip(neighbours, sel, strict=True)):
            needed = dict(zip(parameters["model"]["type_map"], neighbours, strict=True))
            return (
                f"parameters.model.descriptor.sel: {sel} is smaller than the neighbours within {rcut:g} Å in "
                f"dataset.{label}, {needed}; use 'auto' or larger numbers"
                + (", and no init_model" if start is not None else "")
            )
    return None


def _neighbours(dataset: Blocks, parameters: Mapping[str, Any]) -> dict[str, Neighbours]:
    rcut = float(parameters["model"]["descriptor"]["rcut"])
    type_map = tuple(parameters["model"]["type_map"])
    return {label: _counted(block, rcut, type_map) for label, block in sorted(dataset.items()) if block.n_frames}


def _counted(block: LabelledFramesData, rcut: float, type_map: tuple[str, ...]) -> Neighbours:
    key = (block.uuid, rcut, type_map)
    if key not in _COUNTED:
        counts = neighbour_counts(block.symbols, block.positions, block.cells, rcut, type_map).max(axis=0)
        _COUNTED[key] = tuple(map(int, counts))
    return _COUNTED[key]
