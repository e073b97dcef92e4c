"""Work chains that do not start a child again when a step is repeated after a crash.

The engine writes a checkpoint when a step has ended. If a worker dies after a step has submitted a child, the child
runs and the checkpoint has no record of it; the worker that continues the work chain runs the step from its beginning.
A child that the provenance shows as called is then reused instead of started again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from aiida import orm
from aiida.common.links import LinkType
from aiida.engine import ProcessState, WorkChain

from aiida_zif.plugins.jobs.software import RecordsSoftware

CALLS = (LinkType.CALL_CALC, LinkType.CALL_WORK)


class ResumableWorkChain(RecordsSoftware, WorkChain):
    """A work chain that names each of its children once, by ``metadata.call_link_label``, and submits it once.

    Steps of an outline are called alike: ``plan`` and ``plan_…`` say what is next, ``submit_…`` starts children,
    ``inspect_…`` takes over what they brought, ``results`` hands over. Conditions (``has_…``, ``must_…``) change
    nothing.
    """

    EARLIER_STEPS: ClassVar[Mapping[str, str]] = {}
    """Names that steps had before → names now. A checkpoint names the step that comes next; to be removed with
    :mod:`~aiida_zif.plugins.jobs.moved_modules`."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for before, now in cls.EARLIER_STEPS.items():
            setattr(cls, before, getattr(cls, now))

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


def submitted_before(caller: orm.ProcessNode, label: str) -> orm.ProcessNode | None:
    """Return the last child of this name that has begun or ended, None if there is none; end those that have not.

    Of a child that has not begun nobody knows whether its task ever reached the broker: it may wait for ever. Once it
    is ended, a task that did reach it is passed over. A child that was killed or broke inside the engine has nothing
    to show.

    :param caller: the work chain that called.
    :param label: of the link between the two.
    """
    children = children_of(caller, label)
    for child in children:
        if not child.is_terminated and not has_begun(child):
            close(child)
    able = [child for child in children if child.is_finished or not child.is_terminated]
    return max(able, key=lambda child: child.pk, default=None)


def close_the_dead(caller: orm.ProcessNode) -> None:
    """End the children of a work chain that has ended whose worker died before they had a checkpoint."""
    for child in children_of(caller):
        if not child.is_terminated and not child.checkpoint:
            close(child)


def children_of(caller: orm.ProcessNode, label: str | None = None) -> list[Any]:
    """Return what a process called, calculation functions among them: all, or those of one name."""
    called = caller.base.links.get_outgoing(link_type=CALLS, link_label_filter=label).all()
    return [link.node for link in called if label in (None, link.link_label)]  # to the filter _ is any letter


def has_begun(child: Any) -> bool:
    """Whether a process that has not ended was taken up by a worker after it had been saved."""
    return bool(child.checkpoint) and child.process_state not in (None, ProcessState.CREATED)


def close(child: Any) -> None:
    """End a process that nobody takes up any more; AiiDA exports none that has not ended."""
    child.set_process_state(ProcessState.EXCEPTED)
    child.set_exception("its worker died before it had begun; the step was taken again")
    child.seal()
