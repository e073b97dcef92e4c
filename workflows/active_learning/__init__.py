"""Active learning: the loop (``work_chain``), the cycle of one system (``acquire``), and their decisions."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    """Return the work chain: checkpoints of earlier versions import it from here, see ``moved_modules``."""
    if name == "ActiveLearningWorkChain":
        from aiida_zif.workflows.active_learning.work_chain import ActiveLearningWorkChain

        return ActiveLearningWorkChain
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
