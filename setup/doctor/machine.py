"""Quick checks of this machine and its codes: what was found, and how to fix what is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from aiida_zif.setup.computers.codes import CP2K_DATA, CodeSpec, local_codes
from aiida_zif.setup.computers.other_work import OtherWork
from aiida_zif.setup.environment import AIIDA_FOLDER, select_aiida_folder

TIMEOUT = 90.0  # s; LAMMPS with its DeePMD plug-in needs 10 s to say hello, more on a busy machine
LOOK_FOR = 1.0  # s that other work on the cores is watched
BUSY_FIX = "wait for it, end it, or label with one rank (resources: {label: {ranks: 1}}), which waits for no other"
CP2K_FILES = ("BASIS_MOLOPT", "GTH_POTENTIALS", "xTB_parameters", "dftd3.dat")


@dataclass(frozen=True)
class Check:
    """The result of one check.

    :param check: what was looked at.
    :param ok: whether it is as it should be.
    :param found: what is there.
    :param fix: what to do if it is not ok; empty otherwise.
    """

    check: str
    ok: bool
    found: str
    fix: str = ""

    def as_dict(self) -> dict[str, object]:
        """Return the row for ``--json``."""
        return asdict(self)

    def of(self, computer: str) -> Check:
        """Return the check with the label of its computer in its name."""
        return replace(self, check=f"{computer}: {self.check}")


def check_machine() -> Iterator[Check]:
    """Yield checks of the machine: cores and who uses them, free disk, CP2K's data, MPI, linear algebra and Zeo++."""
    cores = len(os.sched_getaffinity(0))
    yield Check("cores", cores >= 2, str(cores), "" if cores >= 2 else "use a machine with two or more cores")
    yield check_other_work()
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    yield Check("free disk", free > 5, f"{free:.0f} GB", "" if free > 5 else "free disk space: 5 GB or more")
    yield _check_data(Path(os.environ.get("CP2K_DATA_DIR") or CP2K_DATA))
    yield from (check_mpirun(spec) for spec in local_codes() if spec.label in ("cp2k", "lmp"))
    yield check_zeo()
    if (blas := _blas()) is not None:
        # "blas" is the reference implementation; CP2K's threads get wrong energies from the serial OpenBLAS
        faults = {"blas": "CP2K runs twice as fast with it", "openblas-serial": "threads of CP2K need it"}
        fault = faults.get(blas.parent.name)
        fix = f"apt-get install libopenblas0-openmp ({fault})" if fault else ""
        yield Check("linear algebra", fault is None, str(blas), fix)


def check_other_work() -> Check:
    """Watch for a moment whether other programs use the cores; that makes jobs slow, but nothing is wrong with it."""
    others = OtherWork((select_aiida_folder() or Path.home()) / AIIDA_FOLDER)
    time.sleep(LOOK_FOR)
    words = others.in_words()
    return Check("other work", True, words or "none that matters", BUSY_FIX if words else "")


def check_codes(codes: Iterable[CodeSpec] | None = None) -> Iterator[Check]:
    """Yield one check per code: it starts, and has what campaigns require.

    :param codes: codes to check; those of this machine by default. Takes some 15 s for the four of them.
    """
    for spec in local_codes() if codes is None else codes:
        yield check_code(spec)


@dataclass(frozen=True)
class Question:
    """The command that checks a code, and the function that reads its output.

    :param arguments: command line arguments.
    :param stdin: what it reads.
    :param reader: returns the version from what it prints, None if it lacks what campaigns need.
    :param fix: what to do in that case.
    """

    arguments: list[str]
    stdin: str
    reader: Callable[[str], str | None]
    fix: str


def check_code(spec: CodeSpec) -> Check:
    """Start one code in the environment of its jobs, and read its version."""
    if spec.executable is None:
        return Check(spec.label, False, "not found", spec.complaint())
    question = QUESTIONS[spec.label]
    try:
        answer = run_in_shell(spec.prepend_text, [str(spec.executable), *question.arguments], question.stdin)
    except (OSError, subprocess.SubprocessError) as error:
        return Check(spec.label, False, f"{spec.executable} does not start: {_tail(error)}", spec.fix)
    if (version := question.reader(answer)) is None:
        return Check(spec.label, False, f"unexpected output of {spec.executable}", question.fix)
    return Check(spec.label, True, f"{version} ({spec.executable})")


