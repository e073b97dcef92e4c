"""What a grid of states found, as one record (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from aiida_zif.plugins.analysis.attribution.bodies import CAUSES
from aiida_zif.plugins.analysis.attribution.exchange import Exchanged
from aiida_zif.plugins.analysis.attribution.shares import BEYOND_NOISE, attribute
from aiida_zif.plugins.analysis.errors import Estimate
from aiida_zif.plugins.analysis.structure.scattering_lengths import DEUTERATED, Radiation, scattering_lengths
from aiida_zif.plugins.data.measured import Measured
from aiida_zif.workflows.engine.seeds import derive_seed
from aiida_zif.workflows.properties.states.report import Decomposition, Share, State
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
    "with bonds kept, deformed linkers and vibrations: it is what the three causes do not explain."
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
    shares = replicas[0].concentrations
    numbers = {element: round(share * 1_000_000) for element, share in shares.items()}
    for radiation in MEASURES:
        isotopes = DEUTERATED if radiation == "neutron" and deuterated and "H" in shares else None
        lengths = scattering_lengths(numbers, radiation, isotopes)
        weights = {element: float(lengths.of(element, np.zeros(1))[0]) for element in shares}
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
            shares=[_share(index, cause, found.shares, found.alone, found.last) for index, cause in enumerate(CAUSES)]
            if found.significant
            else [],
            rotation=_mean([one.rotation for one in replicas], "°"),
            swing=_mean([one.swing for one in replicas], "°"),
            changed_bonds=_mean([one.changed for one in replicas], ""),
            volume=_mean([one.volume for one in replicas], ""),
        )


def limits_of(n_replicas: int, found: Sequence[Decomposition]) -> Iterator[str]:
    """Yield what the numbers cannot say."""
    if n_replicas < 3:
        yield f"There are {n_replicas} replicas: three and more make an error over replicas that can be trusted."
    weak = sorted({one.state for one in found if not one.significant})
    if weak:
        yield (
            f"The change to {', '.join(weak)} is less than {BEYOND_NOISE:g} times what sampling makes in one of the "
            "measures: its shares are not stated there."
        )
    yield (
        "Angles that linkers have turned by are those between two frames: vibrations are in them, as they are between "
        "two frames of one state."
    )


def _share(index: int, cause: str, *found: Estimate) -> Share:
    share, alone, last = (
        _one(Estimate(one.mean[index], one.error[index], one.n[index], one.freedom[index], one.error_from, one.remark))
        for one in found
    )
    return Share.model_validate({"cause": cause, "share": share, "alone": alone, "last": last})


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
