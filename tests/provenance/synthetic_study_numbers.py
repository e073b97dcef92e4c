"""Numbers as a melt and quench, its structure and its comparisons would report them; no node is stored."""

from __future__ import annotations

from typing import Any

import numpy as np

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.lammps.production.report import ProductionReport, StageDone
from aiida_zif.plugins.lammps.production.series import QUANTITIES, Series
from aiida_zif.workflows.properties.melt_quench import report as glass
from aiida_zif.workflows.properties.melt_quench.naming import Leg
from aiida_zif.workflows.properties.states import report as grid
from aiida_zif.workflows.properties.structure.curves import Curve, Curves
from aiida_zif.workflows.properties.structure.report import Row, StructureReport
from aiida_zif.workflows.properties.validation.report import ValidationReport, ValidationRow

RATES = (20.0, 50.0, 100.0)
REPLICAS = 3
N_ATOMS = 272
LEVEL = 0.5
BLOCKS = 24
ENERGY = -220.0
"""eV per atom."""

MELT_STAGES = (("crystal", "npt", 300, 300), ("heating", "ramp", 300, 1500), ("melt", "hold", 1500, 1500))
QUENCH_STAGES = (("quench", "ramp", 1500, 300), ("relax_npt", "npt", 300, 300), ("relax_nvt", "nvt", 300, 300))


def measured(value: float, error: float, unit: str = "", n: int = REPLICAS, **kwargs: Any) -> Measured:
    """Return a value over replicas."""
    return Measured(value=value, error=error, error_from="replicas", n=n, unit=unit, **kwargs)


def density_of(temperature: np.ndarray, leg: Leg) -> np.ndarray:
    """Return a density that falls on heating, and is higher after the quench, the more the slower it was."""
    if leg.rate is None:
        return 1.26 - 7e-5 * (temperature - 300) - 0.05 / (1 + np.exp(-(temperature - 1050) / 40))
    extra = 0.06 * (2.4 - np.log10(leg.rate))
    return 1.165 + extra + 9e-5 * np.minimum(1500 - temperature, 700) + 3e-5 * np.maximum(800 - temperature, 0)


def series_of(leg: Leg, rng: np.random.Generator, blocks: int = BLOCKS) -> Series:
    """Return the series of a trajectory."""
    stages = MELT_STAGES if leg.is_melt else QUENCH_STAGES
    target = np.concatenate([np.linspace(first, last, blocks) for _, _, first, last in stages])
    n = len(target)
    temperature = target + rng.normal(0, 6, n)
    hot = 1 / (1 + np.exp(-(temperature - 1000) / 90))
    coordination = 4 - (0.38 if leg.is_melt else 0.34) * hot + rng.normal(0, 0.008, n)
    means = {name: np.full(n, np.nan) for name in QUANTITIES}
    means |= {
        "temperature": temperature,
        "pressure": rng.normal(0, 0.02, n),
        "density": density_of(temperature, leg) + rng.normal(0, 0.003, n),
        "enthalpy": N_ATOMS * (ENERGY + 2.6e-4 * (temperature - 300) + 0.004 * (not leg.is_melt) + 0.02 * hot),
        "coordination": coordination,
        "four_fold": np.clip(1 - 0.3 * hot, 0, 1),
        "deviation_mean": 0.08 + 0.32 * hot + rng.normal(0, 0.01, n),
        "deviation_max": 0.12 + 0.5 * hot,
    }
    steps = np.arange(n) * 100
    return Series(
        first_step=steps,
        last_step=steps + 100,
        time_ps=steps * 5e-4,
        end_ps=(steps + 100) * 5e-4,
        stage=np.repeat(np.arange(len(stages)), blocks),
        n=np.full(n, 5),
        means=means,
        stds={name: np.full(n, np.nan) for name in QUANTITIES},
    )


