"""What is taken to change the cost of a label alone: CP2K gives the same energy and forces whatever it is set to."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida_cp2k.utils import Cp2kInput
from cp2k_cases import FIXTURES, read_start

from aiida_zif.plugins.cp2k.levels import Level, load_level
from aiida_zif.plugins.cp2k.levels.cost import ALIASES, BELOW_DFT, BELOW_ROOT, only_cost_at_root
from aiida_zif.plugins.cp2k.reading.outputs import HARTREE_PER_BOHR, read_main_output, read_xyz
from aiida_zif.plugins.cp2k.schema.description import Keyword, Section, read_schema
from aiida_zif.plugins.cp2k.task import BatchTask
from aiida_zif.plugins.cp2k.writing.inputs import (
    CELLS_FILE,
    COORDINATES_FILE,
    FRAMES_FILE,
    cells_file,
    coordinates_file,
    cp2k_input,
    frames_file,
)

CP2K = os.environ.get("AIIDA_ZIF_CP2K") or shutil.which("cp2k.psmp")
DATA = os.environ.get("CP2K_DATA_DIR", "/usr/share/cp2k")

THRESHOLD = 1e-7
ENERGY, FORCE = 1e-6, 2e-4
"""eV and eV/Å: ten times what this threshold leaves open in a force; the loose loops of the last test are far off."""

DIAGONALISED = {"OT": {"_": "OFF"}, "OUTER_SCF": {"_": "OFF"}, "MAX_SCF": 300, "MIXING": {"ALPHA": 0.2}}

NUMBERS: dict[str, list[Any]] = {
    "QS/EXTRAPOLATION_ORDER": [1, 4],
    "SCF/EPS_DIIS": [1e-3, 1.0],
    "SCF/MAX_DIIS": [2, 9],
    "SCF/MAX_SCF": [7, 300],
    "SCF/MIXING/ALPHA": [0.05, 0.5],
    "SCF/MIXING/BETA": [0.3, 2.0],
    "SCF/MIXING/NBUFFER": [2, 12],
    "SCF/OT/ENERGY_GAP": [0.002, 0.5],
    "SCF/OT/N_HISTORY_VEC": [2, 12],
    "SCF/OT/STEPSIZE": [0.01, 0.3],
    "SCF/OUTER_SCF/MAX_SCF": [20, 60],
    "GLOBAL/DBCSR/MAX_ELEMENTS_PER_BLOCK": [8, 416],
    "GLOBAL/DBCSR/MM_STACK_SIZE": [100, 5000],
}
"""Small and large values of what may have any."""

SWITCHES = ("PRINT/HIRSHFELD/_", "PRINT/LOWDIN/_", "PRINT/MULLIKEN/_", "SCF/PRINT/DETAILED_ENERGY/_")
SWITCHES += ("SCF/PRINT/RESTART/_", "SCF/PRINT/RESTART_HISTORY/_")
SECTIONS = ("SCF/DIAGONALIZATION", "SCF/MIXING", "SCF/OT", "SCF/OUTER_SCF")


def values_of(path: str) -> list[Any]:
    """The values for which a keyword is proven."""
    if path in NUMBERS:
        return NUMBERS[path]
    if path in SWITCHES or path in ("SCF/OT/_", "SCF/OUTER_SCF/_", "SCF/MIXING/_", "SCF/DIAGONALIZATION/_"):
        return ["ON", "OFF"]
    if path == "SCF/PRINT/PROGRAM_RUN_INFO/_":
        return ["ON", "LOW"]
    if path in SECTIONS:
        return [{}, None]
    allowed = {**BELOW_DFT, **BELOW_ROOT}[path]
    return (
        ["ON", "OFF"] if "OFF" in allowed and path.endswith("_") else [True, False] if "OFF" in allowed else [*allowed]
    )


CASES = [(path, value) for path in (*BELOW_DFT, *BELOW_ROOT) for value in values_of(path)]
OFTEN = ("SCF/MAX_SCF", "SCF/SCF_GUESS", "SCF/OT/MINIMIZER", "SCF/OT/PRECONDITIONER", "SCF/MIXING/METHOD")
"""Keywords that people change; all others are tried too, but not every time: that takes as long as all other tests."""


def cases() -> list[Any]:
    """Every value; those of rare keywords are marked."""
    names = [(path, value, f"{path}={value}") for path, value in CASES]
    rare = pytest.mark.exhaustive
    return [pytest.param(p, v, id=name, marks=() if p in OFTEN else rare) for p, v, name in names]


def nested(path: str, value: Any) -> dict[str, Any]:
    for name in reversed(path.split("/")):
        value = {name: value}
    return dict(value)


def surroundings(path: str) -> dict[str, Any]:
    """What must be set for a keyword to act at all, and steps enough for the slowest way."""
    if path.startswith("SCF/MIXING/") and path.endswith(("BETA", "NBUFFER")):
        return {"SCF": {**DIAGONALISED, "MIXING": {"ALPHA": 0.2, "METHOD": "BROYDEN_MIXING"}}}
    if (
        path.startswith(("SCF/MIXING", "SCF/DIAG", "SCF/CHOL"))
        or path.endswith("DIIS")
        or path in ("SCF/OT", "SCF/OT/_")
    ):
        return {"SCF": DIAGONALISED}
    if path == "QS/EXTRAPOLATION_ORDER":
        return {"QS": {"EXTRAPOLATION": "PS"}}
    if path == "SCF/OUTER_SCF" or path == "SCF/OUTER_SCF/_":
        return {"SCF": {"MAX_SCF": 300}}
    slow = {"MAX_SCF": 100, "OUTER_SCF": {"MAX_SCF": 20}}
    if path.startswith("SCF/OT/LINE"):
        return {"SCF": {**slow, "OT": {"MINIMIZER": "CG"}}}
    return {"SCF": slow} if path.startswith(("SCF/OT", "SCF/SCF_GUESS")) else {}


def rung_of(path: str, value: Any) -> dict[str, Any]:
    """The settings of one case below the root, as a rung gives them to an input: they win over all others."""
    here = nested(path, value)
    dft = surroundings(path)
    settings: dict[str, Any] = {"FORCE_EVAL": {"DFT": dft}}
    merge(settings, here if path.startswith("GLOBAL") else {"FORCE_EVAL": {"DFT": here}})
    return settings


def merge(target: dict[str, Any], source: Mapping[str, Any]) -> None:
    for key, value in source.items():
        if isinstance(value, Mapping) and isinstance(target.get(key), dict):
            target[key] = dict(target[key])
            merge(target[key], value)
        else:
            target[key] = value


def frames_of(kind: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Two frames of two small molecules with Zn, C, H and N, or three of a pair of HF."""
    if kind == "xtb":
        symbols, positions, cells = read_start(FIXTURES / "batch")
        return symbols, positions[:2], cells[:2]
    still = np.array([[2.0, 2.0, 2.1], [2.1, 2.3, 2.95], [0.2, 0.3, 0.4], [0.4, 0.2, 1.3]])
    moved = [still + 0.02 * step * np.array([[1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 0, 0]]) for step in range(3)]
    cell = np.array([[4.2, 0, 0], [0.4, 4.0, 0], [0, 0.3, 4.4]])
    return ["F", "H", "F", "H"], np.array(moved), np.array([cell] * 3)


