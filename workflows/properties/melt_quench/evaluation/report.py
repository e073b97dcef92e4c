"""The whole report of a melt-quench (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aiida_zif.plugins.analysis.network.linkers import formula
from aiida_zif.plugins.physics.elements import NON_METALS
from aiida_zif.workflows.campaign.supercell import CellChoice
from aiida_zif.workflows.properties.melt_quench.evaluation.checks import legs_done, linkers_of, trust_of
from aiida_zif.workflows.properties.melt_quench.evaluation.legs import LegResult
from aiida_zif.workflows.properties.melt_quench.evaluation.memory import Frames, memory_of
from aiida_zif.workflows.properties.melt_quench.evaluation.states import states_of
from aiida_zif.workflows.properties.melt_quench.evaluation.transitions import glass_transitions, onset_of
from aiida_zif.workflows.properties.melt_quench.evaluation.verdict import limits_of, verdict_of
from aiida_zif.workflows.properties.melt_quench.evaluation.voids import Voids, cage_of, voids_of
from aiida_zif.workflows.properties.melt_quench.plan import schedule_in_words
from aiida_zif.workflows.properties.melt_quench.report import ForceField, GlassReport, Kind
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings


@dataclass(frozen=True)
class Found:
    """Everything that the legs brought back.

    :param symbols: of the cell that was run.
    :param crystal: that cell, one frame.
    :param choice: how it was made of the crystal that was given.
    :param legs: all legs, in the order of the plan.
    :param melts: frames of the hold by replica.
    :param crystal_voids: largest voids of the equilibrated crystals by replica; glass_voids: of the glasses by rate.
    :param n_returned: frames that the committee was not trusted in and that came back.
    """

    symbols: Sequence[str]
    crystal: Frames
    choice: CellChoice
    force_field: ForceField
    legs: Sequence[LegResult]
    melts: Mapping[int, Frames]
    crystal_voids: Voids
    glass_voids: Mapping[float, Voids]
    n_returned: int


def glass_report(found: Found, settings: MeltQuenchSettings) -> GlassReport:
    """Return the report, verdict and limits included."""
    n_atoms, legs = len(found.symbols), found.legs
    cage = cage_of(found.crystal_voids)
    by_density, slope = glass_transitions(legs, settings, "density")
    by_enthalpy, slope_by_enthalpy = glass_transitions(legs, settings, "enthalpy")
    done = legs_done(legs, settings)
    steps = sum(leg.n_steps for leg in done)
    report = GlassReport(
        system=settings.system,
        formula=formula(list(found.symbols)),
        n_atoms=n_atoms,
        n_metals=sum(symbol not in NON_METALS for symbol in found.symbols),
        supercell=found.choice.value,
        protocol=settings.protocol,
        schedule=schedule_in_words(settings),
        seed=settings.seed,
        force_field=found.force_field,
        coordination_cutoff=settings.coordination_cutoff,
        n_replicas=settings.replicas,
        rates=sorted(settings.rates),
        outcome=_outcome([leg.is_complete for leg in legs]),
        legs=done,
        states=states_of(legs, settings, n_atoms),
        onset=onset_of(legs, settings.seed),
        tg=by_density,
        rate_slope=slope,
        tg_by_enthalpy=by_enthalpy,
        rate_slope_by_enthalpy=slope_by_enthalpy,
        memory=memory_of(found.symbols, found.crystal, found.melts, cage, settings),
        voids=voids_of(found.crystal_voids, found.glass_voids, settings),
        linkers=linkers_of(legs),
        trust=trust_of(legs, settings, found.force_field.n_models, found.n_returned),
        n_steps=steps,
        simulated_ns=steps * settings.timestep * 1e-6,
        wall_s=sum(leg.wall_s or 0.0 for leg in done),
    )
    is_glass, words = verdict_of(report)
    limits = limits_of(report, settings, np.asarray(found.crystal[1][0]))
    return report.model_copy(update={"is_glass": is_glass, "verdict": words, "limits": limits})


def _outcome(complete: Sequence[bool]) -> Kind:
    return "completed" if all(complete) else "partly" if any(complete) else "failed"
