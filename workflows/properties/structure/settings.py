"""What is computed of frames, and with which cut-offs and ranges (no AiiDA)."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, StrictBool, model_validator

from aiida_zif.plugins.data.record import Record
from aiida_zif.plugins.input_checks.model import Checked, Count, Whole, refuse
from aiida_zif.plugins.input_checks.quantities import Dimension, TimeStep

Group = Literal["pairs", "angles", "scattering", "linkers", "rings", "orientation", "pores", "dynamics"]
"""Observables that are computed together."""
GROUPS: tuple[Group, ...] = get_args(Group)

SHORT_LENGTH = Dimension("length", {"Å": 1.0, "nm": 10.0, "pm": 0.01}, "2.5 Å", 0.5, 10.0)
RANGE = Dimension("length", {"Å": 1.0, "nm": 10.0}, "10 Å", 2.0, 100.0)
BIN = Dimension("length", {"Å": 1.0, "nm": 10.0, "pm": 0.01}, "0.02 Å", 0.0, 1.0, above=True)
WAVE_NUMBER = Dimension("wave number", {"Å^-1": 1.0, "nm^-1": 0.1}, "20 Å^-1", 0.0, 100.0, above=True)

FEWEST_POINTS, MOST_POINTS = 20, 10_000
"""Of a curve."""

ShortLength = Annotated[float, SHORT_LENGTH]
Range = Annotated[float, RANGE]
Bin = Annotated[float, BIN]
WaveNumber = Annotated[float, WAVE_NUMBER]


class Pairs(Checked):
    """Partial pair distributions and coordination numbers."""

    r_max: Range = Field(default=10.0, description="largest distance of g(r)")
    bin: Bin = Field(default=0.02, description="width of a bin of g(r)")
    bond: ShortLength = Field(default=2.5, description="a nitrogen within it is bonded to the metal")
    also: list[ShortLength] = Field(
        default=[2.6, 3.0], description="other distances for which coordination and bridging linkers are stated, too"
    )

    @model_validator(mode="after")
    def _has_bins(self) -> Pairs:
        bins = self.r_max / self.bin
        if not FEWEST_POINTS <= bins <= MOST_POINTS:
            found, allowed = f"{self.bin:g} Å ({bins:.3g} bins)", f"{FEWEST_POINTS} to {MOST_POINTS} bins up to r_max"
            raise refuse("bin", found, allowed, f"write for example '{self.r_max / 500:g} Å'")
        return self


class Scattering(Checked):
    """X-ray and neutron S(Q), F(Q) and D(r)."""

    deuterated: StrictBool = Field(default=True, description="neutron scattering of D in place of H")
    q_max: WaveNumber = Field(default=20.0, description="largest wave number")
    q_step: WaveNumber = Field(default=0.05, description="step of the wave number")
    r_max: Range = Field(default=20.0, description="largest distance of D(r), and of g(r) before its transform")
    lorch: StrictBool = Field(default=False, description="Lorch window in the transform to D(r)")
    normalisation: Literal["none", "<b>2", "<b2>"] = Field(
        default="<b2>", description="what F(Q) is divided by; b is the form factor of X-rays"
    )

    @model_validator(mode="after")
    def _has_points(self) -> Scattering:
        points = self.q_max / self.q_step
        if not FEWEST_POINTS <= points <= MOST_POINTS:
            found, allowed = f"{self.q_step:g} Å^-1 ({points:.3g} points)", f"{FEWEST_POINTS} to {MOST_POINTS} points"
            raise refuse("q_step", found, f"{allowed} up to q_max", f"write for example '{self.q_max / 400:g} Å^-1'")
        return self


class Rings(Checked):
    """Shortest-path rings of the linker graph."""

    maximum: Annotated[Count, Field(ge=4, le=20)] = Field(default=14, description="largest ring searched for, metals")
    frames: Count = Field(default=5, description="frames of each replica that are searched")


class Pores(Checked):
    """Voronoi analysis of the void (Zeo++)."""

    probe: ShortLength = Field(default=1.2, description="radius of the probe of the accessible volume")
    frames: Count = Field(default=2, description="frames of each replica that are analysed")
    samples: Annotated[Count, Field(le=1_000_000)] = Field(
        default=2000, description="points of the Monte Carlo integration of a volume"
    )


class Dynamics(Checked):
    """Bond lifetimes, exchange and displacement: only of frames that have times."""

    timestep: TimeStep | None = Field(
        default=None, description="MD time step; frames that have `step` but no `time_fs` get their times by it"
    )


class StructureOptions(Checked):
    """Which observables are computed, and how."""

    observables: list[Group] = Field(default=list(GROUPS), min_length=1, description="groups of observables")
    pairs: Pairs = Field(default=Pairs(), description="pair distributions and coordination")
    scattering: Scattering = Field(default=Scattering(), description="X-ray and neutron scattering")
    rings: Rings = Field(default=Rings(), description="rings of the linker graph")
    pores: Pores = Field(default=Pores(), description="pores and accessible volume")
    dynamics: Dynamics = Field(default=Dynamics(), description="lifetimes and displacement")
    independent: StrictBool = Field(
        default=True, description="members are independent replicas; false: parts of one trajectory, or a published set"
    )

    @model_validator(mode="after")
    def _every_group_once(self) -> StructureOptions:
        if len(set(self.observables)) < len(self.observables):
            found = ", ".join(self.observables)
            raise refuse("observables", found, "every group once", "remove the second one")
        return self


class StructureSettings(StructureOptions, Record):
    """Settings of `zif.structure`; Å, Å⁻¹, fs.

    :param system: label of the system.
    :param state: label of the state, such as ``glass``, ``crystal`` or ``300K_0GPa``.
    :param seed: of the points in pores, and of the bootstrap of the positions of peaks.
    """

    called = "structure"

    system: str = ""
    state: str = ""
    seed: Whole = 1