def level_of(kind: str) -> Level:
    tight = {"SCF/EPS_SCF": THRESHOLD, "QS/EPS_DEFAULT": 1e-12}
    return load_level("gfn1-xtb", tight) if kind == "xtb" else load_level("pbe-d3-fast", tight | {"MGRID/CUTOFF": 250})


Label = tuple[np.ndarray, np.ndarray]


def labelled(kind: str, settings: Mapping[str, Any], folder: Path, n_frames: int) -> Label | None:
    """Energies in eV and forces in eV/Å of the first frames, CP2K started without AiiDA.

    None if a loop did not converge, or CP2K aborted: then there is no label that could be wrong.
    """
    symbols, positions, cells = frames_of(kind)
    positions, cells = positions[:n_frames], cells[:n_frames]
    content = cp2k_input(level_of(kind), BatchTask(), symbols, cells[0], len(positions), rung=settings)
    for name, text in {
        "aiida.inp": Cp2kInput(content).render() + "\n",
        COORDINATES_FILE: coordinates_file(symbols, positions[0]),
        FRAMES_FILE: frames_file(symbols, positions),
        CELLS_FILE: cells_file(cells),
    }.items():
        (folder / name).write_text(text)
    environment = {**os.environ, "CP2K_DATA_DIR": DATA, "OMP_NUM_THREADS": "1"}
    command = [str(CP2K), "-i", "aiida.inp"]
    text = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True).stdout
    main = read_main_output(text, first_step=1)
    if main.abort:  # of a way that CP2K does not have for this method
        return None
    assert main.whole
    assert not main.unread
    if not all(one.scf_converged for one in main.evaluations.values()):
        return None
    forces = read_xyz((folder / "aiida-frc-1.xyz").read_text())
    steps = range(1, len(positions) + 1)
    energies = [main.evaluations[step].energy for step in steps]
    return np.array(energies), np.array([forces[step].values * HARTREE_PER_BOHR for step in steps])


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Label]:
    """What the levels give with their own settings."""
    labels = {kind: labelled(kind, {}, tmp_path_factory.mktemp(kind), 3) for kind in ("xtb", "pbe")}
    return {kind: label for kind, label in labels.items() if label is not None}


