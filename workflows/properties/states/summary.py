"""What a grid of states found, as one record (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from aiida_zif.plugins.analysis.attribution.bodies import CAUSES
from aiida_zif.plugins.analysis.attribution.exchange import Exchanged
from aiida_zif.plugins.analysis.attribution.regression import CAUSES as REGRESSED
from aiida_zif.plugins.analysis.attribution.regression import UNEXPLAINED, explain, points_of
from aiida_zif.plugins.analysis.attribution.shares import BEYOND_NOISE, attribute
from aiida_zif.plugins.analysis.errors import Estimate
from aiida_zif.plugins.analysis.structure.scattering_lengths import DEUTERATED, Radiation, scattering_lengths
from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.words import counted
from aiida_zif.workflows.engine.seeds import derive_seed
from aiida_zif.workflows.properties.states.plan import in_words
from aiida_zif.workflows.properties.states.report import Decomposition, Regression, Share, State
from aiida_zif.workflows.properties.states.settings import StatesSettings
from aiida_zif.workflows.properties.structure.report import StructureReport
from aiida_zif.workflows.properties.structure.statistics import of_numbers

MEASURES: tuple[Radiation, ...] = ("neutron", "x-ray")
"""What the compared curve is weighted by; lengths of nuclei (D in place of H) are nearly alike, X-rays see metals."""

SHOWN = (
    ("density", ""), ("bonded", None), ("four_fold", None), ("bridging_exactly", ""), ("p2_shared_metal", ""),
    ("ring_axis_angle", ""),
)  # fmt: skip
"""Numbers of a structure that stand beside a state; None for those of any metal."""

METHOD = (
    "Each frame is paired with one of the reference state from the same start. Cell, centres with changed metal–N "
    "bonds, orientations of linkers, and the rest are exchanged for those of the partner in all orders; the share of a "
    "cause is the mean drop of the squared difference of D(r) between bodies (Shapley). The rest holds displacements "
    "and vibrations of centres with bonds kept, and deformed linkers: it is what the three causes do not explain. The "
    "regression fits D(r) of blocks of all states by P2 of rings, coordination and density; its shares are the mean "
    "gains of R² over all orders (LMG), and what varies together shares what it explains."
)


def state_of(name: str, at: tuple[float, float], structure: StructureReport | None, uuid: str) -> State:
    """Return one state with its numbers.

    :param at: K and GPa.
    :param structure: the report of its structure, and ``uuid`` of its node.
    """
    measured = {}
    for quantity, of in SHOWN if structure else ():
        for row in structure.rows if structure else ():
            if row.quantity == quantity and of in (None, row.of):
                measured[" ".join(filter(None, [quantity, row.of]))] = row.value
    n_replicas = structure.n_replicas if structure else 0
    return State(name=name, temperature=at[0], pressure=at[1], structure=uuid, n_replicas=n_replicas, measured=measured)


def decompositions(
    reference: str, state: str, replicas: Sequence[Exchanged], settings: StatesSettings, deuterated: bool
) -> Iterator[Decomposition]:
    """Yield the division of the change from the reference to a state, one a measure.

    :param replicas: frames of the state with parts of their partners.
    """
    for radiation, weights in _weights(replicas[0], deuterated).items():
        seed = derive_seed(settings.seed, "decomposition", state, radiation)
        found = attribute(replicas, weights, seed, settings.decomposition.smoothing)
        noise = None if np.isnan(found.noise) else found.noise
        yield Decomposition(
            reference=reference,
            state=state,
            measure=radiation,
            change=_one(found.change, "Å⁻²"),
            noise=Measured(value=noise, unit="Å⁻²", remark="between the halves of the reference, scaled to all frames"),
            significant=found.significant,
            misfit=found.misfit if np.isfinite(found.misfit) else 0.0,
            shares=[_share(index, cause, found.shares, found.alone, found.last) for index, cause in enumerate(CAUSES)]
            if found.significant and found.separable
            else [],
            rotation=_mean([one.rotation for one in replicas], "°"),
            swing=_mean([one.swing for one in replicas], "°"),
            changed_bonds=_mean([one.changed for one in replicas], ""),
            volume=_mean([one.volume for one in replicas], ""),
        )


def regressions(
    replicas: Sequence[Sequence[Exchanged]], settings: StatesSettings, deuterated: bool
) -> Iterator[Regression]:
    """Yield how much of the variance over all states goes with which cause, one a measure.

    :param replicas: of each the states other than the reference.
    """
    for radiation, weights in _weights(replicas[0][0], deuterated).items():
        points = [points_of(states, weights, settings.decomposition.smoothing) for states in replicas]
        found = explain(points, derive_seed(settings.seed, "regression", radiation))
        if found is not None:
            causes = (*REGRESSED, UNEXPLAINED)
            shares = {cause: _one(_part(found, index)) for index, cause in enumerate(causes)}
            n_points = sum(len(variables) for variables, _ in points)
            yield Regression.model_validate({"measure": radiation, "shares": shares, "n_points": n_points})


def _weights(found: Exchanged, deuterated: bool) -> dict[Radiation, dict[str, float]]:
    """What each element scatters, by radiation."""
    shares, weights = found.concentrations, {}
    numbers = {element: round(share * 1_000_000) for element, share in shares.items()}
    for radiation in MEASURES:
        isotopes = DEUTERATED if radiation == "neutron" and deuterated and "H" in shares else None
        lengths = scattering_lengths(numbers, radiation, isotopes)
        weights[radiation] = {element: float(lengths.of(element, np.zeros(1))[0]) for element in shares}
    return weights


def limits_of(settings: StatesSettings, found: Sequence[Decomposition]) -> Iterator[str]:
    """Yield what the numbers cannot say."""
    if settings.replicas < 3:
        yield f"Errors: {counted(settings.replicas, 'replica')}; an error over replicas needs three or more."
    if settings.coupling == "iso":
        yield (
            "Cell shape: fixed (coupling iso). A framework that closes its pores changes it, as ZIF-4 does below 140 K "
            "and above 28 MPa. Use aniso or tri for such states."
        )
    weak = sorted({one.state for one in found if not one.significant})
    if weak:
        yield (
            f"Noise: the change to {', '.join(map(in_words, weak))} is less than {BEYOND_NOISE:g} times the noise of "
            "sampling in one of the measures; no shares are stated for it."
        )
    apart = sorted({one.state for one in found if one.significant and not one.shares})
    if apart:
        yield (
            f"Distance: {', '.join(map(in_words, apart))} is too far from the reference; with exchanged parts, atoms "
            "would collide. In one of the measures no shares are stated for it; see the regression over all states."
        )
    yield (
        "Rotation: librations of rings are rotations. Angles by which linkers turned are those between two frames, as "
        "there are between frames of one state, and the share of ring reorientation contains what a temperature adds."
    )


def _share(index: int, cause: str, *found: Estimate) -> Share:
    share, alone, last = (_one(_part(one, index)) for one in found)
    return Share.model_validate({"cause": cause, "share": share, "alone": alone, "last": last})


def _part(found: Estimate, index: int) -> Estimate:
    numbers = (found.mean[index], found.error[index], found.n[index], found.freedom[index])
    return Estimate(*numbers, found.error_from, found.remark)


def _one(found: Estimate, unit: str = "") -> Measured:
    error = float(found.error) if np.isfinite(found.error) else None
    return Measured(
        value=float(found.mean),
        error=error,
        error_from="bootstrap" if error is not None else "none",
        n=round(float(found.n)),
        unit=unit,
        remark=found.remark,
    )


def _mean(series: Sequence[np.ndarray], unit: str) -> Measured:
    """Mean over replicas of what is known by blocks."""
    return of_numbers(series, unit)
