"""The shape of `summary.json`; `docs/summary.schema.json` is generated from here (no AiiDA)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from aiida_zif.plugins.data.record import Report

Count = int
Counts = dict[str, int]


class Strict(BaseModel):
    """No key beyond the declared ones."""

    model_config = ConfigDict(extra="forbid")


class Quantiles(Strict):
    """Of the maximum force deviation over the explored frames that are physical, eV/Å; null where there is none."""

    q50: float | None
    q90: float | None
    q99: float | None


class TrueError(Strict):
    """Force RMSE of the model that drove the exploration on the labels it had not seen, eV/Å."""

    chosen: float | None = Field(description="frames chosen for their deviation")
    random: float | None = Field(description="frames drawn at random from the same exploration")


class Ratio(Strict):
    """True error of chosen frames over that of random ones, with its interval at 95 % confidence."""

    ratio: float
    low: float | None = Field(description="null where there is but one frame of either kind")
    high: float | None
    n_first: Count = Field(description="chosen frames")
    n_second: Count = Field(description="random frames")
    n_cycles: Count


class Reached(Strict):
    """What was asked of a run, and what it reached."""

    asked: list[float] | None = Field(description="first and last target; null where nothing was controlled")
    mean: float | None
    error: float | None = Field(description="standard error of the mean; null where it is not known")


class ExploredRun(Strict):
    """One MD run of an exploration."""

    system: str
    run: str
    ended: str
    n_explored: Count
    mean_over: str = Field(description="explored: all frames of the run; physical: those that are not broken")
    temperature: Reached = Field(description="K")
    pressure: Reached = Field(description="GPa")
    missed: list[str] = Field(description="what did not reach its target: temperature, pressure")


class Walls(Strict):
    """Seconds from the beginning of a stage to its end."""

    train: float
    test: float
    explore: float
    select: float
    label: float


class Iteration(Strict):
    """One committee and what it went on to find; the last one of a finished campaign only trains."""

    iteration: int = Field(ge=0, description="committee i is trained in cycle i and explores in cycle i + 1")
    n_train_frames: Count = Field(ge=0, description="labelled frames that the committee was trained on")
    force_rmse_eV_per_A: float | None = Field(description="on held-out frames, mean over the members")
    force_rmse_interval_eV_per_A: list[float] | None = Field(
        description="at 95 % confidence, by frames of the same runs; of other runs it says nothing"
    )
    energy_rmse_meV_per_atom: float | None = Field(description="on held-out frames, mean over the members")
    virial_rmse_meV_per_atom: float | None = Field(description="on held-out frames with virials, mean over the members")
    energy_rmse_range_meV_per_atom: list[float] | None = Field(description="of the best and the worst member")
    virial_rmse_range_meV_per_atom: list[float] | None = Field(description="of the best and the worst member")
    force_rmse_per_model: dict[str, float] = Field(description="on held-out frames, eV/Å")
    max_force_deviation: Quantiles
    n_explored: Count = Field(description="frames looked at; accurate + candidate + failed")
    n_with_deviation: Count = Field(description="of these, physical frames: deviations and their quantiles are of them")
    n_candidate: Count = Field(description="inside the trust window")
    n_accurate: Count = Field(description="below the lower trust level")
    n_failed: Count = Field(description="above the upper trust level, or not physical")
    n_selected: Count = Field(description="chosen for their deviation")
    n_control: Count = Field(description="drawn at random to measure what the choice is worth")
    n_not_chosen: Counts = Field(description="explored frames that were not chosen, by reason; n_selected is the rest")
    n_runs_ended: Counts = Field(description="MD runs by how they ended, such as completed or deviation_hopeless")
    n_labelled: Count = Field(description="of the chosen and the random ones")
    n_reused: Count = Field(description="of these, labels that the profile held already: not computed again")
    n_rejected: Counts = Field(description="frames without a label, by reason")
    true_force_error_eV_per_A: TrueError
    choice_ratio: Ratio | None
    reached: list[ExploredRun]
    wall_s: Walls


class SeedLabels(Strict):
    """What was labelled before the first training, by task."""

    n_labelled: Counts
    n_reused: Count = Field(description="of all tasks, labels that the profile held already: not computed again")
    n_rejected: dict[str, Counts]
    wall_s: float


class HeldOut(Strict):
    """The frames that no training sees."""

    n_frames: Count
    source: str
    force_rms_eV_per_A: float | None = Field(description="of the labels, all components: the error of a model of zero")


class Engine(Strict):
    """How well the campaign used its wall time, from what the scripts of its jobs say; null where none was timed."""

    share_outside_codes: float | None = Field(description="of the wall time, in which no job computed")
    seconds_per_job: float | None = Field(description="that time, a job")
    share_of_cores: float | None = Field(description="CPU time over wall time times n_cores")
    n_cores: int | None = Field(description="the most cores that jobs had at one time")
    n_jobs: Count
    n_timed: Count = Field(description="of these, jobs that were not cut off")


class Criterion(Strict):
    """One criterion of the newest verdict."""

    name: str
    met: bool
    found: float | None
    limit: float | None
    words: str = Field(description="what was found and what is asked")


class Verdict(Strict):
    """What the newest verdict says; empty before the first."""

    criteria: list[Criterion]
    blocking: str | None = Field(description="what converging waits for; null if nothing is asked, or all is met")
    left_out: dict[str, str | None] = Field(description="systems that failed while others went on, and why")
    failing: dict[str, str] = Field(description="systems that failed in the last cycle and get another chance, and why")


class Relation(Strict):
    """True force RMSE of a frame as level · (deviation / centre)^slope, with a scatter that is even in logarithms."""

    n: Count = Field(description="pairs of deviation and error that it was fitted to")
    centre: float = Field(description="median deviation, eV/Å")
    level: float = Field(description="typical error there, eV/Å")
    slope: float
    scatter: float = Field(description="of log(error)")
    dof: float | None = Field(None, description="degrees of freedom of the scatter; early versions did not say")
    level_error: float = Field(description="standard error of log(level)")
    slope_error: float
    range: list[float] = Field(description="smallest and largest deviation, eV/Å")
    coverage: float = Field(description="share of unseen frames inside the 90 % band")


class Calibration(Strict):
    """What the committee's deviation says of the true error; a relation is null where frames are too few."""

    cycle: int
    n_frames: dict[str, Count] = Field(
        description="different frames by system; each pair of deviation and error that was fitted counts in `n`"
    )
    systems: dict[str, Relation | None]
    elements: dict[str, Relation | None] = Field(description="error of the atoms of one element, all systems together")
    pooled: Relation | None