@pytest.mark.codes
@pytest.mark.skipif(CP2K is None, reason="CP2K is not installed")
@pytest.mark.parametrize(("path", "value"), cases())
def test_a_label_is_the_same_whatever_its_cost(path: str, value: Any, usual: dict[str, Label], tmp_path: Path) -> None:
    """At two levels; a value with which neither converges would be proven by nothing."""
    n_frames, labels = 3 if "EXTRAPOLATION" in path else 1, {}
    for kind in usual:
        folder = tmp_path / kind
        folder.mkdir()
        labels[kind] = labelled(kind, rung_of(path, value), folder, n_frames)
    found = {kind: label for kind, label in labels.items() if label is not None}
    assert found
    for kind, (energies, forces) in found.items():
        assert energies == pytest.approx(usual[kind][0][: len(energies)], rel=0, abs=ENERGY)
        assert np.abs(forces - usual[kind][1][: len(forces)]).max() < FORCE


@pytest.mark.codes
@pytest.mark.skipif(CP2K is None, reason="CP2K is not installed")
def test_a_looser_threshold_is_seen(usual: dict[str, Label], tmp_path: Path) -> None:
    loose = labelled("xtb", {"FORCE_EVAL": {"DFT": {"SCF": {"EPS_SCF": 1e-3}}}}, tmp_path, 1)
    assert loose is not None
    assert np.abs(loose[1][0] - usual["xtb"][1][0]).max() > 3 * FORCE


def test_every_setting_of_the_recovery_of_the_shipped_levels_is_proven() -> None:
    for name in ("gfn1-xtb", "pbe-d3", "pbe-d3-fast", "r2scan-d3"):
        for rung in load_level(name).settings["recovery"]:
            if not rung.get("changes_physics"):
                assert all(only_cost_at_root(path, value) for path, value in leaves_of(rung["settings"]))


def leaves_of(tree: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from leaves_of(value, (*path, key))
        else:
            yield (*path, key), value


def test_every_keyword_of_the_list_is_one_of_cp2k_with_all_its_names() -> None:
    dft: dict[str, Any] = {}
    for path in BELOW_DFT:
        merge_path(dft, path)
    wanted: dict[str, Any] = {"FORCE_EVAL": {"DFT": dft}}
    for path in BELOW_ROOT:
        merge_path(wanted, path)
    root = read_schema(wanted)
    for path, allowed in {
        **{f"FORCE_EVAL/DFT/{path}": allowed for path, allowed in BELOW_DFT.items()},
        **BELOW_ROOT,
    }.items():
        keyword = keyword_at(root, path.split("/"))
        if keyword is None:
            continue  # a section
        assert not allowed or keyword.kind != "keyword" or set(allowed) <= set(keyword.choices), path
        for name in keyword.names[1:] if not path.endswith("_") else ():
            where = path.removeprefix("FORCE_EVAL/DFT/")
            other = "/".join([*where.split("/")[:-1], name])
            assert ALIASES.get(other) == where


def merge_path(tree: dict[str, Any], path: str) -> None:
    for name in path.split("/"):
        tree = tree.setdefault(name, {})


def keyword_at(root: Section, path: list[str]) -> Keyword | None:
    section: Section | None = root
    for name in path[:-1]:
        assert section is not None
        section = section.sections[name]
    assert section is not None
    if path[-1] == "_":
        assert section.parameter is not None
        return section.parameter
    if path[-1] in section.sections:
        return None
    keyword = section.keywords[path[-1]]
    assert keyword.names[0] == path[-1]
    return keyword
