"""The sections of a campaign file about codes and computers (no AiiDA)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from aiida_zif.plugins.input_checks.model import Count
from aiida_zif.plugins.input_checks.quantities import WallTime
from aiida_zif.workflows.campaign.schema.section import Section

# They stand unquoted in the header of a job script, where a blank or a line break would begin something else.
SchedulerName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@:,+-]*$", max_length=100, examples=["short"])]


class Stage(Section):
    """What the jobs of a stage may use of their computer."""

    threads: Count = Field(description="threads of every process")
    walltime: WallTime = Field(description="longest time of one job")
    queue_name: SchedulerName | None = Field(None, description="queue or partition of the scheduler")
    account: SchedulerName | None = Field(None, description="account of the scheduler")
    qos: SchedulerName | None = Field(None, description="quality of service of the scheduler")
    custom_scheduler_commands: str | None = Field(None, description="further lines for the job script's header")
    prepend_text: str | None = Field(None, description="shell lines before the code starts")


class RankStage(Stage):
    """A stage whose jobs run on MPI ranks."""

    ranks: Count = Field(description="MPI ranks of one job")
    concurrent: Count = Field(description="jobs at a time")


class LabelStage(RankStage):
    """The stage of CP2K, whose cores may be split into ranks and threads by what was measured."""

    layout: Literal["given", "fastest"] = Field(
        "given", description="ranks × threads as given, or the fastest split of as many cores, which is tried once"
    )


class TrainStage(RankStage):
    """The stage that trains a committee, whose members may share a job."""

    lanes: Count = Field(1, description="members side by side in one job, each on `ranks` × `threads` cores")
    members: Count = Field(1, description="members in one job; those beyond its lanes take turns on them")


class LaneStage(Stage):
    """A stage that packs serial processes side by side into one job."""

    lanes: Count = Field(description="processes side by side in one job")
    concurrent: Count = Field(description="jobs at a time")


class ExploreStage(LaneStage):
    """The stage of LAMMPS, with which the cycle of a system begins."""

    concurrent: Count = Field(
        description="systems at a time; with more than one, one is explored while another is labelled: for machines "
        "whose jobs queue"
    )


class Resources(Section):
    """Resources by stage."""

    label: LabelStage = Field(description="CP2K")
    train: TrainStage = Field(description="DeePMD-kit, training")
    explore: ExploreStage = Field(description="LAMMPS")
    test: LaneStage = Field(description="DeePMD-kit, testing")


_PART = r"[^\s@\x00-\x1f\x7f-\x9f]+"
CodeLabel = Annotated[str, Field(pattern=f"^{_PART}@{_PART}$", examples=["cp2k@localhost"])]


class Codes(Section):
    """Codes of the AiiDA profile, as ``label@computer``."""

    cp2k: CodeLabel = Field(description="CP2K")
    dp: CodeLabel = Field(description="DeePMD-kit's `dp`")
    lmp: CodeLabel = Field(description="LAMMPS with DeePMD")
    python: CodeLabel = Field(description="Python with NumPy, on the computer of LAMMPS")
