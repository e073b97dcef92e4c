"""Parameters that DeePMD-kit accepts but that are not usable here: out of range, too small ``sel`` (no AiiDA)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiida_zif.plugins.deepmd.argument_check import Fault, Path
from aiida_zif.plugins.deepmd.inputs import AUTO, suggest_sel

DESCRIPTORS = ("se_e2_a", "se_a")
"""Whose keys the training fills in, and whose frozen models it starts from again."""

MOST_NEIGHBOURS = 4096
"""Sum of ``sel`` from which on DeePMD-kit does not run on a GPU, by its manual."""

WIDEST_LAYER = 4096

_BATCH_RULE = re.compile(r"auto(:[1-9]\d{0,6})?|max:[1-9]\d{0,6}")
"""Rules of DeePMD-kit for the frames a step that fit data of one composition a system and leave none of it out."""

ONLY_CHOICES = {
    ("model", "type"): ("standard",),
    ("model", "descriptor", "type"): DESCRIPTORS,
    ("model", "fitting_net", "type"): ("ener",),
    ("loss", "type"): ("ener",),
}
"""What a force field of energies and forces leaves no choice in."""

MODELS_WITH_FILES = ("use_srtab", "modifier", "compress", "spin")
"""Entries of the section ``model`` that name a file, or need data that labels do not hold."""

RANGES: dict[Path, tuple[float, float]] = {
    ("learning_rate", "start_lr"): (1e-10, 1.0),
    ("learning_rate", "stop_lr"): (0.0, 1.0),
    ("learning_rate", "stop_lr_ratio"): (0.0, 1.0),
    ("learning_rate", "decay_steps"): (1, 1e9),
    ("learning_rate", "decay_rate"): (1e-10, 1.0),
    ("learning_rate", "warmup_steps"): (0, 1e9),
    ("learning_rate", "warmup_ratio"): (0.0, 1.0),
    ("optimizer", "adam_beta1"): (0.0, 0.9999999),
    ("optimizer", "adam_beta2"): (0.0, 0.9999999),
    ("optimizer", "weight_decay"): (0.0, 1.0),
    ("model", "data_stat_nbatch"): (1, 1e6),
    ("model", "descriptor", "axis_neuron"): (1, WIDEST_LAYER),
    ("training", "max_ckpt_keep"): (1, 1e6),
    ("training", "save_freq"): (1, 1e9),
    ("training", "disp_freq"): (1, 1e9),
    ("training", "batch_size"): (1, 1e6),
}
"""Least and largest number that makes sense."""

WITHOUT_DATA = {
    ("model", "fitting_net", "numb_fparam"): "frame parameters",
    ("model", "fitting_net", "numb_aparam"): "atomic parameters",
    ("loss", "start_pref_ae"): "atomic energies",
    ("loss", "limit_pref_ae"): "atomic energies",
    ("loss", "start_pref_pf"): "prefactors of forces",
    ("loss", "limit_pref_pf"): "prefactors of forces",
    ("loss", "start_pref_gf"): "generalised forces",
    ("loss", "limit_pref_gf"): "generalised forces",
    ("loss", "numb_generalized_coord"): "generalised forces",
}
"""What labels do not hold; DeePMD-kit fails for want of it, or learns nothing of it."""


def choice_faults(parameters: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield kinds of models that a campaign cannot learn, and entries that need files or data that there are none of.

    :param parameters: sections of ``input.json`` as they would be written, without data and seeds.
    """
    for path, names in ONLY_CHOICES.items():
        value = at(parameters, path)
        if value is not None and value not in names:
            fix = "leave it out: the campaign learns energies and forces with this one"
            yield Fault(path, repr(value), " or ".join(names), fix)
    for key in MODELS_WITH_FILES:
        if key in parameters["model"]:
            allowed = "models that need no other file or data than labels"
            yield Fault(("model", key), f"the key {key!r}", allowed, "leave it out")


def sense_faults(
    parameters: Mapping[str, Any], type_map: Sequence[str], neighbours: Sequence[int], steps: int
) -> Iterator[Fault]:
    """Yield what makes no sense in the parameters of a training.

    :param parameters: sections of ``input.json`` as they would be written, without data and seeds.
    :param type_map: elements in the order of the types.
    :param neighbours: largest number of neighbours of each element within the cut-off, in the order of ``type_map``.
    :param steps: of the training.
    """
    for path, name in WITHOUT_DATA.items():
        if at(parameters, path):
            yield Fault(path, str(at(parameters, path)), "0", f"leave it out: labels hold no {name}")
    for path, (least, most) in RANGES.items():
        value = at(parameters, path)
        if _is_number(value) and not least <= value <= most:
            yield Fault(path, f"{value:g}", f"a number from {least:g} to {most:g}", "correct it, or leave it out")
    for path in _prefactors(parameters):
        yield Fault(path, f"{at(parameters, path):g}", "0 or more", "correct it, or leave it out")
    yield from _schedule_faults(parameters, steps)
    yield from _net_faults(parameters)
    yield from _excluded_faults(parameters, len(type_map))
    yield from _smoothing_faults(parameters)
    yield from sel_faults(at(parameters, ("model", "descriptor", "sel")), type_map, neighbours)