def run_in_shell(lines: str, command: list[str], stdin: str = "") -> str:
    """Run a command after some shell lines and return its output.

    :raises subprocess.SubprocessError: if it fails or takes longer than ``TIMEOUT`` seconds.
    """
    done = subprocess.run(
        ["bash", "-c", f'{lines}\nexec "$@"', "bash", *command],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=True,
    )
    return done.stdout


def cp2k_version(answer: str) -> str | None:
    """Return the line with the version of CP2K."""
    return next((line.strip() for line in answer.splitlines() if "CP2K version" in line), None)


def lammps_version(answer: str) -> str | None:
    """Return the version of LAMMPS if ``deepmd`` is among the pair styles it lists."""
    version = next((line.strip() for line in answer.splitlines() if line.startswith("LAMMPS (")), None)
    return version if "deepmd" in answer.split() else None


def first_line(answer: str) -> str | None:
    """Return the first line that is not empty."""
    return next((line.strip() for line in answer.splitlines() if line.strip()), None)


def python_version(answer: str) -> str | None:
    """Return the line with the versions of Python and NumPy if this Python can lead a trajectory."""
    found = re.search(r"^Python (\d+)\.(\d+), numpy \S+$", answer, re.MULTILINE)
    return found[0] if found and (int(found[1]), int(found[2])) >= (3, 9) else None


QUESTIONS: dict[str, Question] = {
    "cp2k": Question(["--version"], "", cp2k_version, "AIIDA_ZIF_CP2K has to name a CP2K executable (cp2k.psmp)"),
    "dp": Question(["--version"], "", first_line, "AIIDA_ZIF_DP has to name DeePMD-kit's dp"),
    "lmp": Question(
        ["-log", "none"],
        "info styles pair\n",
        lammps_version,
        "this LAMMPS has no pair_style deepmd: pip install 'deepmd-kit[cpu,lmp]'",
    ),
    "python": Question(
        ["-c", "import sys, numpy; print('Python %d.%d,' % sys.version_info[:2], 'numpy', numpy.__version__)"],
        "",
        python_version,
        "the program beside a trajectory needs Python 3.9 or later, with NumPy",
    ),
}


def _check_data(folder: Path) -> Check:
    missing = [name for name in CP2K_FILES if not (folder / name).is_file()]
    found = f"{folder}" + (f" lacks {', '.join(missing)}" if missing else "")
    return Check("CP2K data", not missing, found, "apt-get install cp2k-data, or set CP2K_DATA_DIR" if missing else "")


def check_mpirun(spec: CodeSpec) -> Check:
    """Ask the ``mpirun`` that starts a code on several ranks for its version: that of its own MPI library."""
    name = f"mpirun of {spec.label}"
    try:
        output = run_in_shell(f"{spec.prepend_text}\ncommand -v mpirun", ["mpirun", "--version"])
    except (OSError, subprocess.SubprocessError) as error:
        fix = "apt-get install openmpi-bin" if spec.label == "cp2k" else f"{spec.fix}; until then it runs on one rank"
        return Check(name, False, _tail(error), fix)
    path, _, version = output.partition("\n")
    return Check(name, True, f"{first_line(version)} ({path})")


def check_zeo() -> Check:
    """Start Zeo++, which measures pores, in a process of its own."""
    command = [sys.executable, "-c", "from pyzeo import extension; from importlib.metadata import version as of; "]
    command[-1] += "print('pyzeo', of('pyzeo'))"
    try:
        return Check("Zeo++", True, run_in_shell("", command).strip())
    except (OSError, subprocess.SubprocessError) as error:
        return Check(
            "Zeo++", False, _tail(error), "pip install --force-reinstall pyzeo; without it no pores are measured"
        )


def _blas() -> Path | None:
    """Return the BLAS that Debian's alternatives have chosen, or None on other systems."""
    found = next(Path("/usr/lib").glob("*-linux-gnu/libblas.so.3"), None)
    return found.resolve() if found else None


def _tail(error: Exception) -> str:
    text = getattr(error, "stderr", None) or str(error)
    lines = [line for line in str(text).splitlines() if line.strip()]
    return lines[-1].strip() if lines else type(error).__name__
