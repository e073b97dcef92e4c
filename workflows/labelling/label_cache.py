"""Labels that the profile holds already: found by frame and level of theory, and linked instead of computed again.

A label belongs to a frame and a level, not to a campaign, so any campaign may use it for what it was going to label
anyway. Nothing else is taken over: which frames are learnt and which are held out is decided by each campaign for
itself, before it looks here, so a label that one campaign held out can be training data of another one, and never
of the same one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.cp2k.batches.report import JobReport
from aiida_zif.plugins.cp2k.levels.level import is_itself
from aiida_zif.plugins.data.frame_sets import subset
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.plugins.data.same_frame import Match
from aiida_zif.plugins.imports.contradiction import contradiction
from aiida_zif.workflows.engine.naming import key_of
from aiida_zif.workflows.labelling.known_imports import IMPORT, withdrawn_blocks

ORIGINS = ("Cp2kLabelCalculation", IMPORT)
"""Processes that make labels. Blocks of re-used ones are left out: where those came from is in the profile too."""

OF_THEIR_JOB = ("index",)
"""Per-frame arrays that mean something inside the job alone."""


AS_THE_LEVEL_SAYS: dict[str, Any] = {
    "attributes": {"has_key": "array|virials"},
    "attributes.level_of_theory": {"!has_key": "rung"},
}
"""Blocks whose labels are complete, and needed no rung of the recovery that changes the physics."""


def known_labels(frame_ids: Iterable[str], level_hash: str) -> dict[str, tuple[str, int]]:
    """Return where the labels of some frames are, of those that have one with a virial.

    Computed labels go before imported ones, and the oldest of several wins. Imports that were withdrawn are left out,
    and so is a frame whose imported labels contradict each other, as long as none was computed. The database answers
    by attributes, and no array is opened (but those of blocks from before they had them, and of frames that were
    imported twice).

    :param frame_ids: content hashes of the frames.
    :param level_hash: of the level of theory.
    :returns: frame → (uuid of the block, index in it).
    """
    query = labels_of_level(level_hash, AS_THE_LEVEL_SAYS)
    query.add_projection("block", ["uuid", "attributes.frame_ids"])
    query.add_projection("origin", "attributes.process_label")
    wanted, withdrawn = set(frame_ids), withdrawn_blocks()
    computed: dict[str, tuple[str, int]] = {}
    imported: dict[str, list[tuple[str, int]]] = {}
    for origin, uuid, keys in query.all():
        places = {key: (uuid, index) for index, key in enumerate(keys or load_block(uuid).frame_ids())}
        new = (places.keys() & wanted) - computed.keys()
        if not new or uuid in withdrawn or not is_sound(load_block(uuid)):
            continue
        if origin == IMPORT:
            for key in new:
                imported.setdefault(key, []).append(places[key])
        else:
            computed |= {key: places[key] for key in new}
    return {key: places[0] for key, places in imported.items() if agree(places)} | computed


def agree(places: list[tuple[str, int]]) -> bool:
    """Whether the labels of one frame at several places say the same, beyond digits."""
    if len(places) == 1:
        return True
    first, *others = (load_block(uuid).labelled_frames()[index] for uuid, index in places)
    as_it_is = Match(np.arange(len(first.symbols)), np.eye(3), 0.0)
    return all(contradiction(first, other, as_it_is) is None for other in others)


def blocks_of_level(level_hash: str) -> list[LabelledFramesData]:
    """Return the blocks of a level in the profile that were computed or imported, and not withdrawn."""
    query = labels_of_level(level_hash, {"attributes.level_of_theory": {"!has_key": "rung"}})
    query.add_projection("block", "*")
    withdrawn = withdrawn_blocks()
    return [block for block in query.all(flat=True) if block.uuid not in withdrawn and is_sound(block)]


def labels_of_level(level_hash: str, filters: dict[str, Any]) -> orm.QueryBuilder:
    """Return the query for blocks of a level, as ``block``, with what made them; the oldest first."""
    query = orm.QueryBuilder()
    finished = {"attributes.process_label": {"in": ORIGINS}, "attributes.process_state": "finished"}
    query.append(orm.CalculationNode, filters=finished, tag="origin")
    query.append(
        LabelledFramesData,
        with_incoming="origin",
        edge_filters={"type": "create"},
        filters=filters | {"attributes.level_of_theory.hash": level_hash},
        tag="block",
    )
    return query.order_by({"block": {"id": "asc"}})


def is_sound(block: LabelledFramesData) -> bool:
    """Whether the process that made a block ended knowing how many labels it had made, and its level is what it says.

    Earlier versions gave one hash to levels that differed in settings which change a number.
    """
    origin: Any = block.creator
    if not isinstance(origin, orm.CalcJobNode):
        return bool(origin.is_finished_ok)
    if "level" in origin.inputs and not is_itself(origin.inputs.level.get_dict()):
        return False
    if "output_parameters" not in origin.outputs:
        return False
    return JobReport.from_node(origin.outputs.output_parameters).n_labelled == block.n_frames


def load_block(uuid: str) -> LabelledFramesData:
    """Return the block of a uuid."""
    block: Any = orm.load_node(uuid)
    return block


def take_known(frames: FramesData, level: orm.Dict) -> dict[str, Any] | None:
    """Take over what is known of some frames; None if nothing is.

    :returns: ``labelled``, a block of the frames that are known, and ``left``, the others.
    """
    places = known_labels(frames.frame_ids(), level["hash"])
    uuids = dict.fromkeys(uuid for uuid, _ in places.values())
    if not uuids:
        return None
    inputs: dict[str, Any] = {key_of("source", index): load_block(uuid) for index, uuid in enumerate(uuids)}
    inputs["metadata"] = {"call_link_label": "reuse"}
    result: dict[str, Any] = reuse_labels(frames, level, **inputs)
    return result


@calcfunction
def reuse_labels(frames: FramesData, level: orm.Dict, **sources: LabelledFramesData) -> dict[str, orm.Data]:
    """Collect the labels of some frames from blocks that hold them, in the order of the frames.

    :param level: the level of theory of the labels, ``Level.as_dict()``.
    :param sources: blocks of that level, links to the origin of every label.
    :returns: ``labelled`` and ``left``, the frames that no source holds.
    :raises ValueError: if a source is of another level.
    """
    foreign = [
        block.level_of_theory["line"] for block in sources.values() if block.level_of_theory["hash"] != level["hash"]
    ]
    if foreign:
        raise ValueError(f"labels of another level of theory: {foreign[0]}")
    places: dict[str, tuple[LabelledFramesData, int]] = {}
    for _, block in sorted(sources.items()):
        places = {key: (block, index) for index, key in enumerate(block.frame_ids())} | places
    keys = frames.frame_ids()
    known = [index for index, key in enumerate(keys) if key in places]
    picked = [places[keys[index]] for index in known]
    return {
        "labelled": collect(picked, frames.system, index=np.array(known)),
        "left": subset(frames, [index for index, key in enumerate(keys) if key not in places]),
    }


def collect(picked: list[tuple[LabelledFramesData, int]], system: str, **per_frame: np.ndarray) -> LabelledFramesData:
    """Return an unstored block of labels from several blocks, at least one.

    :param picked: block and index there of every label.
    :param system: label of the system in the campaign that asks.
    :param per_frame: further arrays, one value a label.
    """
    blocks = {block.uuid: block for block, _ in picked}
    content = {uuid: arrays_of(block) for uuid, block in blocks.items()}
    shared = set.intersection(*(set(arrays) for arrays in content.values()))
    arrays = {name: np.stack([content[b.uuid][name][index] for b, index in picked]) for name in sorted(shared)}
    first = picked[0][0]
    labels = {name: arrays.pop(name, None) for name in ("energies", "forces", "virials")}
    return LabelledFramesData(
        first.symbols,
        arrays.pop("positions"),
        arrays.pop("cells"),
        system,
        {**arrays, **per_frame},
        level_of_theory=first.level_of_theory,
        **labels,
    )


def arrays_of(block: LabelledFramesData) -> dict[str, np.ndarray]:
    """Return the arrays of a block that mean something outside its job."""
    return {name: block.get_array(name) for name in block.get_arraynames() if name not in OF_THEIR_JOB}