def production_report(leg: Leg, **changes: Any) -> ProductionReport:
    """Return the report of a trajectory that came to its end."""
    stages = [
        StageDone(
            name=name,
            kind=kind,
            first_step=index * 2400,
            last_step=(index + 1) * 2400,
            n_steps_done=2400,
            temperature=(first, last),
            pressure=(0.0, 0.0) if kind != "nvt" else None,
            n_looks=120,
            n_untrusted=9 if name == "melt" else 0,
            max_deviation=0.9 if name == "melt" else 0.3,
        )
        for index, (name, kind, first, last) in enumerate(MELT_STAGES if leg.is_melt else QUENCH_STAGES)
    ]
    content: dict[str, Any] = {
        "system": "zif4", "n_atoms": N_ATOMS, "n_models": 3, "driver": 0, "stages": stages, "n_steps": 7200,
        "n_steps_requested": 7200, "ended": "completed", "timestep": 0.5, "sample_every": 20, "deviation_every": 20,
        "n_looks": 360, "n_untrusted": 9 if leg.is_melt else 0, "trust": LEVEL, "coordination_cutoff": 2.5,
        "wall_s": 600.0, "steps_per_s": 12.0, "n_parts": 20, "n_jobs": 1, "lammps_version": "22 Jul 2025",
    }  # fmt: skip
    return ProductionReport.model_validate({**content, **changes})


def state(temperature: float, density: float, above: float | None, coordination: float, deviation: float) -> Any:
    """Return a state with its errors."""
    return glass.State(
        temperature=measured(temperature, 1.3, "K"),
        pressure=measured(0.004, 0.012, "GPa"),
        density=measured(density, 0.0123, "g/cm³", committee=0.006),
        enthalpy=measured(ENERGY + (above or 0) / 1000, 0.0009, "eV"),
        above_crystal=None if above is None else measured(above, 0.6, "meV/atom"),
        coordination=measured(coordination, 0.021),
        four_fold=measured(min(1.0, coordination - 3.0), 0.019),
        deviation=measured(deviation, 0.011, "eV/Å"),
    )


