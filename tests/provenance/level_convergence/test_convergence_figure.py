"""The figure of a study can be drawn of everything that a study may have ended with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiida_zif.provenance.level_convergence.figure import by_setting, tick, write_figure

LARGE = {"basis": "TZV2P-MOLOPT-PBE-GTH", "BASIS_SET_FILE_NAME": "BASIS_MOLOPT_UZH"}
SMALL = {"basis": "SZV-MOLOPT-SR-GTH", "BASIS_SET_FILE_NAME": "BASIS_MOLOPT"}


def rung(name: str, error: float | None, stress: bool = True) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "choice": {"MGRID/CUTOFF": 400, "basis": LARGE}}
    if error is None:
        return row | {"cause": "[304] CP2K stopped"}
    errors = {"energy": error, "force": 10 * error, "stress": error / 10 if stress else None}
    return row | {"errors": errors, "seconds": 3.0, "passes": error <= 1}


def summary(*errors: float | None, stress: bool = True) -> dict[str, Any]:
    names = ["MGRID_CUTOFF_0", "MGRID_CUTOFF_1", "basis_0"]
    rungs = [rung(name, error, stress) for name, error in zip(names, errors, strict=True)]
    return {
        "ladder": {"MGRID/CUTOFF": [300, 400, 800], "basis": [SMALL, LARGE]},
        "names": {"MGRID/CUTOFF": names[:2], "basis": names[2:]},
        "noise": {"energy": 1.0, "force": 10.0, "stress": 0.1},
        "rungs": [rung("tightest", 0.0, stress), *rungs],
        "proposal": "tightest",
    }


@pytest.mark.parametrize(
    "study",
    [summary(3.0, 0.5, 0.2), summary(None, 0.5, None), summary(1e-9, 0.0, 1e4), summary(3.0, 0.5, 0.2, stress=False)],
    ids=["usual", "failed", "extreme", "without stress"],
)
def test_a_study_is_drawn(study: dict[str, Any], tmp_path: Path) -> None:
    write_figure(study, tmp_path / "converge.png")
    assert (tmp_path / "converge.png").read_bytes().startswith(b"\x89PNG")


def test_the_values_of_a_setting_end_with_the_tightest() -> None:
    rows = by_setting(summary(3.0, 0.5, 0.2))
    assert [row["name"] for row in rows["MGRID/CUTOFF"]] == ["MGRID_CUTOFF_0", "MGRID_CUTOFF_1", "tightest"]
    assert [row["name"] for row in rows["basis"]] == ["basis_0", "tightest"]


def test_ticks_are_short() -> None:
    assert [tick(value) for value in (LARGE, 300, 1.0e-6)] == ["TZV2P", "300", "1e-06"]
