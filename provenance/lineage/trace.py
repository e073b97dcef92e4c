"""Where a model, a block, a frame or a job comes from, as a tree down to the crystal structure."""

from __future__ import annotations

from aiida_zif.provenance.lineage import results  # noqa: F401 (enters what the processes of a study say)
from aiida_zif.provenance.lineage.lookup import Target
from aiida_zif.provenance.lineage.origin import Origin
from aiida_zif.provenance.lineage.processes import HANDLERS
from aiida_zif.provenance.lineage.tracer import Tracer


def trace(target: Target, depth: int | None = None, full: bool = False) -> Origin:
    """Return the tree of what something was made from.

    :param target: from :func:`find_target`.
    :param depth: levels below the first one; all if left out.
    :param full: show every member of a committee and every block, not one for all of its kind.
    """
    return Tracer(depth if depth is not None else 10**6, full, HANDLERS).trace(target.node, target.place)
