"""Work chains that launch nothing a second time when a step has to be run again.

The engine writes a checkpoint when a step has ended. A worker that dies after a step has submitted a child leaves the
child running and a checkpoint that knows nothing of it; whoever takes the work chain up runs the step from its
beginning. What the provenance already shows as called is taken back rather than computed once more.
"""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.common.links import LinkType
from aiida.engine import ProcessState, WorkChain

CALLS = (LinkType.CALL_CALC, LinkType.CALL_WORK)


class ResumableWorkChain(WorkChain):
    """A work chain that names each of its children once, by ``metadata.call_link_label``, and submits it once."""

    def submit(self, process: Any, inputs: dict[str, Any] | None = None, **kwargs: Any) -> orm.ProcessNode:
        """Submit a child, or return the one that was submitted under this name before the worker died."""
        label = ({**(inputs or {}), **kwargs}).get("metadata", {}).get("call_link_label")
        known = submitted_before(self.node, label) if label else None
        if known is None:
            return super().submit(process, inputs, **kwargs)
        self.report(f"takes up {known.process_label}<{known.pk}>, which was submitted as {label} before")
        return known

    def on_terminated(self) -> None:
        """End what can no longer end by itself."""
        super().on_terminated()
        if self.node.is_finished:  # what was killed may still be about to end its children
            close_the_dead(self.node)


def close_the_dead(caller: orm.ProcessNode) -> None:
    """End the children whose worker died before they had a checkpoint, calculation functions among them.

    Nobody takes them up, and AiiDA exports no process that has not ended.

    :param caller: a work chain that has ended.
    """
    for link in caller.base.links.get_outgoing(link_type=CALLS).all():
        child: Any = link.node
        if not child.is_terminated and not child.checkpoint:
            child.set_process_state(ProcessState.EXCEPTED)
            child.set_exception("its worker died before it had begun; the step was taken again")
            child.seal()


def submitted_before(caller: orm.ProcessNode, label: str) -> orm.ProcessNode | None:
    """Return the last child of this name that has ended by itself or can still go on, None if there is none.

    A child whose worker died before its first checkpoint can never begin, and one that was killed or broke inside the
    engine has nothing to show.

    :param caller: the work chain that called.
    :param label: of the link between the two.
    """
    called = caller.base.links.get_outgoing(link_type=CALLS, link_label_filter=label).all()
    children: list[Any] = [link.node for link in called if link.link_label == label]  # to the filter _ is any letter
    able = [child for child in children if child.is_finished or (not child.is_terminated and child.checkpoint)]
    return max(able, key=lambda child: child.pk, default=None)
