"""The rows of the table: what was computed beside literature, frames and measured curves (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.physics.elements import NON_METALS
from aiida_zif.plugins.physics.geometry import AMU_PER_A3_IN_G_PER_CM3
from aiida_zif.workflows.properties.structure.curves import Curve, Curves
from aiida_zif.workflows.properties.structure.quantities import QUANTITIES
from aiida_zif.workflows.properties.structure.report import StructureReport
from aiida_zif.workflows.properties.validation.comparing import Circumstances, judged, z_score
from aiida_zif.workflows.properties.validation.curves import (
    converted,
    lengths_of,
    measured_peak,
    r_factor,
    stated_normalisation,
)
from aiida_zif.workflows.properties.validation.facts import Facts
from aiida_zif.workflows.properties.validation.report import Kind, ValidationReport, ValidationRow
from aiida_zif.workflows.properties.validation.settings import (
    Computed,
    CurveReference,
    FramesReference,
    Reference,
    ValidationSettings,
)

NOT_COMPARED = ("first_minimum", "intact", "free", "bond_lifetime", "exchange_rate", "mean_square_displacement")
"""Quantities of the table of a structure that are cut-offs, checks, or depend on the frames that were kept."""
NEAR = 0.4
"""Å, about a peak of ours where that of a measurement is looked for."""
FIRST_PEAK = 0.3
"""Å⁻¹, the same for the first sharp diffraction peak."""
WORDS = {"F(Q)": "F", "D(r)": "D"}


@dataclass(frozen=True)
class Result:
    """What was computed of one state."""

    about: Computed
    report: StructureReport
    curves: Curves


@dataclass(frozen=True)
class References:
    """What the results stand beside, by the names of the settings."""

    facts: Facts | None
    frames: Mapping[str, tuple[StructureReport, Curves]] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)


def validation_table(
    results: Mapping[str, Result], references: References, settings: ValidationSettings
) -> tuple[ValidationReport, Curves]:
    """Return the table, and the measured curves in the normalisation of ours."""
    rows: list[ValidationRow] = []
    missing: dict[str, str] = {}
    overlays: dict[str, Curve] = {}
    for result in results.values():
        if references.facts is not None:
            rows += _literature(result, references.facts, settings)
        for name, reference in settings.frames.items():
            if _belongs(reference, result.about):
                rows += _frames(result, reference, *references.frames[name], settings)
        for name, curve in settings.curves.items():
            if _belongs(curve, result.about):
                rows += _curve(name, result, curve, references.curves, settings, missing, overlays)
    for name, one in {**settings.frames, **settings.curves}.items():
        if not any(_belongs(one, result.about) for result in results.values()):
            missing[name] = f"nothing was computed of {one.system}, {one.phase}"
    sources = {name: one.source for name, one in {**settings.frames, **settings.curves}.items()}
    limits = [] if settings.level else ["The level of theory of the labels is not known: no simulation is comparable."]
    report = ValidationReport(rows=rows, sources=sources, missing=missing, limits=limits)
    return report, Curves(overlays)


def circumstances(result: Result, level: str) -> Circumstances:
    """Return what our numbers depend on."""
    about, density = result.about, result.report.measured("density")
    return Circumstances(
        level, about.temperature, about.phase, about.rate, result.report.n_atoms, density.value if density else None
    )


def _belongs(reference: Reference, about: Computed) -> bool:
    return (reference.system, reference.phase) == (about.system, about.phase)


def _row(
    result: Result,
    quantity: str,
    of: str,
    ours: Measured,
    reference: Measured | None,
    kind: Kind,
    source: str,
    verdict: tuple[bool, str],
) -> ValidationRow:
    comparable, why = verdict
    return ValidationRow(
        quantity=quantity,
        of=of,
        system=result.about.system,
        state=result.about.state,
        ours=ours,
        reference=reference,
        kind=kind,
        source=source,
        comparable=comparable,
        why=why,
        z=z_score(ours, reference) if comparable else None,
    )


def _literature(result: Result, facts: Facts, settings: ValidationSettings) -> Iterator[ValidationRow]:
    """Published numbers of this framework and phase of which ours is known."""
    here = circumstances(result, settings.level)
    for fact in facts.facts:
        if (fact.system, fact.state) != (result.about.framework, result.about.phase):
            continue
        ours = result.report.measured(fact.quantity, fact.of)
        if ours is None:
            continue
        source, measured = facts.sources[fact.source], fact.kind == "measurement"
        there = Circumstances(
            source.level, fact.temperature, fact.state, fact.rate, fact.atoms, fact.density, is_measured=measured
        )
        value = Measured(
            value=fact.value,
            error=fact.error,
            error_from="none" if fact.error is None else "source",
            unit=QUANTITIES[fact.quantity].unit,
            remark=fact.how,
        )
        cited = f"{source.cite}; doi:{source.doi}"
        kind: Kind = "measurement" if measured else "literature"
        yield _row(result, fact.quantity, fact.of, ours, value, kind, cited, judged(fact.quantity, here, there))


def _frames(
    result: Result, reference: FramesReference, report: StructureReport, curves: Curves, settings: ValidationSettings
) -> Iterator[ValidationRow]:
    """Every number that both have, and the R factor of g(r) about metals."""
    here, density = circumstances(result, settings.level), report.measured("density")
    there = Circumstances(
        reference.level,
        reference.temperature,
        reference.phase,
        reference.rate,
        report.n_atoms,
        density.value if density else None,
    )
    for row in result.report.rows:
        other = report.measured(row.quantity, row.of)
        if other is None or row.quantity in NOT_COMPARED or not _has_metal(row.of, row.quantity):
            continue
        verdict = _declared(reference) or judged(row.quantity, here, there)
        yield _row(result, row.quantity, row.of, row.value, other, reference.kind, reference.source, verdict)
    for name in sorted(set(result.curves) & set(curves)):
        if name.startswith("g/") and _has_metal(name.removeprefix("g/"), "first_peak"):
            ours = r_factor(result.curves[name], curves[name], (settings.r_min, settings.r_max))
            verdict = _declared(reference) or judged("r_factor", here, there)
            yield _row(result, "r_factor", name, ours, None, reference.kind, reference.source, verdict)


def _curve(
    name: str,
    result: Result,
    reference: CurveReference,
    curves: Mapping[str, Curve],
    settings: ValidationSettings,
    missing: dict[str, str],
    overlays: dict[str, Curve],
) -> Iterator[ValidationRow]:
    """R factor of a measured curve, and its peaks beside ours."""
    key = f"{WORDS[reference.curve]}/{reference.radiation}"
    if key not in result.curves:
        missing[name] = f"{result.about.state}: {key} was not computed; add scattering to the observables"
        return
    lengths = lengths_of(result.report, reference, settings.structure)
    theirs, said = curves[name], "as measured"
    given, how = stated_normalisation(
        reference, _distances(reference, curves, settings), lengths, _number_density(result)
    )
    if given is None:
        missing[name] = how
        return
    wanted = settings.structure.scattering.normalisation
    if reference.curve == "F(Q)":
        theirs, said = converted(theirs, lengths, given, wanted), f"normalisation {given}, {how}"
    elif given != wanted:
        missing[name] = f"D(r) of normalisation {given} ({how}), ours is of {wanted}; set scattering.normalisation"
        return
    overlays[f"{key}/{name}"] = theirs
    here = circumstances(result, settings.level)
    there = Circumstances("", reference.temperature, reference.phase, None, None, None, is_measured=True)
    within = (settings.q_min, settings.q_max) if reference.curve == "F(Q)" else (settings.r_min, settings.r_max)
    verdict = _declared(reference) or judged("r_factor", here, there)
    ours = r_factor(result.curves[key], theirs, within)
    ours = ours.model_copy(update={"remark": f"{ours.remark}; measured curve: {said}"})
    yield _row(result, "r_factor", key, ours, None, "measurement", reference.source, verdict)
    quantity, width = ("scattering_peak", FIRST_PEAK) if reference.curve == "F(Q)" else ("distance_peak", NEAR)
    for row in result.report.rows:
        mine = row.of == reference.radiation if quantity == "scattering_peak" else reference.radiation == "x-ray"
        if row.quantity == quantity and mine and row.value.value is not None:
            at = row.value.value
            peak = measured_peak(theirs, (at - width, at + width), QUANTITIES[quantity].unit, settings.seed)
            verdict = _declared(reference) or judged(quantity, here, there)
            yield _row(result, quantity, row.of, row.value, peak, "measurement", reference.source, verdict)


def _has_metal(of: str, quantity: str) -> bool:
    """Whether a pair of elements has a metal; distances within a linker say little about a glass."""
    if quantity not in ("first_peak", "coordination"):
        return True
    return any(element not in NON_METALS for element in of.split("-"))


def _declared(reference: Reference) -> tuple[bool, str] | None:
    """What the user says of the comparison."""
    return None if reference.comparable is None else (reference.comparable, f"as declared: {reference.why}")


def _distances(reference: CurveReference, curves: Mapping[str, Curve], settings: ValidationSettings) -> Curve | None:
    """D(r) of the same measurement."""
    return next(
        (
            curves[name]
            for name, one in settings.curves.items()
            if one.curve == "D(r)" and one.measurement == reference.measurement and one.radiation == reference.radiation
        ),
        None,
    )


def _number_density(result: Result) -> float:
    """Atoms per Å³."""
    from ase.data import atomic_masses, atomic_numbers
    from ase.formula import Formula

    density = result.report.measured("density")
    counts = Formula(result.report.formula).count()
    mass = sum(float(atomic_masses[atomic_numbers[element]]) * count for element, count in counts.items())
    assert density is not None
    assert density.value is not None
    return density.value * result.report.n_atoms / (mass * AMU_PER_A3_IN_G_PER_CM3)
