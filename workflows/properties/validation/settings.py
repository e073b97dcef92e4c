"""What is validated, and beside which references (no AiiDA)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, model_validator

from aiida_zif.plugins.data.record import Record
from aiida_zif.plugins.input_checks.model import Checked, Whole, refuse
from aiida_zif.plugins.input_checks.quantities import Temperature
from aiida_zif.workflows.properties.structure.settings import Range, StructureOptions, WaveNumber
from aiida_zif.workflows.properties.validation.facts import Phase

Text = Annotated[str, Field(min_length=1)]


class Computed(Checked):
    """What a report of a structure is about.

    :param state: such as ``crystal`` or ``glass_20``.
    :param framework: that ships with the package; None of others, which have no literature here.
    :param rate: of the quench, K/ps; None of a crystal and a melt.
    """

    system: str
    state: str
    phase: Phase
    framework: str | None = None
    temperature: Temperature
    rate: float | None = None


class Reference(Checked):
    """What is common to references of users."""

    system: str = Field(description="label of the system that it is compared with")
    phase: Phase = Field(description="crystal, melt or glass")
    source: Text = Field(description="who made it, with DOI or address")
    licence: str = Field(default="not stated", description="licence, as far as it is known")
    temperature: Temperature = Field(description="temperature")
    comparable: StrictBool | None = Field(
        default=None, description="whether a difference says something about the force field; decided if left out"
    )
    why: str = Field(default="", description="reason of that")

    @model_validator(mode="after")
    def _a_declaration_has_a_reason(self) -> Reference:
        if self.comparable is not None and not self.why:
            fix = "say what makes the two comparable, or not"
            raise refuse("why", "nothing", "a reason where comparable is declared", fix)
        return self


class FramesReference(Reference):
    """A simulation of others, or AIMD at the level of the labels: frames.

    :param level: of theory, in words.
    :param rate: of the quench, K/ps.
    :param independent: whether frames are of independent runs.
    """

    kind: Literal["same-level AIMD", "published AIMD"] = Field(default="published AIMD", description="kind")
    level: Text = Field(description="level of theory")
    rate: float | None = Field(default=None, gt=0, description="rate of the quench, K/ps")
    independent: StrictBool = Field(default=False, description="whether its frames are independent runs")


class CurveReference(Reference):
    """A measured curve.

    :param normalisation: of F(Q); ``auto``: found by a D(r) of the same ``measurement``.
    :param measurement: name that F(Q) and D(r) of one measurement share.
    """

    curve: Literal["F(Q)", "D(r)"] = Field(description="what was measured")
    radiation: Literal["x-ray", "neutron"] = Field(description="with what")
    normalisation: Literal["auto", "none", "<b>2", "<b2>"] = Field(
        default="auto", description="what F(Q) is divided by"
    )
    measurement: str = Field(default="", description="name that F(Q) and D(r) of one measurement share")


class ValidationOptions(Checked):
    """How results are compared with references."""

    literature: StrictBool = Field(default=True, description="compare with published numbers")
    q_min: WaveNumber = Field(default=0.8, description="smallest wave number of the R factor of F(Q)")
    q_max: WaveNumber = Field(default=20.0, description="largest wave number of the R factor of F(Q)")
    r_min: Range = Field(default=2.0, description="smallest distance of the R factor of D(r) and g(r)")
    r_max: Range = Field(default=8.0, description="largest distance of the R factor of D(r) and g(r)")

    @model_validator(mode="after")
    def _ranges_have_a_width(self) -> ValidationOptions:
        for low, high in (("q_min", "q_max"), ("r_min", "r_max")):
            if getattr(self, low) >= getattr(self, high):
                raise refuse(low, f"{getattr(self, low):g}", f"less than {high}, {getattr(self, high):g}", "lower it")
        return self


class ValidationSettings(ValidationOptions, Record):
    """Settings of `zif.validate`.

    :param computed: by the names of the reports.
    :param frames: and ``curves``: references of users by name; nodes of the same names are inputs.
    :param level: of the labels that the force field was trained on, in words; empty where nobody knows it.
    :param structure: how frames of references are analysed: as those of the study.
    :param seed: of all that is drawn by chance.
    """

    called = "validate"

    computed: dict[str, Computed]
    frames: dict[str, FramesReference] = {}
    curves: dict[str, CurveReference] = {}
    level: str = ""
    structure: StructureOptions = StructureOptions()
    seed: Whole = 1
