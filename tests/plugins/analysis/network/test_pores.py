"""Zeo++ runs in its own process, and whatever becomes of it is an error with a name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from zif_frames import said_otherwise, shipped

from aiida_zif.plugins.analysis.network import pores
from aiida_zif.plugins.analysis.network.pores import (
    ZeoError,
    ZeoTimeout,
    accessible_surface,
    accessible_volume,
    cssr,
    pore_diameters,
)


def test_the_pores_of_zif_8_are_those_that_zeo_gives_by_default() -> None:
    found = pore_diameters(*shipped("zif-8").arrays())
    assert (found.included, found.free) == (pytest.approx(11.886, abs=0.01), pytest.approx(3.468, abs=0.01))
    assert found.exact_included == pytest.approx(11.48, abs=0.03), "the default of Zeo++ is 0.4 Å too large here"
    assert found.radii == {"C": 1.7, "H": 1.09, "N": 1.55, "Zn": 1.39}


@pytest.mark.parametrize("seed", range(6))
def test_pores_do_not_depend_on_the_description_and_a_symmetric_frame_is_tried_again(seed: int) -> None:
    here, there = (pore_diameters(*one.arrays()) for one in (shipped("zif-8"), said_otherwise(shipped("zif-8"), seed)))
    assert there.included == pytest.approx(here.included, abs=0.02)
    assert there.free == pytest.approx(here.free, abs=0.02)


def test_radii_are_those_that_were_given() -> None:
    small = dict.fromkeys(("Zn", "N", "C", "H"), 0.5)
    cell = np.eye(3) * 6.0
    found = pore_diameters(["Zn"], np.array([[1.0, 2, 3]]), cell, small)
    assert found.included == pytest.approx(2 * (3**0.5 * 3 - 0.5), abs=0.01)
    assert found.free == pytest.approx(2 * (2**0.5 * 3 - 0.5), abs=0.01)


def test_accessible_volume_and_surface_of_a_cube_of_spheres() -> None:
    cell, radii, probe = np.eye(3) * 8.0, {"C": 1.7}, 0.8
    volume = accessible_volume(["C"], np.zeros((1, 3)), cell, 1, probe, (20000, 4), radii)
    free = 512.0 - 4 / 3 * np.pi * 2.5**3
    assert volume.value == pytest.approx(free, abs=max(4 * volume.error, 2.0))
    assert 0 < volume.error < 3
    surface = accessible_surface(["C"], np.zeros((1, 3)), cell, 1, probe, (2000, 3), radii)
    assert surface.value == pytest.approx(4 * np.pi * 2.5**2, rel=0.01)
    assert (volume.enclosed, surface.enclosed) == (0, 0)


def test_the_same_seed_gives_the_same_volume() -> None:
    frame, few = shipped("zif-8"), (500, 2)
    values = [accessible_volume(*frame.arrays(), seed, n_samples=few).value for seed in (3, 3, 4)]
    assert values[0] == values[1] != values[2]


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("import os; os.abort()", "Zeo\\+\\+ ended with signal 6"),
        ("raise SystemExit(3)", "Zeo\\+\\+ ended with exit code 3"),
        ("pass", "exit code 0 and without numbers"),
        ("import sys; sys.exit('Error: no nodes')", "Error: no nodes"),
    ],
)
def test_an_abort_is_an_error_with_a_name(
    program: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = tmp_path / "zeo.py"
    stand_in.write_text(program)
    monkeypatch.setattr(pores.zeo_process, "__file__", str(stand_in))
    with pytest.raises(ZeoError, match=words):
        pore_diameters(*shipped("zif-8").arrays())


def test_a_search_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = tmp_path / "zeo.py"
    stand_in.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(pores.zeo_process, "__file__", str(stand_in))
    with pytest.raises(ZeoTimeout, match=r"more than 0\.5 s for 138 atoms"):
        pore_diameters(*shipped("zif-8").arrays(), timeout=0.5)


def test_wrong_requests_are_refused_before_zeo_starts() -> None:
    frame = shipped("zif-8")
    with pytest.raises(ValueError, match="accuracy: found 'high', allowed are default, DEF"):
        pore_diameters(*frame.arrays(), accuracy="high")
    with pytest.raises(ValueError, match="radii: none for Zn"):
        pore_diameters(*frame.arrays(), radii={"C": 1, "N": 1, "H": 1})
    with pytest.raises(ValueError, match="n_samples: found"):
        accessible_volume(*frame.arrays(), 1, n_samples=(100, 1))


def test_a_frame_in_cssr_has_its_cell_and_every_atom() -> None:
    text = cssr(["Zn", "N"], np.array([[0.0, 0.5, 0.25], [0.1, 0.2, 0.3]]), np.diag([5.0, 6.0, 7.0]))
    lines = text.splitlines()
    assert lines[0].split() == ["5.000000", "6.000000", "7.000000"]
    assert lines[1].split()[:3] == ["90.000000"] * 3
    assert lines[5].split()[:5] == ["2", "N", "0.1000000000", "0.2000000000", "0.3000000000"]


def test_high_accuracy_comes_closer_to_the_exact_sphere_between_unequal_atoms() -> None:
    symbols, atoms, cell = ["Br", "H"], np.array([[0.0, 0, 0], [4.0, 3, 3]]), np.diag([8.0, 6, 6])
    found = {way: pore_diameters(symbols, atoms, cell, {"Br": 2.6, "H": 0.8}, way) for way in ("default", "DEF")}
    off = {way: abs(one.included - one.exact_included) for way, one in found.items()}
    assert off["DEF"] < 0.1 < 0.5 < off["default"]
    assert found["DEF"].accuracy == "DEF"
