"""What a melt-quench found: its legs, states with errors, transitions, memory, voids, and a verdict (no AiiDA)."""

from __future__ import annotations

from typing import Any, Literal

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.data.record import Entry, Report

StateName = str
"""``crystal``, ``melt``, or a glass by its rate in K/ps, such as ``glass@20``."""

CRYSTAL: StateName = "crystal"
MELT: StateName = "melt"


def glass_at(rate: float) -> StateName:
    """Return the name of the glass of a rate in K/ps."""
    return f"glass@{rate:g}"


class LegDone(Entry):
    """One trajectory: the melt of a replica, or a quench from its end.

    :param name: such as ``melt_0`` or ``quench_0_at_20``.
    :param rate: of the quench, K/ps; None for a melt.
    :param process: UUID of its ``zif.md``.
    :param ended: ``completed``, or what ended it; ``not_run`` where its melt failed.
    :param detail: for reading.
    :param n_jobs: jobs that it took.
    :param max_deviation: largest force deviation of the committee, eV/Å.
    :param worst_stage: the stage where that was.
    :param n_broken_looks: looks at which a linker was not whole.
    """

    name: str
    replica: int
    rate: float | None = None
    process: str | None = None
    ended: str
    detail: str = ""
    seed: int | None = None
    n_steps: int = 0
    n_steps_requested: int | None = None
    n_jobs: int | None = None
    wall_s: float | None = None
    n_looks: int = 0
    n_untrusted: int = 0
    max_deviation: float | None = None
    worst_stage: str | None = None
    n_broken_looks: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether it came to its end."""
        return self.ended == "completed"


class State(Entry):
    """One state with its errors: replicas first, blocks of one replica where there is no other.

    :param temperature: K.
    :param pressure: GPa.
    :param density: g/cm³.
    :param enthalpy: per atom, eV.
    :param above_crystal: enthalpy above that of the crystal, paired within replicas, meV/atom; not of the crystal.
    :param coordination: nitrogens within the cut-off of a metal, a number.
    :param four_fold: share of metals with exactly four.
    :param deviation: mean over looks of the largest force deviation, eV/Å; not of one model.
    :param drifting: field of a quantity that still changes while it is averaged → by how much, second half less first.
    """

    temperature: Measured = Measured()
    pressure: Measured = Measured()
    density: Measured = Measured()
    enthalpy: Measured = Measured()
    above_crystal: Measured | None = None
    coordination: Measured = Measured()
    four_fold: Measured = Measured()
    deviation: Measured | None = None
    drifting: dict[str, Measured] = {}


class Transition(Entry):
    """A temperature of melting or of the glass, K: the mean over replicas, and those of the replicas.

    :param method: how it was found, in words.
    :param by_replica: keys are replicas; what has no kink has no value, and its remark says so.
    """

    temperature: Measured
    method: str
    by_replica: dict[str, Measured] = {}


class RateSlope(Entry):
    """Change of the glass transition with the rate; never extrapolated.

    :param slope: K a decade of the rate; its value is None where it cannot be fitted, and the remark says why.
    :param rates: K/ps, that it was fitted to.
    """

    slope: Measured
    rates: list[float] = []
    method: str = ""


class Memory(Entry):
    """Whether the melt forgot the crystal, by criteria that were stated before the run.

    :param bonds_kept: share of the crystal's bonded nitrogens whose nearest metal is still that of the crystal, at the
        end of the hold.
    :param net_kept: share of the crystal's pairs of metals with a linker between them that still have one.
    :param bonds_by_chance: share that would be kept if metals were dealt out at random; net_by_chance likewise.
    :param displacement: root mean square displacement of the linkers from the crystal, Å, by the shortest way.
    :param cage: diameter of the largest sphere that fits into the crystal, Å.
    :param criteria: the settings, as they were.
    :param forgot: None where it could not be decided.
    :param why: in words.
    """

    bonds_kept: Measured = Measured()
    net_kept: Measured = Measured()
    bonds_by_chance: float | None = None
    net_by_chance: float | None = None
    displacement: Measured = Measured(unit="Å")
    cage: float | None = None
    criteria: dict[str, float] = {}
    forgot: bool | None = None
    why: str = ""


class Void(Entry):
    """Diameter of the largest sphere that fits between the atoms of a glass, beside that of the crystal; Å.

    :param largest_sphere: mean over replicas.
    :param of_crystal: at the temperature of the crystal.
    :param largest_allowed: the largest that is still a pore, as stated before the run.
    :param passed: whether no replica has a hole; None where it could not be decided.
    """

    largest_sphere: Measured = Measured(unit="Å")
    of_crystal: float | None = None
    largest_allowed: float | None = None
    passed: bool | None = None
    why: str = ""


class LinkersKept(Entry):
    """Linkers of one cell, and at how many looks of all legs one of them was not whole."""

    n: int | None = None
    n_looks: int = 0
    n_broken_looks: int = 0
    passed: bool | None = None
    why: str = ""


class Trust(Entry):
    """How often the committee disagreed by more than the level; shares are of all looks.

    :param level: eV/Å; None where no frame was asked for.
    :param share_by_stage: share of the looks of a stage above the level, all legs together.
    :param n_returned: frames in the output ``untrusted``.
    """

    level: float | None = None
    n_models: int = 1
    n_looks: int = 0
    n_untrusted: int = 0
    n_returned: int = 0
    share: float | None = None
    share_by_stage: dict[str, float] = {}
    worst_stage: str | None = None
    max_deviation: float | None = None


class ForceField(Entry):
    """The committee: how many models, and which.

    :param uuids: of the models in the order of their labels; the first drives.
    """

    n_models: int
    uuids: list[str] = []
    type_map: list[str] = []
    rcut: float | None = None
    line: str = ""


Kind = Literal["completed", "partly", "failed"]


class GlassReport(Report):
    """The output ``report`` of ``zif.melt_quench``.

    :param system: label of the framework.
    :param formula: of the cell that was run, Hill's order.
    :param supercell: repeats or matrix that made it.
    :param schedule: in words, as it was run.
    :param rates: of the quench, K/ps.
    :param states: by name, see :func:`glass_at`.
    :param tg: glass transition by the density, by the name of the glass; ``tg_by_enthalpy`` likewise.
    :param voids: by the name of the glass.
    :param is_glass: whether every check that could be made was passed; None where one could not be made.
    :param verdict: one or more sentences.
    :param limits: what this protocol cannot reach, a sentence each.
    """

    system: str
    formula: str
    n_atoms: int
    n_metals: int = 0
    supercell: list[Any] = []
    protocol: str = ""
    schedule: list[str] = []
    seed: int | None = None
    force_field: ForceField
    coordination_cutoff: float | None = None
    n_replicas: int
    rates: list[float]
    outcome: Kind = "completed"
    legs: list[LegDone] = []
    states: dict[StateName, State] = {}
    onset: Transition | None = None
    tg: dict[StateName, Transition] = {}
    rate_slope: RateSlope | None = None
    tg_by_enthalpy: dict[StateName, Transition] = {}
    rate_slope_by_enthalpy: RateSlope | None = None
    memory: Memory = Memory()
    voids: dict[StateName, Void] = {}
    linkers: LinkersKept = LinkersKept()
    trust: Trust = Trust()
    is_glass: bool | None = None
    verdict: str = ""
    limits: list[str] = []
    n_steps: int = 0
    simulated_ns: float = 0.0
    wall_s: float | None = None
