"""Names of calls, links and keys of a context that say more than one thing: made and read here (no AiiDA).

What every chain uses is here; what a campaign alone uses is in :mod:`aiida_zif.workflows.active_learning.state.naming`,
above this folder. Stored graphs and checkpoints hold these names: they must never change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

Node = TypeVar("Node")

Kind = Literal[
    "account", "acquire", "attempt", "block", "curve", "earlier", "exchanged", "exploration", "frames", "glass", "job",
    "known", "label", "labelling", "labels", "level", "melt", "model", "parameters", "report", "rung", "runs",
    "selection", "source", "stage", "stages", "start", "starts", "task", "times", "untrusted", "waiting",
]  # fmt: skip
"""What the first word of a name may say of its node."""


def key_of(kind: Kind, name: object) -> str:
    """Return the name of one node of a kind, such as ``job_0`` or ``task_zif4_seed_aimd_0``."""
    return f"{kind}_{name}"


def as_kind(kind: Kind, nodes: Mapping[str, Node]) -> dict[str, Node]:
    """Return nodes by names that say of what kind they are, as a calcfunction takes them; see :func:`of_kind`."""
    return {key_of(kind, name): node for name, node in nodes.items()}


def of_kind(kind: Kind, nodes: Mapping[str, Node]) -> dict[str, Node]:
    """Return the nodes of one kind, by their names without it; the others are left out."""
    prefix = key_of(kind, "")
    return {name.removeprefix(prefix): node for name, node in nodes.items() if name.startswith(prefix)}


def number_in(label: str) -> int:
    """Return the number at the end of a name, such as 3 of ``attempt_3``.

    :raises ValueError: if there is none.
    """
    return int(label.rpartition("_")[2])


@dataclass(frozen=True)
class Try:
    """One run of a job that may be run again: ``zif4``, ``zif4_again``, ``zif4_again_2`` …

    :param before: how often it was run before.
    """

    name: str
    before: int

    def label(self) -> str:
        """Return the name."""
        return (self.name, f"{self.name}_again")[self.before] if self.before < 2 else f"{self.name}_again_{self.before}"


def job_of_members(names: Sequence[str]) -> str:
    """Return the name of a job that trains some members, such as ``model_0_to_model_3``."""
    return names[0] if len(names) == 1 else f"{names[0]}_to_{names[-1]}"


@dataclass(frozen=True)
class Split:
    """A split of the cores of a job into MPI ranks and threads: ``ranks_2_threads_1``."""

    n_ranks: int
    n_threads: int

    def label(self) -> str:
        """Return the name."""
        return f"ranks_{self.n_ranks}_threads_{self.n_threads}"

    @classmethod
    def parse(cls, label: str) -> Split:
        """Read a name.

        :raises ValueError: if it is that of no layout.
        """
        match = re.fullmatch(r"ranks_(\d+)_threads_(\d+)", label)
        if match is None:
            raise ValueError(f"{label} found, a layout such as ranks_2_threads_1 needed")
        return cls(int(match[1]), int(match[2]))
