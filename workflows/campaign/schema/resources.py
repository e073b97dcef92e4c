"""The sections of a campaign file about codes and computers (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from typing_extensions import Self

from aiida_zif.plugins.input_checks.model import Count
from aiida_zif.plugins.input_checks.quantities import WallTime
from aiida_zif.workflows.campaign.schema.section import Section
from aiida_zif.workflows.campaign.schema.stored import StoredSection

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

    @property
    def processes(self) -> int:
        """Processes of one job, side by side."""
        return 1

    def options(self) -> dict[str, Any]:
        """Return ``metadata.options`` of the stage's jobs, as AiiDA takes them."""
        for_scheduler = set(Stage.model_fields) - {"threads", "walltime"}
        return {
            "resources": {
                "num_machines": 1,
                "num_mpiprocs_per_machine": self.processes,
                "num_cores_per_mpiproc": self.threads,
            },
            "max_wallclock_seconds": int(self.walltime),
            **self.model_dump(include=for_scheduler, exclude_none=True),
        }


class RankStage(Stage):
    """A stage whose jobs run on MPI ranks."""

    ranks: Count = Field(description="MPI ranks of one job")
    concurrent: Count = Field(description="jobs at a time")

    @property
    def processes(self) -> int:
        """MPI ranks of one job."""
        return self.ranks

    def with_ranks_below(self, most: int | None) -> Self:
        """Return the stage with so many ranks at most; None: as it is."""
        return self.model_copy(update={"ranks": min(self.ranks, most or self.ranks)})


class LabelStage(RankStage):
    """The stage of CP2K, whose cores may be split into ranks and threads by what was measured."""

    layout: Literal["given", "fastest"] = Field(
        "given", description="ranks × threads as given, or the fastest split of as many cores, which is tried once"
    )


class TrainStage(RankStage):
    """The stage that trains a committee, whose members may share a job."""

    lanes: Count = Field(1, description="members at a time in one job, each on `ranks` × `threads` cores")
    members: Count = Field(1, description="members in one job; those beyond its lanes take turns on them")

    @property
    def at_a_time(self) -> int:
        """Members of a committee that learn at the same time."""
        return self.concurrent * self.lanes

    def turns(self, n_models: int) -> int:
        """Return how many members of a committee learn one after the other on a lane of a job, at most.

        :param n_models: size of the committee.
        """
        return -(-min(max(self.members, self.lanes), n_models) // self.lanes)


class LaneStage(Stage):
    """A stage that packs serial processes side by side into one job."""

    lanes: Count = Field(description="processes at a time in one job")
    concurrent: Count = Field(description="jobs at a time")

    @property
    def processes(self) -> int:
        """Lanes of one job."""
        return self.lanes


class ExploreStage(LaneStage):
    """The stage of LAMMPS, with which the cycle of a system begins."""

    concurrent: Count = Field(
        description="systems at a time; with more than one, one is explored while another is labelled: for machines "
        "whose jobs queue"
    )


class Resources(StoredSection):
    """Resources by stage."""

    earlier: ClassVar[Mapping[str, Any]] = {
        stage: {"threads": 1, "concurrent": 1} for stage in ("label", "train", "explore", "test")
    }

    label: LabelStage = Field(description="CP2K")
    train: TrainStage = Field(description="DeePMD-kit, training")
    explore: ExploreStage = Field(description="LAMMPS")
    test: LaneStage = Field(description="DeePMD-kit, testing")


_PART = r"[^\s@\x00-\x1f\x7f-\x9f]+"
HOW_TO_NAME_A_CODE = {"x-fix": "write label@computer; `verdi code list` lists the codes of the profile"}
CodeLabel = Annotated[
    str, Field(pattern=f"^{_PART}@{_PART}$", examples=["cp2k@localhost"], json_schema_extra=HOW_TO_NAME_A_CODE)
]


class Codes(Section):
    """Codes of the AiiDA profile, as ``label@computer``."""

    cp2k: CodeLabel = Field(description="CP2K")
    dp: CodeLabel = Field(description="DeePMD-kit's `dp`")
    lmp: CodeLabel = Field(description="LAMMPS with DeePMD")
    python: CodeLabel = Field(description="Python with NumPy, on the computer of LAMMPS")
