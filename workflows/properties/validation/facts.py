"""Published numbers that ship with the package, each with its source (no AiiDA)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from aiida_zif.plugins.data.record import Record
from aiida_zif.plugins.input_checks.model import Checked, refuse
from aiida_zif.workflows.properties.structure.quantities import QUANTITIES

Phase = Literal["crystal", "melt", "glass"]


class Source(Checked):
    """A publication.

    :param cite: in words.
    :param level: of theory, of simulations.
    """

    cite: str
    doi: Annotated[str, Field(pattern=r"^10\.\d{4,9}/\S+$")]
    level: str = ""


class Fact(Checked):
    """One published number.

    :param system: framework that ships with the package.
    :param quantity: and ``of``: as in the table of a structure.
    :param error: as the source states it, or its standard deviation; ``how`` says what it is.
    :param kind: whether it was measured or simulated.
    :param temperature: K.
    :param rate: of the quench, K/ps.
    :param atoms: of the simulated cell.
    :param density: g/cm³ of the simulated cell.
    :param source: key of the source.
    :param how: it was read or computed.
    """

    system: str
    state: Phase
    quantity: str
    of: str = ""
    value: float
    error: float | None = None
    kind: Literal["measurement", "simulation"]
    temperature: float
    rate: float | None = None
    atoms: int | None = None
    density: float | None = None
    source: str
    how: str


class Facts(Record):
    """All published numbers."""

    called = "literature"

    sources: dict[str, Source]
    facts: list[Fact]

    @model_validator(mode="after")
    def _are_complete(self) -> Facts:
        for index, fact in enumerate(self.facts):
            if fact.source not in self.sources:
                fix = "add it to sources"
                raise refuse(f"facts.{index}.source", fact.source, ", ".join(self.sources), fix)
            if fact.quantity not in QUANTITIES:
                raise refuse(f"facts.{index}.quantity", fact.quantity, "a quantity of a structure", "correct its name")
        return self


@cache
def literature() -> Facts:
    """Return the numbers that ship with the package."""
    import yaml

    path = files("aiida_zif.workflows.properties") / "validation" / "literature.yaml"
    content: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return Facts.model_validate(content)
