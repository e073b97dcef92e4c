"""The figure of a study can be drawn of everything that a study may have ended with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiida_zif.provenance.level_convergence.figure import by_setting, tick, write_figure
from aiida_zif.provenance.level_convergence.table import RungRow, StudySummary
from aiida_zif.workflows.level_convergence.study import LevelErrors, LevelLine, Noise, Overridden, StudyReport

LARGE = {"basis": "TZV2P-MOLOPT-PBE-GTH", "BASIS_SET_FILE_NAME": "BASIS_MOLOPT_UZH"}
SMALL = {"basis": "SZV-MOLOPT-SR-GTH", "BASIS_SET_FILE_NAME": "BASIS_MOLOPT"}


def row(name: str, error: float | None, stress: bool = True) -> RungRow:
    choice = {"MGRID/CUTOFF": 400, "basis": LARGE}
    known: dict[str, Any] = {"name": name, "hash": name, "choice": choice, "overrides": {}}
    if error is None:
        return RungRow(**known, cause="[304] CP2K stopped")
    sizes = {"energy": error, "energy_shift": 0.0, "force": 10 * error, "force_max": 20 * error}
    errors = LevelErrors(**sizes, stress=error / 10 if stress else None)
    return RungRow(**known, errors=errors, seconds=3.0, passes=error <= 1)


def summary(*errors: float | None, stress: bool = True) -> StudySummary:
    names = ["MGRID_CUTOFF_0", "MGRID_CUTOFF_1", "basis_0"]
    rows = [row("tightest", 0.0, stress), *(row(*one, stress) for one in zip(names, errors, strict=True))]
    report = StudyReport(
        rungs={one.name: one for one in rows},
        proposal="tightest",
        level_of_theory=Overridden(name="pbe-d3"),
        level=LevelLine(name="pbe-d3", hash="0" * 16, line="PBE-D3"),
        ladder={"MGRID/CUTOFF": [300, 400, 800], "basis": [SMALL, LARGE]},
        names={"MGRID/CUTOFF": names[:2], "basis": names[2:]},
        noise=Noise(),
        system="zinc",
        n_atoms=6,
        n_frames=2,
    )
    return StudySummary(1, "uuid", 0, None, 4, 0, 9.0, report, rows)


@pytest.mark.parametrize(
    "study",
    [summary(3.0, 0.5, 0.2), summary(None, 0.5, None), summary(1e-9, 0.0, 1e4), summary(3.0, 0.5, 0.2, stress=False)],
    ids=["usual", "failed", "extreme", "without stress"],
)
def test_a_study_is_drawn(study: StudySummary, tmp_path: Path) -> None:
    write_figure(study, tmp_path / "converge.png")
    assert (tmp_path / "converge.png").read_bytes().startswith(b"\x89PNG")


def test_the_values_of_a_setting_end_with_the_tightest() -> None:
    rows = by_setting(summary(3.0, 0.5, 0.2))
    assert [row.name for row in rows["MGRID/CUTOFF"]] == ["MGRID_CUTOFF_0", "MGRID_CUTOFF_1", "tightest"]
    assert [row.name for row in rows["basis"]] == ["basis_0", "tightest"]


def test_ticks_are_short() -> None:
    assert [tick(value) for value in (LARGE, 300, 1.0e-6)] == ["TZV2P", "300", "1e-06"]
