"""The shape of a study's `summary.json`; `docs/study-summary.schema.json` is generated from here (no AiiDA)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.data.record import Report
from aiida_zif.workflows.properties.melt_quench.report import GlassReport
from aiida_zif.workflows.properties.states.report import StatesReport
from aiida_zif.workflows.properties.structure.report import StructureReport
from aiida_zif.workflows.properties.validation.report import ValidationReport
from aiida_zif.workflows.study.verdict import StudyVerdict


class Strict(BaseModel):
    """No key beyond the declared ones."""

    model_config = ConfigDict(extra="forbid")


class Protocol(Strict):
    """Where the values come from that the study file does not give."""

    name: str
    description: str = Field(description="for whom it is, and its caveat")


class Model(Strict):
    """One member of the committee."""

    label: str = Field(description="in the study; the first drives the molecular dynamics")
    name: str = Field(description="in its committee, or its file")
    pk: int
    uuid: str
    seed: int | None = Field(description="of its training; null for a model that was imported")
    n_frames: int | None = Field(description="labelled frames that it learnt; null for a model that was imported")
    origin: str = Field(description="training or declared origin, in words")


class Campaign(Strict):
    """A campaign that made models of the force field."""

    name: str
    pk: int


class ForceField(Strict):
    """What drove the molecular dynamics."""

    line: str = Field(description="in words")
    kind: str = Field(description="key of the study file: campaign, committee, model or imported")
    models: list[Model]
    campaigns: list[Campaign]
    level_of_theory: str | None = Field(description="of the labels; null where it is not known")
    n_labels: int = Field(description="different labelled frames behind all models; 0 for imported ones")
    held_out_error: Measured = Field(description="force RMSE on frames that no training used, mean over the members")
    type_map: list[str] = Field(description="elements in the order of the models' types")
    rcut_A: float | None


class System(Strict):
    """One framework of the study."""

    formula: str = Field(description="of the structure that the study was given")
    n_atoms: int
    source: str = Field(description="where the structure comes from")
    licence: str


class PartState(Strict):
    """How one section of one system, or one state of the structure, stands."""

    section: str
    name: str
    system: str
    state: str = Field(description="of the structure, such as glass_20; empty for the whole system")
    process_state: str
    exit_status: int | None
    message: str | None
    wall_s: float
    pk: int


class Untrusted(Strict):
    """Frames that the committee did not trust and that came back."""

    system: str
    section: str
    n_frames: int
    pk: int = Field(description="of the frames")


class FailedJob(Strict):
    """One job that failed; another may have continued it."""

    part: str
    trajectory: str
    pk: int
    exit_status: int | None
    cause: str


class Cost(Strict):
    """What the study took."""

    wall_s: float
    core_hours: float | None = Field(description="cores times time in jobs; null where no job was timed")
    n_jobs: int
    n_timed: int = Field(description="of these, jobs that were timed: the others are not in core_hours")


class StudySummary(Report):
    """The figures of one study, finished or not; every number of a result has its error and its unit."""

    model_config = ConfigDict(extra="forbid")

    name: str
    pk: int
    study_uuid: str
    begun: str = Field(description="ISO 8601")
    seed: int = Field(description="seed of all random numbers")
    protocol: Protocol
    state: str = Field(description="state of the process")
    exit_status: int | None
    exit_message: str | None
    force_field: ForceField
    systems: dict[str, System]
    parts: list[PartState]
    verdict: StudyVerdict | None = Field(description="null before the end of the study")
    melt_quench: dict[str, GlassReport] = Field(description="by system")
    structure: dict[str, StructureReport] = Field(description="by system and state, such as zif4_glass_20")
    states: dict[str, StatesReport] = Field(description="by system")
    validation: dict[str, ValidationReport] = Field(description="by system")
    untrusted: list[Untrusted]
    failed_jobs: list[FailedJob]
    cost: Cost
    versions: dict[str, str] = Field(description="of packages and codes, as they were when the study ran")
    executables: dict[str, str] = Field(description="of the codes that ran, by label@computer")
