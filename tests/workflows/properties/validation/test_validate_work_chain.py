"""Results beside references in one table, through the whole chain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida import orm
from fake_children import Child, Ending, Run, run_chain

LEVEL = "PBE-D3 of a test"
Q = np.arange(0.6, 15.0, 0.05)


def curve(y: np.ndarray, x: np.ndarray = Q, error: float = 0.01) -> Any:
    from aiida_zif.workflows.properties.structure.curves import Curve

    return Curve(x, y, np.full(len(x), error), "Q", "F(Q)", "Å⁻¹", "", 3, "replicas")


def report(**values: tuple[float, float | None]) -> orm.Dict:
    from aiida_zif.workflows.properties.structure.report import Row, StructureReport

    rows = [
        Row.model_validate(
            {"group": "pairs", "quantity": name.partition("__")[0], "of": name.partition("__")[2].replace("_", "-"),
             "value": {"value": value, "error": error, "error_from": "replicas" if error else "none", "n": 3}}
        )
        for name, (value, error) in values.items()
    ]  # fmt: skip
    made = StructureReport(system="zif4", formula="C96H96N64Zn16", n_atoms=272, n_replicas=3, rows=rows)
    return orm.Dict(made.as_dict())


@pytest.fixture
def validated(aiida_profile: object, frames: Callable[..., Any]) -> Callable[..., Run]:
    """Take the chain through its outline with one glass and given references."""
    from aiida_zif.workflows.properties.structure.curves import Curves

    def take(
        ours: orm.Dict,
        lines: dict[str, Any],
        known: orm.Dict | None = None,
        measured: dict[str, tuple[dict[str, Any], Any]] | None = None,
        reference: dict[str, Any] | None = None,
        **settings: Any,
    ) -> Run:
        from aiida_zif.workflows.properties.validation.settings import ValidationSettings

        about = {"system": "zif4", "state": "glass_20", "phase": "glass", "framework": "zif-4", "temperature": 300.0}
        other = {"system": "zif4", "phase": "glass", "source": "a paper", "temperature": 304.0}
        chosen = {
            "computed": {"zif4_glass_20": {**about, "rate": 20.0}},
            "level": LEVEL,
            "frames": {"published": {**other, "level": LEVEL, "rate": 20.0, **(reference or {})}} if known else {},
            "curves": {name: {**other, **one} for name, (one, _) in (measured or {}).items()},
        }
        inputs: dict[str, Any] = {
            "settings": orm.Dict(ValidationSettings.model_validate({**chosen, **settings}).as_dict()),
            "reports": {"zif4_glass_20": ours},
            "curves": {"zif4_glass_20": Curves(lines).to_node()},
        }
        if known:
            inputs["frames"] = {"published": frames()}
        if measured:
            inputs["measured"] = {name: Curves({"measured": one}).to_node() for name, (_, one) in measured.items()}

        def answer(child: Child) -> Ending:
            assert child.inputs.settings["independent"] is False
            return Ending({"report": known, "curves": Curves(lines).to_node()}) if known else Ending({}, 1)

        return run_chain("zif.validate", inputs, answer)

    return take


def rows_of(run: Run) -> list[Any]:
    from aiida_zif.workflows.properties.validation.report import ValidationReport

    assert run.exit_code is None
    return list(ValidationReport.from_node(run.outputs["report"]).rows)


def test_a_published_glass_of_the_same_kind_is_compared_with_its_error(validated: Callable[..., Run]) -> None:
    ours, theirs = report(density=(1.40, 0.03), bonded__Zn_N=(3.95, 0.02)), report(density=(1.31, 0.04))
    run = validated(ours, {"g/Zn-N": curve(np.ones(len(Q)))}, known=theirs, literature=False)
    rows = {row.quantity: row for row in rows_of(run)}
    assert rows["density"].kind == "published AIMD"
    assert rows["density"].comparable
    assert rows["density"].z == pytest.approx(0.09 / 0.05)
    assert "bonded" not in rows
    assert rows["r_factor"].ours.value == 0.0
    assert not rows["r_factor"].comparable
    assert "density: 1.400 g/cm³ here, 1.310 there" in rows["r_factor"].why


def test_another_level_of_theory_has_no_score(validated: Callable[..., Run]) -> None:
    ours = report(density=(1.40, 0.03))
    run = validated(ours, {}, known=report(density=(1.31, 0.04)), reference={"level": "GFN1-xTB"}, literature=False)
    (row,) = rows_of(run)
    assert not row.comparable
    assert row.z is None
    assert "GFN1-xTB there" in row.why


def test_what_a_user_declares_stands_with_its_reason(validated: Callable[..., Run]) -> None:
    declared = {"comparable": True, "why": "same schedule, another code", "level": "PBE-D3, VASP"}
    run = validated(
        report(density=(1.40, 0.03)), {}, known=report(density=(1.31, 0.04)), reference=declared, literature=False
    )
    (row,) = rows_of(run)
    assert row.comparable
    assert row.why == "as declared: same schedule, another code"


def test_literature_stands_beside_with_doi_and_words(validated: Callable[..., Run]) -> None:
    run = validated(report(density=(1.40, 0.03), angle__N_Zn_N=(109.4, 0.1)), {})
    rows = rows_of(run)
    assert {row.quantity for row in rows} == {"density", "angle"}
    assert all("doi:10." in row.source for row in rows)
    assert not any(row.comparable for row in rows)
    assert any("schedule: 20 K/ps here, 5 K/ps there" in row.why for row in rows)


def test_a_measured_curve_in_another_normalisation_is_converted_before_it_is_compared(
    validated: Callable[..., Run],
) -> None:
    from aiida_zif.plugins.analysis.structure.scattering import renormalised
    from aiida_zif.plugins.analysis.structure.scattering_lengths import scattering_lengths
    from aiida_zif.workflows.properties.structure.curves import Curves

    lengths = scattering_lengths({"C": 96, "H": 96, "N": 64, "Zn": 16}, "x-ray")
    ours = np.sin(2 * Q) * np.exp(-Q / 10)
    measured = curve(renormalised(Q, ours, lengths, "<b2>", "<b>2"))
    about = {"curve": "F(Q)", "radiation": "x-ray", "normalisation": "<b>2"}
    run = validated(
        report(density=(1.40, 0.03)), {"F/x-ray": curve(ours)}, measured={"beam": (about, measured)}, literature=False
    )
    (row,) = rows_of(run)
    assert row.quantity == "r_factor"
    assert row.ours.value == pytest.approx(0.0, abs=1e-9)
    assert row.kind == "measurement"
    assert "a quench of the laboratory" in row.why
    overlay = Curves.from_node(run.outputs["curves"])["F/x-ray/beam"]
    assert overlay.y == pytest.approx(ours)


def test_a_measured_curve_of_unknown_normalisation_is_named_and_not_compared(validated: Callable[..., Run]) -> None:
    from aiida_zif.workflows.properties.validation.report import ValidationReport

    measured = {"beam": ({"curve": "F(Q)", "radiation": "x-ray"}, curve(np.sin(Q)))}
    run = validated(report(density=(1.40, 0.03)), {"F/x-ray": curve(np.sin(Q))}, measured=measured, literature=False)
    found = ValidationReport.from_node(run.outputs["report"])
    assert found.rows == []
    assert "normalisation" in found.missing["beam"]


def test_the_r_factor_of_a_shifted_curve_is_its_known_value() -> None:
    from aiida_zif.workflows.properties.validation.curves import r_factor

    found = r_factor(curve(np.full(len(Q), 1.1)), curve(np.ones(len(Q))), (1.0, 10.0))
    assert found.value == pytest.approx(0.1)
    inside = int(((Q >= 1.0) & (Q <= 10.0)).sum())
    assert found.error == pytest.approx(0.01 / inside**0.5, rel=1e-6)


def test_nodes_and_settings_have_the_same_names(validated: Callable[..., Run]) -> None:
    about = {"curve": "F(Q)", "radiation": "x-ray", "normalisation": "<b2>"}
    with pytest.raises(ValueError, match="measured: found"):
        validated(report(density=(1.4, 0.03)), {}, measured={"beam": (about, curve(np.sin(Q)))}, curves={})


def test_a_file_of_a_measurement_becomes_a_curve_with_its_origin(aiida_profile: object, tmp_path: Path) -> None:
    from aiida_zif.workflows.properties.structure.curves import Curves
    from aiida_zif.workflows.properties.validation.steps import CurveFile, import_curve

    (tmp_path / "a.int01").write_text("# run\n" + "\n".join(f"{x:.3f} {np.sin(x):.6f} 0.01" for x in Q))
    node = import_curve(CurveFile(name="a.int01", curve="F(Q)", source="a beam line"), tmp_path / "a.int01")
    found = Curves.from_node(node)["measured"]
    assert found.y == pytest.approx(np.sin(Q), abs=1e-5)
    assert node.creator.inputs.declaration["source"] == "a beam line"
