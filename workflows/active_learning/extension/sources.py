"""What a study did not trust: frames that a process of the profile handed over as ``untrusted``."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.plugins.data.frames import FramesData

UNTRUSTED = "untrusted"
"""Output of `zif.lammps.md`, `zif.md` and `zif.melt_quench`; of a study below section and system."""


def untrusted_of(process: orm.ProcessNode) -> list[FramesData]:
    """Return the frames that a process did not trust, those of its children where it has none, the oldest first.

    A study that has not handed over its results yet has those of the parts that have ended.

    :param process: a study, a melt-quench, or a trajectory.
    """
    links = process.base.links.get_outgoing(link_type=(LinkType.CREATE, LinkType.RETURN)).all()
    own = {int(link.node.pk or 0): link.node for link in links if UNTRUSTED in link.link_label.split("__")}
    frames: list[Any] = [node for _, node in sorted(own.items()) if isinstance(node, FramesData) and node.n_frames]
    if frames:
        return frames
    below = {int(node.pk or 0): node for child in process.called for node in untrusted_of(child)}
    return [below[pk] for pk in sorted(below)]
