"""Which references the results of a study stand beside (no AiiDA)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, StrictBool

from aiida_zif.plugins.data.record import Record
from aiida_zif.plugins.input_checks.model import Checked
from aiida_zif.workflows.properties.structure.settings import StructureOptions, WaveNumber


class Reference(Checked):
    """One set of frames or one measured curve of others.

    :param system: and ``state``: labels of what it stands beside.
    :param kind: of frames or of a curve: ``F(Q)`` and ``D(r)`` are measured curves.
    :param source: who made it, with DOI.
    :param level: level of theory or kind of measurement, in words.
    :param temperature: K, where stated.
    :param comparable: whether a difference says something about the force field, as the user declares; None: decided by
        level, size and density.
    :param why: reason of that declaration.
    """

    system: str
    state: str
    kind: Literal["same-level AIMD", "published AIMD", "F(Q)", "D(r)"]
    source: str
    level: str = ""
    licence: str = ""
    temperature: float | None = None
    comparable: StrictBool | None = None
    why: str = ""


class ValidationSettings(Record):
    """Settings of `zif.validate`.

    :param references: by name; frames and curves of the same names are inputs.
    :param level: of the force field's labels, in words; empty where it is not known.
    :param literature: whether values of the literature stand in the table, too.
    :param structure: how frames of references are analysed: as those of the study.
    :param q_min: and ``q_max``: range of the R factor of F(Q), Å⁻¹.
    """

    called = "validate"

    references: dict[str, Reference] = {}
    level: str = ""
    literature: StrictBool = True
    structure: StructureOptions = StructureOptions()
    q_min: WaveNumber = Field(default=0.8, description="least wave number of the R factor")
    q_max: WaveNumber = Field(default=20.0, description="largest wave number of the R factor")
