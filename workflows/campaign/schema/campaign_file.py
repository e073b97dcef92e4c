"""The sections of a campaign file as pydantic models; every value comes from the file or its protocol (no AiiDA)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, model_validator

from aiida_zif.plugins.input_checks.model import Count, Share, Whole, refuse
from aiida_zif.plugins.input_checks.quantities import (
    Length,
)
from aiida_zif.workflows.campaign.schema.convergence import Convergence
from aiida_zif.workflows.campaign.schema.data import HeldOut, Labelling, SeedData
from aiida_zif.workflows.campaign.schema.exploration import Exploration
from aiida_zif.workflows.campaign.schema.resources import Codes, Resources
from aiida_zif.workflows.campaign.schema.section import FreeMapping, Section
from aiida_zif.workflows.campaign.schema.selection import Selection
from aiida_zif.workflows.campaign.schema.training_steps import TrainingSteps
from aiida_zif.workflows.campaign.supercell import AUTO, SupercellKey
from aiida_zif.workflows.user_input.problems import did_you_mean, shown

IMPORTED = "imported"
"""Level of theory, or structure, of a campaign that only trains: that of the frames that it imports."""


class LevelOfTheory(Section):
    """Electronic-structure method of the labels."""

    name: str = Field(
        description="a level that ships with the package, or a level file; imported: that of the imported frames, for "
        "a campaign that only trains",
        examples=["pbe-d3"],
    )
    overrides: FreeMapping = Field({}, description="settings of the level that differ, as in CP2K's input below DFT")
    definition: FreeMapping | None = Field(None, description="content of a level file, for a level of your own")


def _level_in_a_word(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


DEEPMD_SECTIONS = ("model", "learning_rate", "loss", "training", "optimizer", "validating")
DEEPMD_FILLED_IN = {
    "model.type_map": "type_map",
    "model.descriptor.rcut": "training.rcut",
    "model.descriptor.seed": "seed",
    "model.fitting_net.seed": "seed",
    "training.numb_steps": "training.steps",
    "training.numb_step": "training.steps",
    "training.num_steps": "training.steps",
    "training.num_step": "training.steps",
    "training.stop_batch": "training.steps",
    "training.numb_epoch": "training.steps",
    "training.numb_epochs": "training.steps",
    "training.num_epoch": "training.steps",
    "training.num_epochs": "training.steps",
    "training.systems": "seed_data",
    "training.seed": "seed",
    "training.training_data": "seed_data",
    "training.validation_data": "held_out",
}
"""Entries of input.json that follow from another key of the campaign file."""

DEEPMD_FILES = ("disp_file", "save_ckpt", "save_dir", "profiling_file", "tensorboard_log_dir", "stat_file")
"""Entries of its section ``training`` that name a file to write; the job names them, below its own folder."""


class Training(Section):
    """How the committee learns."""

    models: Annotated[Count, Field(le=100)] = Field(description="members of the committee")
    steps: TrainingSteps = Field(
        description="training steps of every member; `{first: …, last: …}` lets them grow from cycle to cycle"
    )
    rcut: Length = Field(description="cut-off radius of the descriptor")
    warm_start: StrictBool = Field(description="start from the committee of the cycle before")
    early_stop: StrictBool = Field(
        description="end a long training (exponential learning rate) when the error on the held-out frames is flat"
    )
    deepmd: FreeMapping = Field(description="entries of DeePMD-kit's input.json that differ, merged key by key")

    @model_validator(mode="after")
    def _deepmd_is_ours_to_complete(self) -> Training:
        for key in self.deepmd:
            if key not in DEEPMD_SECTIONS:
                fix = did_you_mean(key, DEEPMD_SECTIONS, "see the manual of DeePMD-kit for the keys of each section")
                raise refuse(f"deepmd.{key}", f"the key {key!r}", ", ".join(DEEPMD_SECTIONS), fix)
        named = self.deepmd.get("training")
        for key in DEEPMD_FILES:
            if isinstance(named, dict) and key in named:
                path = f"deepmd.training.{key}"
                raise refuse(path, shown(named[key]), "keys that name no file", "leave it out; the job names its files")
        for path, source in DEEPMD_FILLED_IN.items():
            inside: Any = self.deepmd
            for part in path.split("."):
                inside = inside.get(part) if isinstance(inside, dict) else None
            if inside is not None:
                fix = f"leave it out; the campaign's {source} decides"
                raise refuse(f"deepmd.{path}", shown(inside), "keys that do not follow from the campaign", fix)
        return self


class Limits(Section):
    """When the campaign ends at the latest."""

    cycles: Whole = Field(description="cycles of exploring and labelling; 0: the campaign only trains")
    labels: Count = Field(description="labelled frames in all")


class FailureBudget(Section):
    """Share of failures that a stage tolerates before the campaign stops."""

    label: Share = Field(description="frames without a label")
    train: Share = Field(description="members that could not be trained")
    explore: Share = Field(description="runs that ended early")
    hopeless: Share = Field(description="failed frames of the first exploration, of every system")


Stated = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Crystal(Section):
    """What is computed: a structure in a cell, and where it comes from."""

    structure: str = Field(description="a framework that ships with the package, or a structure file")
    supercell: SupercellKey = Field(
        AUTO,
        description="auto (the smallest that is twice as thick as the cut-off), repeats along the three cell vectors, "
        "or a matrix of whole numbers whose rows are the new cell vectors",
    )
    source: Stated | None = Field(None, description="of a structure file: where it comes from")
    licence: Stated | None = Field(None, description="of a structure file, such as CC-BY-4.0")
    citation: Stated | None = Field(None, description="of a structure file: the publication to cite")


class Framework(Crystal):
    """A structure whose electrons are computed: with charge and spin."""

    structure: str = Field(
        description="a framework that ships with the package, or a structure file; imported: the first imported frame "
        "of this system, for a campaign that only trains"
    )
    charge: Annotated[StrictInt, Field(ge=-100, le=100)] = Field(0, description="charge of the whole cell")
    multiplicity: Annotated[StrictInt, Field(ge=1, le=1000)] | None = Field(
        None, description="2S + 1 of the whole cell; 1 if left out, which elements with unpaired electrons forbid"
    )


class System(Framework):
    """One framework; a section here differs from the campaign's for this system only."""

    seed_data: dict[str, Any] | None = Field(None, description="what differs for this system")
    held_out: dict[str, Any] | None = Field(None, description="what differs for this system")
    exploration: dict[str, Any] | None = Field(None, description="what differs for this system")
    selection: dict[str, Any] | None = Field(None, description="what differs for this system")


