"""Names of the children and outputs of a study: made and read here (no AiiDA).

Stored graphs hold these names: they must never change.

- ``melt_quench.SYSTEM``: all outputs of `zif.melt_quench`: ``report``, ``curves``, ``untrusted``, ``crystal.*``, …
- ``structure.STATE``: all outputs of `zif.structure` for a state such as ``zif4_crystal``, see :class:`StateName`
- ``states.SYSTEM``: all outputs of `zif.states`
- ``validation.SYSTEM``: ``report``, the table of comparisons
- ``verdict``: the record `StudyVerdict`

A child has the call link label ``SECTION_SYSTEM``, one of `zif.structure` ``structure_SYSTEM_STATE``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ENTRY_POINT = "aiida.workflows:zif.study"
PHASES = ("crystal", "melt", "glass")


@dataclass(frozen=True)
class StateName:
    """A system in a state: ``zif4_crystal``, ``zif4_melt``, ``zif4_glass_20``.

    :param rate: label of the quench rate as `zif.melt_quench` gives it; empty but for a glass.
    """

    system: str
    phase: str
    rate: str = ""

    @property
    def state(self) -> str:
        """The state without the system."""
        return f"{self.phase}_{self.rate}" if self.rate else self.phase

    def label(self) -> str:
        """Return the name."""
        return f"{self.system}_{self.state}"

    @classmethod
    def parse(cls, label: str) -> StateName:
        """Read a name.

        :raises ValueError: if it is none.
        """
        match = re.fullmatch(rf"(.+)_({'|'.join(PHASES)})(?:_(\d\w*))?", label)
        if match is None:
            raise ValueError(f"{label} found, a state such as zif4_crystal needed")
        return cls(match[1], match[2], match[3] or "")


@dataclass(frozen=True)
class ChildName:
    """A child of a study: a section of a system, and of `structure` a state.

    :param section: ``melt_quench``, ``structure``, ``states`` or ``validation``.
    :param name: the system, or the label of a :class:`StateName`.
    """

    section: str
    name: str

    def label(self) -> str:
        """Return the name of the call."""
        return f"{self.section}_{self.name}"

    @classmethod
    def parse(cls, label: str) -> ChildName:
        """Read the name of a call.

        :raises ValueError: if it is none of a section.
        """
        match = re.fullmatch(r"(melt_quench|structure|states|validation)_(.+)", label)
        if match is None:
            raise ValueError(f"{label} found, the call of a section such as structure_zif4_crystal needed")
        return cls(match[1], match[2])
