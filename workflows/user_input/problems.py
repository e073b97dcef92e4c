"""What is wrong with a campaign file, said so that it can be fixed (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from aiida_zif.plugins.input_checks.refusal import LONGEST
from aiida_zif.plugins.input_checks.refusal import did_you_mean as did_you_mean
from aiida_zif.plugins.input_checks.refusal import dotted as dotted
from aiida_zif.plugins.input_checks.refusal import listed as listed
from aiida_zif.plugins.input_checks.refusal import shown as shown


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    :param file: the campaign file, or the structure file it names.
    :param line: counted from 1; None where the value does not come from a line of the file.
    :param field: path of the key, such as ``training.steps`` or ``seed_data.aimd[0].temperature``.
    :param found: what is there.
    :param allowed: what may be there.
    :param fix: what to do.
    """

    file: str
    line: int | None
    field: str
    found: str
    allowed: str
    fix: str

    def as_dict(self) -> dict[str, str | int | None]:
        """Plain values, for ``--json``."""
        return asdict(self)

    def render(self) -> str:
        """Four lines: where, what was found, what is allowed, how to fix it."""
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        head = f"{where}: {self.field}" if self.field else where
        return f"{head}\n  found    {self.found}\n  allowed  {self.allowed}\n  fix      {self.fix}"


class CampaignError(ValueError):
    """A campaign that must not start; ``problems`` holds everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(render_problems(self.problems))


def render_problems(problems: Sequence[Problem]) -> str:
    """Return the text for the terminal: every problem, then a count."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return "\n\n".join([*(problem.render() for problem in problems), f"{count}, nothing was stored or started."])


def one_line(text: str) -> str:
    """Return words that hold text of a stranger so that a terminal shows them on one line and does nothing else."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[: 2 * LONGEST]