OVERRIDABLE: dict[str, type[Section]] = {
    "seed_data": SeedData,
    "held_out": HeldOut,
    "exploration": Exploration,
    "selection": Selection,
}
"""Sections that a system may override."""

SystemName = Annotated[str, Field(pattern=r"^[A-Za-z](_?[A-Za-z0-9])*$", max_length=40)]


RunName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._ -]*$",
        max_length=80,
        json_schema_extra={"x-fix": "write letters, digits, blanks and . _ - only, a letter or digit first"},
    ),
]
"""Name of a campaign or study."""


class Identity(Section):
    """What a campaign is about, in its file and as it stores it."""

    name: RunName = Field(description="name of the campaign", examples=["zif4-demo"])
    protocol: str = Field(description="source of all values that the file does not set")
    seed: Whole = Field(description="seed of all random numbers")
    level_of_theory: Annotated[LevelOfTheory, BeforeValidator(_level_in_a_word)] = Field(
        description="method of the labels: one word, or name and overrides"
    )
    systems: Any
    type_map: list[str] | None = Field(
        None, min_length=1, description="elements in the order of the model's types; all of the systems if left out"
    )


class Means(Section):
    """What a campaign computes with; this may be other means in another run of the same campaign."""

    codes: Codes = Field(description="codes of the AiiDA profile")
    resources: Resources = Field(description="resources by stage")


class Choices(Section):
    """What a campaign does, in its file and as it stores it."""

    seed_data: SeedData = Field(description="training data of the first committee")
    held_out: HeldOut = Field(description="frames that no training sees")
    labelling: Labelling = Field(description="how frames get their labels")
    training: Training = Field(description="how the committee learns")
    exploration: Exploration = Field(description="MD with the committee, to find uncertain frames")
    selection: Selection = Field(description="which explored frames are labelled")
    convergence: Convergence = Field(description="criteria of convergence")
    limits: Limits = Field(description="limits at which the campaign ends")
    failure_budget: FailureBudget = Field(description="share of failures that are tolerated")


class CampaignFile(Choices, Means, Identity):  # the last base comes first in the file's reference
    """A whole campaign."""

    systems: dict[SystemName, System] = Field(min_length=1, description="frameworks by label")