def glass_report(process: dict[str, str], **changes: Any) -> glass.GlassReport:
    """Return the report of a melt and quench that made a glass.

    :param process: UUID of every trajectory by the label of its leg.
    """
    legs = [Leg(r) for r in range(REPLICAS)] + [Leg(r, rate) for rate in RATES for r in range(REPLICAS)]
    tg = {20.0: 812.0, 50.0: 846.0, 100.0: 871.0}
    content: dict[str, Any] = {
        "system": "zif4",
        "formula": "C96H96N64Zn16",
        "n_atoms": N_ATOMS,
        "n_metals": 16,
        "supercell": [1, 1, 1],
        "protocol": "fast",
        "schedule": ["equilibrate 10 ps at 300 K", "heat to 1500 K in 20 ps", "hold 50 ps", "quench", "relax 20 ps"],
        "seed": 11,
        "force_field": glass.ForceField(n_models=3, uuids=["a", "b", "c"], type_map=["C", "H", "N", "Zn"], rcut=6.0),
        "coordination_cutoff": 2.5,
        "n_replicas": REPLICAS,
        "rates": list(RATES),
        "legs": [
            glass.LegDone(
                name=leg.label(), replica=leg.replica, rate=leg.rate, process=process.get(leg.label()),
                ended="completed", seed=100 + index, n_steps=7200, n_steps_requested=7200, n_jobs=1, wall_s=600.0,
                n_looks=360, n_untrusted=9 if leg.is_melt else 0, max_deviation=0.9 if leg.is_melt else 0.31,
                worst_stage="melt" if leg.is_melt else "quench",
            )
            for index, leg in enumerate(legs)
        ],
        "states": {
            "crystal": state(300.4, 1.2612, None, 4.0, 0.081),
            "melt": state(1499.0, 1.1731, 118.0, 3.62, 0.41),
            **{glass.glass_at(rate): state(300.2, 1.39 - 0.0006 * rate, 4.1 + rate / 50, 3.97, 0.09) for rate in RATES},
        },
        "onset": glass.Transition(
            temperature=measured(1043.0, 18.0, "K"),
            method="first block whose density leaves the line of the crystal by four standard deviations",
            by_replica={str(r): Measured(value=1030.0 + 13 * r, unit="K") for r in range(REPLICAS)},
        ),
        "tg": {
            glass.glass_at(rate): glass.Transition(
                temperature=measured(value, 21.0, "K"),
                method="kink of two lines fitted to the enthalpy",
                by_replica={"0": measured(value - 9, 30.0, "K"), "1": Measured(unit="K", remark="no kink")},
            )
            for rate, value in tg.items()
        },
        "rate_slope": glass.RateSlope(
            slope=Measured(value=84.0, error=17.0, error_from="fit", n=9, unit="K per decade"),
            rates=list(RATES),
            method="line against log10 of the rate, replicas paired",
        ),
        "memory": glass.Memory(
            bonds_kept=measured(0.31, 0.04), net_kept=measured(0.22, 0.05), bonds_by_chance=0.06,
            displacement=measured(4.8, 0.4, "Å"), cage=4.94,
            criteria={"bonds_kept": 0.5, "net_kept": 0.5, "displacement": 0.5}, forgot=True,
            why="all three criteria hold",
        ),
        "voids": {
            glass.glass_at(rate): glass.Void(
                largest_sphere=measured(5.1, 0.2, "Å"), free_sphere=measured(1.9, 0.1, "Å"), of_crystal=4.94,
                largest_allowed=7.41, passed=True,
            )
            for rate in RATES
        },
        "linkers": glass.LinkersKept(n=32, n_looks=4320, n_broken_looks=3, passed=True),
        "trust": glass.Trust(
            level=LEVEL, n_models=3, n_looks=4320, n_untrusted=27, n_returned=12, share=27 / 4320,
            share_by_stage={"crystal": 0.0, "heating": 0.001, "melt": 0.075, "quench": 0.0}, worst_stage="melt",
            max_deviation=0.9,
        ),
        "is_glass": True,
        "verdict": "zif4 melted at about 1040 K, forgot its crystal, and froze to a glass of 1.378 ± 0.012 g/cm³ at "
        "20 K/ps.",
        "limits": [
            "A cell of 272 atoms cannot show order beyond 7 Å, nor place the first sharp diffraction peak.",
            "Quenches of 20 to 100 K/ps are about 10¹² times faster than in a laboratory; nothing is extrapolated.",
        ],
        "n_steps": 86400,
        "simulated_ns": 0.0432,
        "wall_s": 7200.0,
    }  # fmt: skip
    return glass.GlassReport.model_validate({**content, **changes})


# -- structure -----------------------------------------------------------------------------------------------


def peak(x: np.ndarray, at: float, width: float, height: float) -> np.ndarray:
    """Return a Gaussian."""
    return height * np.exp(-0.5 * ((x - at) / width) ** 2)


