"""Find a node by PK or UUID, or a frame by its identifier or its place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiida import orm
from aiida.common.exceptions import MultipleObjectsError, NotExistent

from aiida_zif.plugins.data.frame_id import ID_LENGTH
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData

FRAME_ID = re.compile(rf"[0-9a-f]{{{ID_LENGTH}}}")
PLACE = re.compile(r"(?P<node>[\w-]+):(?P<index>\d+)")


@dataclass(frozen=True)
class Place:
    """One frame in one node."""

    node: FramesData
    index: int

    @property
    def frame_id(self) -> str:
        """Content hash of the frame."""
        return self.node.frame_ids()[self.index]

    def values(self) -> dict[str, Any]:
        """Return the scalars that the node keeps of this frame, as plain numbers."""
        arrays = {name: self.node.get_array(name) for name in self.node.get_arraynames()}
        return {name: array[self.index].item() for name, array in sorted(arrays.items()) if np.ndim(array) == 1}


@dataclass(frozen=True)
class Target:
    """The node or frame that was found; ``places`` are all nodes that hold the frame, labelled ones first."""

    node: orm.Node
    places: list[Place] = field(default_factory=list)

    @property
    def place(self) -> Place | None:
        """The frame to follow."""
        return self.places[0] if self.places else None


def find_target(what: str) -> Target:
    """Return the node or frame of an identifier.

    :param what: pk or uuid, ``NODE:INDEX`` or the 16 hexadecimal digits of a frame.
    :raises LookupError: if there is none; the message says what was looked for.
    """
    if FRAME_ID.fullmatch(what):
        places = find_frame(what)
        if places:
            return Target(places[0].node, places)
    match = PLACE.fullmatch(what)
    if match is None:
        return Target(load(what))
    node, index = load(match["node"]), int(match["index"])
    if not isinstance(node, FramesData):
        raise LookupError(
            f"{what}: <{node.pk}> is a {type(node).__name__} and holds no frames. Fix: leave ':{index}' out"
        )
    if index >= node.n_frames:
        raise LookupError(f"{what}: <{node.pk}> has {node.n_frames} frames, so the index goes to {node.n_frames - 1}")
    here = Place(node, index)
    others = [place for place in find_frame(here.frame_id) if place.node.pk != node.pk]
    return Target(node, [here, *others])


def find_frame(frame_id: str) -> list[Place]:
    """Return every place of a frame: labelled blocks before other nodes, in each the oldest first.

    The database knows the frames of every node by an attribute; those of nodes without it are hashed.

    :param frame_id: 16 hexadecimal digits.
    """
    query = orm.QueryBuilder().append(FramesData, project=["id", "attributes.frame_ids"])
    places = []
    for pk, known in query.all():
        keys = known if known is not None else orm.load_node(pk).frame_ids()  # a node of before the attribute
        if frame_id in keys:
            node: Any = orm.load_node(pk)
            places += [Place(node, index) for index, key in enumerate(keys) if key == frame_id]
    return sorted(
        places, key=lambda place: (not isinstance(place.node, LabelledFramesData), place.node.pk, place.index)
    )


def load(identifier: str) -> orm.Node:
    """Return the node of a pk or uuid.

    :raises LookupError: if there is none, or more than one.
    """
    try:
        return orm.load_node(identifier)
    except (NotExistent, MultipleObjectsError, ValueError) as error:
        raise LookupError(
            f"{identifier}: no such node or frame ({error}). Give a PK, a UUID, NODE:INDEX or the "
            f"{ID_LENGTH} hexadecimal digits of a frame; `aiida-zif status` shows the PK of the newest campaign."
        ) from error
