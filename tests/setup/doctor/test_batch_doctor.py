"""What a computer is asked inside a job: the script runs in a shell, and its answers become checks."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from aiida_zif.setup.doctor.machine import Check
from aiida_zif.setup.doctor.questions import Installed, Probe, answers, checks_of, probes, script
from aiida_zif.setup.doctor.trials import TRIALS, trial_files

MARK = "zif-0123456789"
FRAME = """
     1 OT DIIS     0.80E-01    0.0     0.00000065      -176.9020120000 -1.29E+01
  *** SCF run converged in     1 steps ***
 ENERGY| Total FORCE_EVAL ( QS ) energy [a.u.]:  -176.902012
 STRESS| Analytical stress tensor [GPa]
 STRESS|      x   1.0   0.0   0.0
 STRESS|      y   0.0   1.0   0.0
 STRESS|      z   0.0   0.0   1.0
 MD_INI| MD initialization
 ****  PROGRAM ENDED AT 2026-11-23"""
LOOP = "Loop time of 5.0 on 1 procs for 10 steps with 102 atoms"


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
    for name in ("frame", "model"):
        (folder / name).mkdir(exist_ok=True)
    shell = ["bash", "-c", script(asked, MARK)]
    output = subprocess.run(shell, cwd=folder, capture_output=True, text=True, check=True).stdout
    now = (begin + clock, time.time() + clock)
    return {check.check: check for check in checks_of(asked, codes, output, MARK, now)}


def code(kind: str, path: str, lines: str = "") -> Installed:
    return Installed(kind, kind, path, kind == "cp2k", lines)


def test_a_computer_that_has_everything_passes(tmp_path: Path) -> None:
    data = tmp_path / "data folder"
    data.mkdir()
    for name in ("BASIS_MOLOPT", "GTH_POTENTIALS", "xTB_parameters", "dftd3.dat"):
        (data / name).touch()
    cp2k = executable(tmp_path, "cp2k", f'case $1 in -i) echo "{FRAME}";; *) echo " CP2K version 2024.1";; esac')
    lmp = executable(tmp_path, "lmp", f'read -r what; echo "LAMMPS (22 Jul 2025)"; echo "$what: deepmd"; echo "{LOOP}"')
    dp = executable(
        tmp_path, "dp", 'case $* in *train*) touch trained; echo "finished training";; *) echo 3.2.0;; esac'
    )
    codes = [code("cp2k", cp2k, f"export CP2K_DATA_DIR='{data}'"), code("lmp", lmp), code("dp", dp, "cd /")]
    checks = examine(tmp_path, codes)
    bad = {name: check for name, check in checks.items() if not check.ok and name != "scratch"}
    assert bad == {}
    machine = {"clock", "cores", "scratch"}
    assert set(checks) == machine | {
        "cp2k",
        "cp2k: mpirun",
        "cp2k: data",
        "cp2k: frame",
        "dp",
        "dp: model",
        "lmp",
        "lmp: model",
    }
    assert "-176.902 Hartree" in checks["cp2k: frame"].found
    assert "102 atoms, 0.500 s per MD step" in checks["lmp: model"].found
    assert (tmp_path / "model" / "trained").exists(), "whatever folder the lines of the code go to"
    assert checks["lmp"].found.startswith("LAMMPS (22 Jul 2025)")


def test_a_lammps_without_deepmd_is_told_what_to_install(tmp_path: Path) -> None:
    lmp = executable(tmp_path, "lmp", 'echo "LAMMPS (22 Jul 2025)"; echo "lj/cut eam"')
    check = examine(tmp_path, [code("lmp", lmp)])["lmp"]
    assert not check.ok
    assert "deepmd-kit" in check.fix


def test_the_lines_of_a_code_hold_for_it_alone(tmp_path: Path) -> None:
    dp = executable(tmp_path, "dp", 'echo "Python 3.11, numpy ${GREETING:-nothing}"')
    checks = examine(tmp_path, [code("dp", dp, "export GREETING=hello; cd /"), code("python", dp)])
    assert checks["dp"].found.startswith("Python 3.11, numpy hello")
    assert checks["python"].found.startswith("Python 3.11, numpy nothing")


def test_a_module_that_fails_ends_no_other_question(tmp_path: Path) -> None:
    dp = executable(tmp_path, "dp", "echo 3.2.0")
    checks = examine(tmp_path, [code("lmp", "/nowhere/lmp", "exit 7"), code("dp", dp)])
    assert (checks["lmp"].ok, checks["dp"].ok) == (False, True)
    assert "exit code 7" in checks["lmp"].found


def test_mpirun_that_starts_one_rank_is_told(tmp_path: Path) -> None:
    asked = [Probe("cp2k: mpirun", "", ["mpirun", "-np", "2", "echo", "rank"])]
    (check,) = checks_of(asked, [], f"{MARK} 0\nrank\n{MARK} 0 3\n", MARK, (0.0, 0.0))
    assert not check.ok
    assert check.found.startswith("1 of 2 ranks")


def test_a_job_that_ended_early_left_questions_open() -> None:
    asked = [Probe("cores", "", ["nproc"]), Probe("clock", "", ["date"])]
    first, second = checks_of(asked, [], f"{MARK} 0\n8\n{MARK} 0 0\n{MARK} 1\n", MARK, (0.0, 0.0))
    assert (first.ok, second.ok) == (True, False)
    assert "wall time" in second.fix


@pytest.mark.parametrize(("shift", "ok"), [(0.0, True), (3600.0, False), (-3600.0, False)])
def test_a_clock_that_is_off_is_told(tmp_path: Path, shift: float, ok: bool) -> None:
    assert examine(tmp_path, [], clock=shift)["clock"].ok is ok


@pytest.mark.parametrize("text", ["", "Filesystem\n", "df: /x: No such file or directory\n"])
def test_a_working_folder_that_is_not_there_is_told(text: str) -> None:
    (check,) = checks_of([Probe("scratch", "", [])], [], f"{MARK} 0\n{text}{MARK} 1 0\n", MARK, (0.0, 0.0))
    assert not check.ok
    assert "work_dir" in check.fix


def test_an_executable_with_blanks_and_quotes_is_started(tmp_path: Path) -> None:
    folder = tmp_path / "it's $(here)"
    folder.mkdir()
    dp = executable(folder, "dp", "echo fine")
    assert examine(tmp_path, [code("dp", dp)])["dp"].found.startswith("fine")


def test_an_answer_may_look_like_a_mark() -> None:
    output = f"{MARK} 0\nzif-9 0\n{MARK} 0 7\n"
    assert answers(output, MARK) == {0: (0, "zif-9 0\n", 7)}


def test_a_wrong_energy_and_a_model_that_does_not_load_are_told() -> None:
    asked = [Probe("cp2k: frame", "", [], trial=TRIALS["cp2k"]), Probe("lmp: model", "", [], trial=TRIALS["lmp"])]
    wrong, error = FRAME.replace("-176", "-170"), "ERROR: DeePMD-kit Error: model file cannot be read"
    output = f"{MARK} 0\n{wrong}\n{MARK} 0 5\n{MARK} 1\n{error}\n{MARK} 1 5\n"
    frame, model = checks_of(asked, [], output, MARK, (0.0, 0.0))
    assert (frame.ok, model.ok) == (False, False)
    assert "libraries" in frame.fix
    assert error in model.found
    assert "one environment" in model.fix


@pytest.mark.parametrize(("used", "ok"), [(10_000_000, True), (99_000_000, False)])
def test_a_quota_that_is_nearly_used_up_is_told(used: int, ok: bool) -> None:
    limits = f"/dev/sdb {used}* 90000000 100000000 6days 1 0 0"
    text = f"Disk quotas for user me (uid 7):\n  Filesystem blocks quota limit grace\n{limits}\n"
    (check,) = checks_of([Probe("quota", "", [])], [], f"{MARK} 0\n{text}{MARK} 0 0\n", MARK, (0.0, 0.0))
    assert check.ok is ok
    assert "GB left of 102 GB on /dev/sdb" in check.found


def test_lammps_without_dp_and_without_a_model_is_not_asked_to_load_one() -> None:
    asked = [probe.name for probe in probes([code("lmp", "/bin/lmp")], [], "/scratch", tried=["cp2k", "dp"])]
    assert "lmp: model" not in asked


def test_what_is_tried_is_small() -> None:
    files = trial_files({"cp2k", "dp", "lmp"})
    assert {path.split("/")[0] for path in files} == {"frame", "model"}
    assert sum(map(len, files.values())) < 100_000
