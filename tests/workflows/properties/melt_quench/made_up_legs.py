"""Legs as a melt-quench would bring them back, with known transitions: no code runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from aiida_zif.plugins.lammps.production.report import Linkers, ProductionReport, StageDone
from aiida_zif.plugins.lammps.production.series import Series
from aiida_zif.workflows.properties.melt_quench.evaluation.legs import LegResult
from aiida_zif.workflows.properties.melt_quench.naming import Leg
from aiida_zif.workflows.properties.melt_quench.plan import BLOCKS, parameters_of, stages_of
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings

N_ATOMS = 272
TG_AT_10, DECADE = 700.0, 40.0
"""K at 10 K/ps in the mean, and K a decade of the rate."""
ONSET = 1000.0
"""K; where a tenth of the metals have lost a bond."""


def settings(**own: Any) -> MeltQuenchSettings:
    """Settings of a melt-quench of ZIF-4 with three rates over a decade and three replicas."""
    given = {"rates": [5.0, 20.0, 50.0], "replicas": 3, "timestep": 0.5, "thermostat_time": 50.0, "seed": 4,
             "barostat_time": 500.0, "system": "zif4"}  # fmt: skip
    return MeltQuenchSettings.model_validate({**given, **own})


def tg_of(leg: Leg) -> float:
    """The true transition of a quench: replicas differ by 60 K."""
    assert leg.rate is not None
    return TG_AT_10 + DECADE * np.log10(leg.rate / 10.0) + 60.0 * (leg.replica - 1)


def density(leg: Leg, name: str, target: np.ndarray) -> np.ndarray:
    """g/cm³."""
    if leg.is_melt:
        return 1.26 - 7e-5 * (target - 300.0)
    away = target - tg_of(leg)
    return 1.36 - 3e-5 * away - 2e-4 * (away / 2 + np.sqrt(away**2 / 4 + 900.0))


def four_fold(name: str, target: np.ndarray, melts: bool) -> np.ndarray:
    """Share of four-fold metals."""
    lost = np.maximum(0.0, target - ONSET + 100.0) * 1e-3 if melts else np.zeros_like(target)
    return 1.0 - lost if name in ("crystal", "heating", "melt", "quench") else np.full_like(target, 0.95)


def leg_result(leg: Leg, wanted: MeltQuenchSettings, melts: bool = True, **ended: Any) -> LegResult:
    """A leg that came to its end, or that ended as is said (``ended``, ``n_steps``)."""
    stages, arrays, step = [], [], 0
    random = np.random.default_rng(parameters_of(wanted, leg, 2)["seed"])
    n_steps = ended.get("n_steps", sum(stage["steps"] for stage in stages_of(wanted, leg)))
    for index, stage in enumerate(stages_of(wanted, leg)):
        last, done = step + stage["steps"], int(np.clip(n_steps - step, 0, stage["steps"]))
        stages.append(
            StageDone(
                name=stage["name"], kind=stage["kind"], first_step=step, last_step=last, n_steps_done=done,
                temperature=stage["temperature"], n_looks=done // wanted.sample_every,
                n_untrusted=3 if stage["name"] == "melt" else 0, max_deviation=0.1 * (index + 1),
            )
        )  # fmt: skip
        if done:
            arrays.append(blocks(leg, stage, index, step, step + done, wanted, melts, random))
        step = last
    report = ProductionReport(
        system=wanted.system, n_atoms=N_ATOMS, n_models=2, driver=0, stages=stages, n_steps=n_steps,
        n_steps_requested=step, ended=ended.get("ended", "completed"), timestep=wanted.timestep,
        sample_every=wanted.sample_every, n_looks=n_steps // wanted.sample_every, n_untrusted=3,
        linkers=Linkers(n=32), coordination_cutoff=2.5, wall_s=100.0, n_parts=4, n_jobs=1,
    )  # fmt: skip
    joined = {name: np.concatenate([one[name] for one in arrays]) for name in arrays[0]} if arrays else {}
    return LegResult(leg, report, Series.from_arrays(joined) if joined else None)


def blocks(
    leg: Leg, stage: Any, index: int, first: int, last: int, wanted: MeltQuenchSettings, melts: bool, random: Any
) -> dict[str, np.ndarray]:
    """The blocks of one stage, with noise."""
    edges = np.linspace(first, last, BLOCKS + 1).round().astype(int)
    share = (edges[1:] + edges[:-1] - 2 * first) / 2 / (stage["steps"])
    start, end = stage["temperature"]
    target = start + share * (end - start)
    noise = random.standard_normal
    value = density(leg, stage["name"], target)
    heat = -np.where(leg.is_melt, 0.0, 1.0) * 400.0 * (value - 1.36) + 0.05 * (target - 300.0) + 0.5 * (not leg.is_melt)
    return {
        "first_step": edges[:-1], "last_step": edges[1:], "stage": np.full(BLOCKS, index), "n": np.full(BLOCKS, 9),
        "time_ps": (edges[1:] + edges[:-1]) * wanted.timestep / 2000.0, "end_ps": edges[1:] * wanted.timestep / 1000.0,
        "temperature": target + 3 * noise(BLOCKS), "pressure": 0.01 * noise(BLOCKS),
        "density": value + 0.002 * noise(BLOCKS), "enthalpy": -6.0e4 + heat + 0.5 * noise(BLOCKS),
        "coordination": 4 * four_fold(stage["name"], target, melts) + 0.005 * noise(BLOCKS),
        "four_fold": four_fold(stage["name"], target, melts) + 0.005 * noise(BLOCKS),
        "deviation_mean": 0.1 + 1e-4 * target + 0.01 * noise(BLOCKS),
    }  # fmt: skip
