"""What a computer is asked inside a job: the script runs in a shell, and its answers become checks."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from aiida_zif.setup.batch_doctor import Installed, Probe, answers, judge, probes, script
from aiida_zif.setup.doctor import Check

MARK = "zif-0123456789"


def executable(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)
    return str(path)


def examine(folder: Path, codes: list[Installed], clock: float = 0.0) -> dict[str, Check]:
    """Run the script of a computer in a shell, as its scheduler would."""
    mpirun = executable(folder, "mpirun", 'shift 2; "$@"; "$@"')
    asked = list(probes(codes, [mpirun, "-np", "2"], str(folder)))
    begin = time.time()
    output = subprocess.run(["bash", "-c", script(asked, MARK)], capture_output=True, text=True, check=True).stdout
    now = (begin + clock, time.time() + clock)
    return {check.check: check for check in judge(asked, codes, output, MARK, now)}


def code(kind: str, path: str, lines: str = "") -> Installed:
    return Installed(kind, kind, path, kind == "cp2k", lines)


def test_a_computer_that_has_everything_passes(tmp_path: Path) -> None:
    data = tmp_path / "data folder"
    data.mkdir()
    for name in ("BASIS_MOLOPT", "GTH_POTENTIALS", "xTB_parameters", "dftd3.dat"):
        (data / name).touch()
    cp2k = executable(tmp_path, "cp2k", 'echo " CP2K version 2024.1"')
    lmp = executable(tmp_path, "lmp", 'read -r what; echo "LAMMPS (22 Jul 2025)"; echo "$what: lj/cut deepmd"')
    codes = [code("cp2k", cp2k, f"export CP2K_DATA_DIR='{data}'"), code("lmp", lmp)]
    checks = examine(tmp_path, codes)
    bad = {name: check for name, check in checks.items() if not check.ok and name != "scratch"}
    assert bad == {}
    assert set(checks) == {"clock", "cores", "scratch", "cp2k", "cp2k: mpirun", "cp2k: data", "lmp"}
    assert checks["lmp"].found.startswith("LAMMPS (22 Jul 2025)")


def test_a_lammps_without_deepmd_is_told_what_to_install(tmp_path: Path) -> None:
    lmp = executable(tmp_path, "lmp", 'echo "LAMMPS (22 Jul 2025)"; echo "lj/cut eam"')
    check = examine(tmp_path, [code("lmp", lmp)])["lmp"]
    assert not check.ok
    assert "deepmd-kit" in check.mend


def test_the_lines_of_a_code_hold_for_it_alone(tmp_path: Path) -> None:
    dp = executable(tmp_path, "dp", 'echo "${GREETING:-nothing}"')
    checks = examine(tmp_path, [code("dp", dp, "export GREETING=hello; cd /"), code("python", dp)])
    assert checks["dp"].found.startswith("hello")
    assert checks["python"].found.startswith("nothing")


def test_a_module_that_fails_ends_no_other_question(tmp_path: Path) -> None:
    dp = executable(tmp_path, "dp", "echo 3.2.0")
    checks = examine(tmp_path, [code("lmp", "/nowhere/lmp", "exit 7"), code("python", dp)])
    assert (checks["lmp"].ok, checks["python"].ok) == (False, True)
    assert "exit code 7" in checks["lmp"].found


def test_mpirun_that_starts_one_rank_is_told(tmp_path: Path) -> None:
    asked = [Probe("cp2k: mpirun", "", ["mpirun", "-np", "2", "echo", "rank"])]
    (check,) = judge(asked, [], f"{MARK} 0\nrank\n{MARK} 0\n", MARK, (0.0, 0.0))
    assert not check.ok
    assert check.found.startswith("1 of 2 ranks")


def test_a_job_that_ended_early_left_questions_open() -> None:
    asked = [Probe("cores", "", ["nproc"]), Probe("clock", "", ["date"])]
    first, second = judge(asked, [], f"{MARK} 0\n8\n{MARK} 0\n{MARK} 1\n", MARK, (0.0, 0.0))
    assert (first.ok, second.ok) == (True, False)
    assert "walltime" in second.mend


@pytest.mark.parametrize(("shift", "ok"), [(0.0, True), (3600.0, False), (-3600.0, False)])
def test_a_clock_that_is_off_is_told(tmp_path: Path, shift: float, ok: bool) -> None:
    assert examine(tmp_path, [], clock=shift)["clock"].ok is ok


@pytest.mark.parametrize("text", ["", "Filesystem\n", "df: /x: No such file or directory\n"])
def test_a_working_folder_that_is_not_there_is_told(text: str) -> None:
    (check,) = judge([Probe("scratch", "", [])], [], f"{MARK} 0\n{text}{MARK} 1\n", MARK, (0.0, 0.0))
    assert not check.ok
    assert "work_dir" in check.mend


def test_an_executable_with_blanks_and_quotes_is_started(tmp_path: Path) -> None:
    folder = tmp_path / "it's $(here)"
    folder.mkdir()
    dp = executable(folder, "dp", "echo fine")
    assert examine(tmp_path, [code("dp", dp)])["dp"].found.startswith("fine")


def test_an_answer_may_look_like_a_mark() -> None:
    output = f"{MARK} 0\nzif-9 0\n{MARK} 0\n"
    assert answers(output, MARK) == {0: (0, "zif-9 0\n")}
