"""What a file asks for, as the verbs see it: a campaign or a study."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar


class Work(ABC):
    """A checked file. The methods end the command with a message where something does not do."""

    noun: ClassVar[str]
    kept: ClassVar[str]
    """What is not done again when the same command is given after Ctrl-C."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Its name."""

    @property
    def is_short(self) -> bool:
        """Whether it takes seconds, so that it runs in this process unless a daemon is asked for."""
        return False

    @abstractmethod
    def look_up(self) -> None:
        """Check against the loaded profile and this machine; nothing is stored."""

    @abstractmethod
    def notes(self) -> list[str]:
        """Return what is worth a line before it runs."""

    @abstractmethod
    def known(self) -> Any:
        """Return the node of the same work that the profile holds, running or finished; None if there is none."""

    @abstractmethod
    def builder(self) -> Any:
        """Return the inputs, ready to submit."""