class FailedJob(Strict):
    """One job that did not end well; what it left to be done may have been done by another."""

    cycle: int
    stage: str
    name: str = Field(description="system or task, where the stage has several")
    pk: int
    exit_status: int | None = Field(description="null for a job that was killed or broke inside the engine")
    cause: str


class Protocol(Strict):
    """Where the values come from that the campaign file does not give."""

    name: str
    description: str = Field(description="for whom it is, and its caveat")


class Structure(Strict):
    """Where a structure comes from; what nobody stated is "not stated"."""

    structure: str
    source: str
    licence: str
    citation: list[str]
    changes: list[str] = Field(description="to what the source holds")
    sha256: str | None = Field(None, description="of a file")
    stated_in_file: dict[str, str] = Field({}, description="identifiers that a CIF states of itself")


class GoesOnFrom(Strict):
    """The campaign that another one goes on from, and what a study did not trust that it was given."""

    pk: int
    name: str
    untrusted: list[int] = Field(description="pks of the sets of frames")
    n_untrusted: Count = Field(description="frames in them; those that were chosen are among the first labels")


class Summary(Report):
    """The figures of one campaign, finished or not."""

    model_config = ConfigDict(extra="forbid")

    name: str
    system: str = Field(description="labels of the systems, comma-separated")
    n_atoms: dict[str, int] = Field(description="by system")
    protocol: Protocol
    structures: dict[str, Structure] = Field(description="by system")
    level_of_theory: str
    energy_reference: str = Field(description="what the energies are relative to")
    seed: int = Field(description="seed of all random numbers")
    n_models: int
    imported: dict[str, Count] = Field(description="frames from elsewhere, `training` and `held_out`; not in any count")
    seed_labels: SeedLabels
    goes_on_from: GoesOnFrom | None = Field(None, description="null for a campaign that began from nothing")
    iterations: list[Iteration]
    held_out: HeldOut
    stop_reason: str | None = Field(description="the criterion that ended the campaign; null if none did")
    verdict: Verdict
    calibration: Calibration | None = Field(description="the newest; null before the first labelled cycle")
    state: str = Field(description="state of the process")
    exit_status: int | None
    exit_message: str | None
    total_labels: int = Field(description="all labels of this campaign, held-out frames included")
    n_reused: int = Field(description="of total_labels, those that were taken from the profile instead of computed")
    n_recovered: Counts = Field(description="labels that needed another way to self-consistency, by rung of the level")
    n_flagged: Count = Field(description="of these, labels whose rung changes the physics, such as smearing")
    failed_jobs: list[FailedJob]
    wall_s: float
    engine: Engine
    campaign_uuid: str
    pk: int
    versions: dict[str, str] = Field(description="of packages and codes, as they were when the campaign ran")
    executables: dict[str, str] = Field(description="of the codes that ran, by label@computer")
