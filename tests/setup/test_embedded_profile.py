"""The profile, the computer and the codes that the setup makes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from aiida_zif.setup import environment
from aiida_zif.setup.computers import codes
from aiida_zif.setup.doctor.machine import (
    check_code,
    check_mpirun,
    check_zeo,
    cp2k_version,
    lammps_version,
    python_version,
)

SET_UP_THREE_TIMES = """
import json, os, sys
from aiida_zif.setup.profile.__main__ import main
for os.environ["AIIDA_ZIF_CP2K"] in sys.argv[1:]:
    assert main([]) == 0
from aiida.orm import Code, QueryBuilder
rows = QueryBuilder().append(Code, project="*").all(flat=True)
print(json.dumps({code.label: [str(code.filepath_executable), code.is_hidden, code.with_mpi] for code in rows}))
"""


def executable(folder: Path, name: str, text: str = "exit 0") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)
    return path


def python(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "AIIDA_PATH": str(folder), **variables}
    return subprocess.run([sys.executable, *words], env=env, capture_output=True, text=True, timeout=600, check=False)


def test_setup_is_idempotent_and_follows_a_changed_executable(tmp_path: Path) -> None:
    cp2k, own = executable(tmp_path / "a b", "cp2k"), executable(tmp_path / "own", "cp2k")
    dp, lmp = executable(tmp_path, "dp"), executable(tmp_path, "lmp")
    others = {"AIIDA_ZIF_DP": str(dp), "AIIDA_ZIF_LMP": str(lmp)}
    done = python(tmp_path, "-c", SET_UP_THREE_TIMES, str(cp2k), str(cp2k), str(own), **others)
    assert done.returncode == 0, done.stderr
    known = json.loads(done.stdout.splitlines()[-1])
    assert known.pop("cp2k") == [str(own), False, True]
    assert known.pop("dp") == [str(dp), False, False]
    assert known.pop("lmp")[0] == str(lmp)
    assert "python" in known
    known.pop("python")
    ((label, row),) = known.items()
    assert label.startswith("cp2k-")
    assert row == [str(cp2k), True, True]


def test_a_missing_executable_is_named_and_nothing_is_made(tmp_path: Path) -> None:
    done = python(tmp_path, "-m", "aiida_zif.setup.profile", AIIDA_ZIF_DP="/nowhere/dp")
    assert done.returncode == 2
    assert "AIIDA_ZIF_DP=/nowhere/dp" in done.stderr
    assert not (tmp_path / ".aiida" / "config.json").exists()


def test_cp2k_gets_the_mpirun_beside_it(tmp_path: Path) -> None:
    cp2k = executable(tmp_path / "a b", "cp2k")
    executable(tmp_path / "a b", "mpirun")
    assert f"export PATH='{tmp_path}/a b':\"$PATH\"" in codes.cp2k_lines(cp2k)


def test_cp2k_never_gets_the_mpirun_of_this_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = executable(tmp_path / "system", "mpirun")
    monkeypatch.setenv("PATH", f"{environment.scripts_folder()}:{system.parent}")
    assert codes.mpirun_folder(tmp_path / "cp2k") == system.parent


def test_a_chosen_executable_may_be_a_name_in_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = executable(tmp_path, "my-cp2k")
    monkeypatch.setenv("AIIDA_ZIF_CP2K", "my-cp2k")
    assert environment.find_executable("AIIDA_ZIF_CP2K", "cp2k.psmp", str(tmp_path)) == wanted


def test_the_folder_that_the_user_names_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIIDA_PATH", "/some/where")
    assert environment.select_aiida_folder(create=True) == Path("/some/where")


def test_without_a_word_the_checkout_s_folder_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIIDA_PATH", "")
    root = Path(__file__).parents[2]
    assert environment.select_aiida_folder(create=True) == root
    assert os.environ["AIIDA_PATH"] == str(root)


def spec(label: str, path: Path | None) -> codes.CodeSpec:
    return codes.CodeSpec(label, path, "AIIDA_ZIF_X", None, False, "export GREETING=hello", "install it")


def test_doctor_asks_the_mpirun_that_a_code_gets(tmp_path: Path) -> None:
    folder = executable(tmp_path / "a b", "mpirun", 'echo "HYDRA 4.2"').parent
    lines = f"export PATH='{folder}':\"$PATH\""
    check = check_mpirun(replace(spec("lmp", folder / "lmp"), prepend_text=lines))
    assert (check.check, check.ok, check.found) == ("mpirun of lmp", True, f"HYDRA 4.2 ({folder}/mpirun)")


def test_doctor_says_that_without_mpirun_lammps_runs_on_one_rank() -> None:
    check = check_mpirun(replace(spec("lmp", None), prepend_text="export PATH=/nowhere"))
    assert not check.ok
    assert check.fix == "install it; until then it runs on one rank"


def test_doctor_starts_zeo() -> None:
    check = check_zeo()
    assert (check.ok, check.found.split()[0]) == (True, "pyzeo")


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("Python 3.11, numpy 2.1.0", "Python 3.11, numpy 2.1.0"),
        ("Python 3.9, numpy 1.26.4", "Python 3.9, numpy 1.26.4"),
        ("Python 3.8, numpy 1.24.4", None),
        ("nothing of the kind", None),
    ],
)
def test_a_python_that_cannot_lead_a_trajectory_is_told(answer: str, found: str | None) -> None:
    assert python_version(answer) == found


def test_doctor_starts_a_code_as_its_jobs_will(tmp_path: Path) -> None:
    check = check_code(spec("dp", executable(tmp_path / "a b", "dp", 'echo "$GREETING $1"')))
    assert check.ok
    assert check.found.startswith("hello --version")


def test_doctor_says_how_to_mend_a_code_that_does_not_start(tmp_path: Path) -> None:
    check = check_code(spec("dp", executable(tmp_path, "dp", "echo no library >&2; exit 127")))
    assert not check.ok
    assert "no library" in check.found
    assert check.fix == "install it"


def test_doctor_says_how_to_mend_a_missing_code() -> None:
    check = check_code(spec("cp2k", None))
    assert (check.ok, check.found) == (False, "not found")
    assert "AIIDA_ZIF_X" in check.fix


def test_lammps_without_deepmd_is_refused() -> None:
    header = "LAMMPS (22 Jul 2025)\nPair styles:\n"
    assert lammps_version(header + "lj/cut deepmd eam") == "LAMMPS (22 Jul 2025)"
    assert lammps_version(header + "lj/cut eam") is None


def test_cp2k_version_is_read_from_its_answer() -> None:
    assert cp2k_version(" CP2K version 2023.1\n Source code revision x\n") == "CP2K version 2023.1"
    assert cp2k_version("hello") is None
