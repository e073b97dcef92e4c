"""Names of the children of a campaign and of what passes between them: made and read here (no AiiDA).

What every chain uses is in :mod:`aiida_zif.workflows.engine.naming`, below. Stored graphs and checkpoints hold these
names: they must never change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aiida_zif.workflows.engine.naming import of_kind

ACQUIRE, PARTS = "acquire", ("explore", "select", "label", "compare")
"""The stage that holds the cycle of one system, and how `AcquireWorkChain` names its children."""


@dataclass(frozen=True)
class StepName:
    """A child of `ActiveLearningWorkChain`: ``c01_train``, ``c00_label_zif4_seed_aimd_0``, ``c02_test_again``.

    :param cycle: 0 for what comes before the first cycle.
    :param name: the system or task that it is for, or that it runs again; empty where one child does for all.
    """

    cycle: int
    stage: str
    name: str = ""

    def label(self) -> str:
        """Return the name."""
        return in_cycle(self.cycle, self.stage) + (f"_{self.name}" if self.name else "")

    @classmethod
    def parse(cls, label: str) -> StepName | None:
        """Read a name; None for a child without one, such as a calculation function that plans."""
        match = re.fullmatch(r"c(\d+)_([a-z]+)(?:_(\w+))?", label)
        return cls(int(match[1]), match[2], match[3] or "") if match else None


def part_label(part: str, system: str) -> str:
    """Return the label of a child of `AcquireWorkChain`: ``explore_zif4``; the link to it is named by the part alone.

    :param part: one of :data:`PARTS`.
    """
    return f"{part}_{system}"


@dataclass(frozen=True)
class FirstTask:
    """A labelling at the start of a campaign: ``zif4_seed_aimd_0``, ``zif4_held_out_0``, ``zif4_untrusted``.

    :param task: its name within the system, such as :func:`seed_aimd_task` gives.
    """

    system: str
    task: str

    def label(self) -> str:
        """Return the name."""
        return f"{self.system}_{self.task}"

    @classmethod
    def untrusted(cls, system: str) -> FirstTask:
        """Return the name of the task that labels what a study did not trust, of a campaign that goes on."""
        return cls(system, "untrusted")

    @classmethod
    def within(cls, system: str, label: str) -> FirstTask:
        """Read the name of a task of a known system."""
        return cls(system, label.removeprefix(f"{system}_"))

    @classmethod
    def parse(cls, label: str) -> FirstTask | None:
        """Read a name; None for one of another kind, such as that of a system."""
        match = re.fullmatch(r"(\w+)_(seed_aimd_\d+|seed_perturbed|held_out_\d+|untrusted)", label)
        return cls(match[1], match[2]) if match else None


SEED_PERTURBED = "seed_perturbed"


def seed_aimd_task(index: int) -> str:
    """Return the name of a task that makes first training data by AIMD."""
    return f"seed_aimd_{index}"


def held_out_task(index: int) -> str:
    """Return the name of a task that makes frames that no training sees."""
    return f"held_out_{index}"


def use_of(task: str) -> Literal["training", "held_out"]:
    """Return what the labels of a task are for.

    :param task: its name within the system.
    """
    return "held_out" if task.startswith("held_out_") else "training"


@dataclass(frozen=True)
class Evidence:
    """What a calibration rests on: ``compare_c07_zif4``, ``errors_c07_test``.

    :param kind: ``compare`` for true errors of chosen frames, ``errors`` for those on held-out frames.
    :param name: of the system, or of the test.
    """

    kind: Literal["compare", "errors"]
    cycle: int
    name: str

    def label(self) -> str:
        """Return the name."""
        return f"{self.kind}_{in_cycle(self.cycle, self.name)}"

    @classmethod
    def of_test(cls, label: str) -> Evidence:
        """Return the name of the errors that a test found.

        :param label: of the test, such as ``c01_test``.
        :raises ValueError: if it is that of no step of a campaign.
        """
        step = StepName.parse(label)
        if step is None:
            raise ValueError(f"{label} found, the name of a test such as c01_test needed")
        return cls("errors", step.cycle, f"{step.stage}_{step.name}" if step.name else step.stage)

    @classmethod
    def parse(cls, label: str) -> Evidence | None:
        """Read a name; None for one of another kind, such as that of a held-out block."""
        match = re.fullmatch(r"(compare|errors)_c(\d+)_(\w+)", label)
        if match is None:
            return None
        return cls("compare" if match[1] == "compare" else "errors", int(match[2]), match[3])


def in_cycle(cycle: int, name: str) -> str:
    """Return a name with the cycle before it."""
    return f"c{cycle:02d}_{name}"


def block_in_dataset(cycle: int, source: str, block: str) -> str:
    """Return the name of a block in a data set, which no other cycle gives: ``c01_zif4_attempt_0``.

    :param source: the system, or the task, that it was labelled for.
    :param block: its name among the outputs of the labelling.
    """
    return in_cycle(cycle, f"{source}_{block}")


def systems_of(nodes: Mapping[str, Any]) -> dict[str, str]:
    """Return the system of every held-out block among the inputs of a step, by the block's label.

    :param nodes: by name of the input, ``block_…`` for a block.
    """
    return {name: block.system for name, block in of_kind("block", nodes).items()}
