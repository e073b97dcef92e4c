"""Errors of structure files, with the parts of their messages."""

from __future__ import annotations

from collections.abc import Sequence

MOST_ATOMS = 5_000
"""More cannot be labelled by electronic-structure theory."""

MOST_NAMES = 6
"""Atoms that a message names before it counts the others."""


class StructureFault(ValueError):
    """A structure file that is refused.

    :param found: what the file holds.
    :param allowed: what it may hold.
    :param fix: what to do.
    """

    def __init__(self, found: str, allowed: str, fix: str) -> None:
        super().__init__(f"{found}; allowed: {allowed}; {fix}")
        self.found, self.allowed, self.fix = found, allowed, fix


def refuse_too_many(atoms: int, most: int = MOST_ATOMS) -> None:
    """Refuse more atoms than can be labelled, before time is spent on them.

    :param most: another bound, of what is analysed and never labelled.
    :raises StructureFault: if there are more.
    """
    if atoms > most:
        raise StructureFault(f"{atoms} atoms", f"at most {most} atoms", "take a smaller cell")


def named(names: Sequence[str]) -> str:
    """Return names as a list in words, the first few of them and how many follow."""
    distinct = list(dict.fromkeys(names))
    more = len(distinct) - MOST_NAMES
    return ", ".join(distinct[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
