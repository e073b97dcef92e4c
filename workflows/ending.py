"""Why a process ended as it did, for reports and exit codes."""

from __future__ import annotations

from aiida import orm


def why_it_ended(node: orm.ProcessNode) -> str:
    """Return exit status and message; of a process that was killed or excepted, how it was.

    :param node: a process that has ended.
    """
    if node.exit_status is not None:
        return f"[{node.exit_status}] {node.exit_message or ''}".rstrip()
    state = node.process_state.value if node.process_state else "never started"
    detail = node.exception or node.process_status
    return f"{state}: {detail.strip()}" if detail else state
