"""The loop of active learning."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    """Hand on the work chain: checkpoints of earlier versions look for it here, see ``moved_modules``."""
    if name == "ActiveLearningWorkChain":
        from aiida_zif.workflows.active_learning.work_chain import ActiveLearningWorkChain

        return ActiveLearningWorkChain
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
