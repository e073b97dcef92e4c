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
from collections.abc import Iterator
from dataclasses import dataclass

from aiida_zif.workflows.properties.melt_quench.naming import from_name, in_name
from aiida_zif.workflows.properties.melt_quench.report import glass_at
from aiida_zif.workflows.study.settings import StudySettings

ENTRY_POINT = "aiida.workflows:zif.study"
PHASES = ("crystal", "melt", "glass")
SECTIONS = ("melt_quench", "structure", "states", "validation")


@dataclass(frozen=True)
class StateName:
    """A system in a state: ``zif4_crystal``, ``zif4_melt``, ``zif4_glass_20``.

    :param rate: of the quench as a part of a name, such as ``20`` or ``2p5``; empty but for a glass.
    """

    system: str
    phase: str
    rate: str = ""

    @property
    def state(self) -> str:
        """The state without the system."""
        return f"{self.phase}_{self.rate}" if self.rate else self.phase

    @property
    def in_report(self) -> str:
        """The state as `GlassReport` names it, such as ``glass@2.5``."""
        return glass_at(from_name(self.rate)) if self.rate else self.phase

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

    @property
    def system(self) -> str:
        """The system that it is about."""
        return StateName.parse(self.name).system if self.section == "structure" else self.name

    @property
    def state(self) -> str:
        """The state that it is about; empty where it is about the whole system."""
        return StateName.parse(self.name).state if self.section == "structure" else ""

    @classmethod
    def parse(cls, label: str) -> ChildName:
        """Read the name of a call.

        :raises ValueError: if it is none of a section.
        """
        match = re.fullmatch(rf"({'|'.join(SECTIONS)})_(.+)", label)
        if match is None:
            raise ValueError(f"{label} found, the call of a section such as structure_zif4_crystal needed")
        return cls(match[1], match[2])


def parts_of(settings: StudySettings) -> Iterator[ChildName]:
    """Yield the parts that a study asks for, in the order of its sections."""
    for system in settings.systems:
        if settings.melt_quench is not None:
            yield ChildName("melt_quench", system)
    for system in settings.systems:
        yield from (ChildName("structure", state.label()) for state in analysed_states(settings, system))
    for section in ("states", "validation"):
        if getattr(settings, section) is not None:
            yield from (ChildName(section, system) for system in settings.systems)


def analysed_states(settings: StudySettings, system: str) -> Iterator[StateName]:
    """Yield the states of a system that the section `structure` is about: a glass for each of its rates."""
    melt = settings.melt_quench
    for phase in settings.phases(system):
        if phase != "glass" or not settings.moves:
            yield StateName(system, phase)
        elif melt is not None:
            yield from (StateName(system, phase, in_name(rate)) for rate in sorted(melt.rates))