def structure_curves(name: str) -> Curves:
    """Return the curves of a state; order fades from crystal to melt."""
    width = {"crystal": 0.06, "melt": 0.22}.get(name, 0.1)
    r, q, angle = np.arange(0.01, 10, 0.02), np.arange(0.3, 20, 0.05), np.arange(0.5, 180, 1.0)
    rise = 1 / (1 + np.exp(-(r - 4.5) / 0.8))

    def curve(x: np.ndarray, y: np.ndarray, error: float, **words: str) -> Curve:
        return Curve(x, y, np.full_like(y, error), n=REPLICAS, error_from="replicas", **words)

    s = 1 + peak(q, 1.1, 0.12, 0.8 * 0.1 / width) - peak(q, 2.3, 0.4, 0.2) + 0.3 * np.sin(2 * q) / q
    return Curves(
        {
            "g/Zn-N": curve(r, peak(r, 1.99, width, 0.9 / width) + rise, 0.05, x_label="r", x_unit="Å", y_label="g"),
            "g/Zn-Zn": curve(r, peak(r, 5.92, 3 * width, 0.6 / width) + 0.6 * rise, 0.05, x_label="r", x_unit="Å"),
            "g/C-N": curve(r, peak(r, 1.36, width, 2 / width) + rise, 0.05, x_label="r", x_unit="Å"),
            "g/H-H": curve(r, rise, 0.02, x_label="r", x_unit="Å"),
            "g/C-H": curve(r, peak(r, 1.08, width, 2 / width) + rise, 0.02, x_label="r", x_unit="Å"),
            "S/x-ray": curve(q, s, 0.01, x_label="Q", x_unit="Å⁻¹"),
            "F/x-ray": curve(q, q * (s - 1), 0.02, x_label="Q", x_unit="Å⁻¹"),
            "F/neutron": curve(q, 0.7 * (s - 1), 0.02, x_label="Q", x_unit="Å⁻¹"),
            "D/x-ray": curve(r, r * (peak(r, 1.99, width, 0.9 / width) + rise - 1), 0.04, x_label="r", x_unit="Å"),
            "angle/N-Zn-N": curve(angle, peak(angle, 109.3, 60 * width, 0.06), 0.001, x_label="angle", x_unit="°"),
            "angle/Zn-centre-Zn": curve(angle, peak(angle, 138, 40 * width, 0.09), 0.001, x_label="angle", x_unit="°"),
            "rings": curve(np.arange(3.0, 13.0), np.array([0, 0.25, 0.05, 1, 0.1, 2, 0.1, 0.2, 0, 0.1]), 0.03,
                           x_label="metals in a ring", y_label="rings a metal"),
        }
    )  # fmt: skip


def structure_report(name: str) -> StructureReport:
    """Return the table of a state."""
    definition = "N within 2.5 Å of the metal, minimum image over all cells"
    ring = "shortest-path rings of the linker graph up to 14 metals, each counted once; a ring lists its metals"
    rows = [
        Row(group="pairs", quantity="coordination", of="Zn-N", value=measured(3.97, 0.02), definition=definition),
        Row(group="pairs", quantity="first_peak", of="Zn-N", value=measured(1.992, 0.004, "Å"), definition="of g(r)"),
        Row(group="angles", quantity="mean_angle", of="N-Zn-N", value=measured(109.3, 0.2, "°"), definition="mean"),
        *(
            Row(
                group="rings",
                quantity="rings_per_metal",
                of=str(size),
                value=measured(0.1 * size, 0.02),
                definition=ring,
            )
            for size in (4, 6, 8)
        ),
        Row(
            group="orientation",
            quantity="p2_sharing_a_metal",
            value=measured(-0.108, 0.012),
            random=Measured(value=0.0, error=0.031, error_from="bootstrap", n=1000),
            definition="mean of (3cos²−1)/2 between normals of linkers at one metal",
        ),
        Row(group="pores", quantity="largest_sphere", value=measured(5.1, 0.2, "Å"), definition="Voronoi, Zeo++"),
    ]
    if name != "crystal":
        value = Measured(unit="ps", remark="no bond broke within the run: longer than 25 ps")
        rows.append(Row(group="dynamics", quantity="bond_lifetime", of="Zn-N", value=value, definition="mean time"))
    return StructureReport(
        system="zif4", state=name, formula="C96H96N64Zn16", n_atoms=N_ATOMS, n_replicas=REPLICAS,
        n_frames={f"replica_{r}": 10 for r in range(REPLICAS)}, rows=rows,
        conventions={"S(Q)": "Faber–Ziman", "D(r)": "Keen"}, limits=["g(r) beyond half the cell repeats its images."],
    )  # fmt: skip


