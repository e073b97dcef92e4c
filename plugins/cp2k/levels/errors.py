"""Errors of a level of theory (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence

from aiida_zif.plugins.cp2k.schema.check import Fault


class LevelError(ValueError):
    """A level or an override that CP2K, or we, would refuse; ``faults`` holds everything that is wrong.

    :param where: what the paths of the faults start from, for the message.
    """

    def __init__(self, faults: Sequence[Fault], where: str = "level_of_theory") -> None:
        self.faults, self.where = list(faults), where
        super().__init__(
            "\n".join(
                f"{'.'.join((where, *fault.path))}: found {fault.found}, allowed: {fault.allowed}; {fault.fix}"
                for fault in self.faults
            )
        )