def at(content: Any, path: Path) -> Any:
    """The value at a path; None where there is none."""
    for key in path:
        content = content.get(key) if isinstance(content, Mapping) else None
    return content


def sel_faults(sel: Any, type_map: Sequence[str], neighbours: Sequence[int]) -> Iterator[Fault]:
    """Yield what is wrong with the numbers of neighbours that are kept.

    :param sel: ``auto``, or one number for each element.
    """
    path = ("model", "descriptor", "sel")
    allowed = f"auto, or a whole number for each of {', '.join(type_map)}"
    if sel == AUTO:
        return
    whole = isinstance(sel, list) and all(isinstance(one, int) and not isinstance(one, bool) for one in sel)
    if not whole or len(sel) != len(type_map):
        fix = "write 'sel: auto', which counts the neighbours in the data and leaves room for more"
        yield Fault(path, repr(sel), allowed, fix)
        return
    found = f"{sel}, a sum of {sum(sel)}"
    if min(sel) < 0 or sum(sel) > MOST_NEIGHBOURS:
        yield Fault(path, found, f"numbers from 0, {MOST_NEIGHBOURS} at most in all", "write 'sel: auto'")
    elif any(kept < most for kept, most in zip(sel, neighbours, strict=True)):
        needed = ", ".join(f"{symbol} {most}" for symbol, most in zip(type_map, neighbours, strict=True))
        allowed = f"at least the neighbours within the cut-off in structures and their copies: {needed}"
        room = suggest_sel(neighbours)
        yield Fault(path, str(sel), allowed, f"write 'sel: auto', or numbers with room for motion: {room}")


def _schedule_faults(parameters: Mapping[str, Any], steps: int) -> Iterator[Fault]:
    rate = parameters["learning_rate"]
    start, stop = rate.get("start_lr"), rate.get("stop_lr")
    if _is_number(start) and _is_number(stop) and stop > start > 0:
        fix = "lower stop_lr, or raise start_lr"
        yield Fault(("learning_rate", "stop_lr"), f"{stop:g}", f"at most start_lr, {start:g}", fix)
    for path in (("training", "disp_freq"), ("learning_rate", "warmup_steps")):
        value = at(parameters, path)
        if _is_number(value) and value > steps:
            yield Fault(path, f"{value:g}", f"at most the steps of the training, {steps}", "lower it, or leave it out")
    size = at(parameters, ("training", "batch_size"))
    if not _is_number(size) and not (isinstance(size, str) and _BATCH_RULE.fullmatch(size)):
        allowed = "a whole number, auto, auto:N or max:N"
        yield Fault(("training", "batch_size"), repr(size), allowed, "write 'batch_size: 1'")


def _net_faults(parameters: Mapping[str, Any]) -> Iterator[Fault]:
    nets = {net: at(parameters, ("model", net, "neuron")) for net in ("descriptor", "fitting_net")}
    for net, layers in nets.items():
        right = isinstance(layers, list) and layers and all(_is_number(n) and 1 <= n <= WIDEST_LAYER for n in layers)
        if not right:
            allowed = f"a list of layers, each of 1 to {WIDEST_LAYER} neurons"
            yield Fault(("model", net, "neuron"), str(layers), allowed, "correct it, or leave it out")
            return
    columns, last = at(parameters, ("model", "descriptor", "axis_neuron")), nets["descriptor"][-1]
    if _is_number(columns) and columns > last:
        allowed = f"at most the last layer of neuron, {last}"
        yield Fault(("model", "descriptor", "axis_neuron"), str(columns), allowed, "lower it, or widen the last layer")


def _excluded_faults(parameters: Mapping[str, Any], n_types: int) -> Iterator[Fault]:
    pairs = at(parameters, ("model", "descriptor", "exclude_types")) or []
    if any(not 0 <= index < n_types for pair in pairs for index in pair):
        allowed = f"pairs of the indices of elements, 0 to {n_types - 1}"
        yield Fault(("model", "descriptor", "exclude_types"), str(pairs), allowed, "correct it, or leave it out")


def _smoothing_faults(parameters: Mapping[str, Any]) -> Iterator[Fault]:
    descriptor = parameters["model"]["descriptor"]
    start, rcut = descriptor.get("rcut_smth"), descriptor["rcut"]
    if _is_number(start) and not 0 <= start < rcut:
        allowed = f"from 0 to below the cut-off of {rcut:g} (training.rcut), in Å"
        yield Fault(("model", "descriptor", "rcut_smth"), f"{start:g}", allowed, "write for example 'rcut_smth: 0.5'")


def _prefactors(parameters: Mapping[str, Any]) -> Iterator[Path]:
    """The prefactors of the loss that are below zero."""
    for key, value in parameters["loss"].items():
        if "pref" in key and _is_number(value) and value < 0:
            yield ("loss", key)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