def states_report() -> grid.StatesReport:
    """Return a grid of two temperatures and two pressures."""

    def share(cause: str, value: float, error: float) -> grid.Share:
        one = Measured(value=value, error=error, error_from="bootstrap", n=REPLICAS)
        return grid.Share(cause=cause, share=one, alone=one, last=one)  # type: ignore[arg-type]

    names = ("ring reorientation", "metal–N coordination", "volume", "rest")
    causes = [
        list(zip(names, *values, strict=True))
        for values in [
            ((0.46, 0.07, 0.21, 0.26), (0.06, 0.04, 0.05, 0.07)),
            ((0.31, -0.03, 0.55, 0.17), (0.05, 0.05, 0.06, 0.06)),
        ]
    ]
    states = [("300K_0GPa", 300, 0.0), ("600K_0GPa", 600, 0.0), ("300K_0p5GPa", 300, 0.5), ("600K_0p5GPa", 600, 0.5)]
    return grid.StatesReport(
        system="zif4", start="crystal", reference="300K_0GPa",
        states=[
            grid.State(name=name, temperature=t, pressure=p, structure="", n_replicas=3,
                       measured={"density": measured(1.26 + 0.2 * p, 0.01, "g/cm³")})
            for name, t, p in states
        ],
        decompositions=[
            grid.Decomposition(
                reference="300K_0GPa", state=state, measure="x-ray", change=measured(0.21, 0.01),
                noise=measured(0.04, 0.01), misfit=0.3,
                significant=True, shares=[share(*one) for one in shares], rotation=measured(14.2, 0.8, "°"),
                swing=measured(9.1, 0.7, "°"), changed_bonds=measured(0.02, 0.01), volume=measured(1.02, 0.004),
            )
            for (state, _, _), shares in zip(states[1:3], causes, strict=True)
        ]
        + [
            grid.Decomposition(
                reference="300K_0GPa", state="600K_0p5GPa", measure="x-ray", change=measured(0.05, 0.02),
                noise=measured(0.04, 0.01), misfit=0.3,
                significant=False, rotation=measured(3.0, 2.8, "°"),
                swing=measured(2.0, 1.7, "°"),
                changed_bonds=measured(0.0, 0.0), volume=measured(0.99, 0.004),
            )
        ],
        method="Every cause is undone alone and last; shares are means over the orders (Shapley).",
        failed={"600K_0p5GPa_replica_2": "linkers broken"},
        limits=["Below 140 K and above 28 MPa ZIF-4 closes its pores."],
    )  # fmt: skip


def validation_report() -> ValidationReport:
    """Return a table with a row of every kind."""
    about = {"system": "zif4", "state": "glass_20"}
    return ValidationReport(
        rows=[
            ValidationRow(
                quantity="density", **about, ours=measured(1.378, 0.012, "g/cm³"),
                reference=Measured(value=1.387, error=0.010, error_from="source", unit="g/cm³"), kind="literature",
                source="published deep potential, 5 K/ps, 2176 atoms", comparable=False,
                why="four times slower quench, eight times larger cell",
            ),
            ValidationRow(
                quantity="coordination", of="Zn-N", **about, ours=measured(3.97, 0.02),
                reference=Measured(value=3.93, error=0.03, error_from="source"), kind="published AIMD",
                source="doi 10.1021/acs.chemmater.0c02950", comparable=True, why="same cut-off and size", z=1.1,
            ),
            ValidationRow(
                quantity="first_peak", of="F(Q), x-ray", **about, ours=measured(1.08, 0.03, "Å⁻¹"), reference=None,
                kind="measurement", source="doi 10.1038/nmat4998", comparable=False, why="not stated by the source",
            ),
        ],
        sources={"nmat4998": "X-ray, 31 °C"},
        missing={"my-fq": "no point between 0.8 and 20 Å⁻¹"},
    )  # fmt: skip
