"""The checks in a batch job on a computer: shell lines, and functions that read their output. No AiiDA import."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aiida_zif.setup.doctor.machine import CP2K_FILES, QUESTIONS, Check, Question, first_line
from aiida_zif.setup.doctor.trials import TRIALS, Trial

TIMEOUT = 300  # s for one answer; the first start of LAMMPS from a cold parallel file system takes its time
RANKS = 2
LEAST_FREE = 20e9  # bytes in the working folder
WORST_CLOCK = 60.0  # s between its clock and ours
QUOTA = 'quota -w -f "$1"; command -v lfs > /dev/null && lfs quota -u "$(id -un)" "$1"; true'
"""Both print file system, used, soft and hard limit in kB; many centres have neither."""

KINDS = {
    "zif.cp2k": "cp2k",
    "zif.deepmd.train": "dp",
    "zif.deepmd.test": "dp",
    "zif.lammps": "lmp",
    "zif.lammps.md": "lmp",
}
"""Calculation plugin of a code: the check for it."""


@dataclass(frozen=True)
class Probe:
    """A command and the function that checks its output.

    :param name: what is looked at.
    :param lines: shell lines before it, as before the jobs of a campaign.
    :param command: the command and its arguments.
    :param stdin: what it reads.
    :param trial: what it computes, in the folder of that name; None if it only has to answer.
    """

    name: str
    lines: str
    command: list[str]
    stdin: str = ""
    trial: Trial | None = None


@dataclass(frozen=True)
class Installed:
    """A code as its jobs will start it.

    :param label: of the code.
    :param kind: which question it is asked, a key of ``QUESTIONS``.
    :param executable: absolute path.
    :param with_mpi: whether its jobs put ``mpirun`` in front.
    :param lines: shell lines before it.
    """

    label: str
    kind: str
    executable: str
    with_mpi: bool
    lines: str

    @property
    def question(self) -> Question:
        """The command that checks the code."""
        return QUESTIONS[self.kind]


def probes(
    codes: Iterable[Installed], mpirun: list[str], folder: str, tried: Iterable[str] = tuple(TRIALS)
) -> Iterator[Probe]:
    """Yield the checks of a computer.

    :param codes: its codes.
    :param mpirun: words of its ``mpirun`` command, for ``RANKS`` ranks.
    :param folder: where jobs run.
    :param tried: kinds of code that have to compute something.
    """
    codes = list(codes)
    yield Probe("clock", "", ["date", "+%s"])
    yield Probe("cores", "", ["nproc"])
    yield Probe("scratch", "", ["df", "-Pk", folder])
    yield Probe("quota", "", ["bash", "-c", QUOTA, "bash", folder])
    for code in codes:
        yield Probe(code.label, code.lines, [code.executable, *code.question.arguments], code.question.stdin)
        if code.with_mpi:
            yield Probe(f"{code.label}: mpirun", code.lines, [*mpirun, "echo", "rank"])
        if code.kind == "cp2k":
            look = 'cd "${CP2K_DATA_DIR:?is not set}" && pwd && ls -d "$@"'
            yield Probe(f"{code.label}: data", code.lines, ["bash", "-c", look, "bash", *CP2K_FILES])
    for kind, trial in TRIALS.items():
        for code in codes:
            if code.kind == kind and kind in tried:
                start = [*mpirun, code.executable] if code.with_mpi else [code.executable]
                yield Probe(f"{code.label}: {trial.name}", code.lines, trial.command(start), trial=trial)


def script(asked: Iterable[Probe], mark: str) -> str:
    """Return the shell lines of all checks; the output of each is printed between two lines with a mark.

    :param mark: a word that no answer holds.
    """
    parts = ["here=$PWD"]
    for number, probe in enumerate(asked):
        end = f"{mark}-{number}"
        command = shlex.join(["timeout", str(TIMEOUT), *probe.command])
        lines = f'{probe.lines}\ncd "$here"/{probe.trial.name}' if probe.trial else probe.lines
        parts.append(
            f"echo {mark} {number}\nSECONDS=0\n(\n{lines}\n{command} <<'{end}'\n{probe.stdin}\n{end}\n) 2>&1\n"
            f"echo {mark} $? $SECONDS"
        )
    return "\n".join(parts)


def answers(output: str, mark: str) -> dict[int, tuple[int, str, int]]:
    """Return exit code, answer and seconds by number of the question, from what the script printed."""
    pattern = rf"^{mark} (\d+)\n(.*?)^{mark} (\d+) (\d+)$"
    found = re.finditer(pattern, output, flags=re.MULTILINE | re.DOTALL)
    return {int(match[1]): (int(match[3]), match[2], int(match[4])) for match in found}


def checks_of(
    asked: list[Probe], codes: Iterable[Installed], output: str, mark: str, between: tuple[float, float]
) -> list[Check]:
    """Return one result per check.

    :param output: what the script printed.
    :param between: our time when the job was submitted, and when it had ended, in s since 1970.
    """
    given = answers(output, mark)
    by_label = {code.label: code for code in codes}
    checks = []
    for number, probe in enumerate(asked):
        code, text, seconds = given.get(number, (None, "", 0))
        if code is None:
            fix = "the job ended before this check; see its wall time, its memory and the row above"
            checks.append(Check(probe.name, False, "no answer", fix))
        elif probe.name == "clock":
            checks.append(_clock(text, between))
        elif probe.name == "cores":
            checks.append(Check("cores", text.strip().isdigit(), text.strip()))
        elif probe.name == "scratch":
            checks.append(_scratch(code, text))
        elif probe.name == "quota":
            checks += _quota(text)
        elif probe.trial is not None:
            checks.append(_tried(probe.name, probe.trial, code, text, seconds))
        elif probe.name in by_label:
            checks.append(_code(by_label[probe.name], code, text))
        elif probe.name.endswith("mpirun"):
            checks.append(_mpirun(probe, code, text))
        else:
            fix = "set CP2K_DATA_DIR in the code's prepend_text to the folder with CP2K's data files"
            found = (first_line(text) or "") if code == 0 else last_line(text)
            checks.append(Check(probe.name, code == 0, found, "" if code == 0 else fix))
    return checks


def _clock(text: str, between: tuple[float, float]) -> Check:
    try:
        now = float(text)
    except ValueError:
        return Check("clock", False, last_line(text), "make `date +%s` work")
    off = max(between[0] - now, now - between[1], 0.0)
    fix = f"{off:.0f} s different from this machine: times of jobs and files will be wrong; set it by NTP"
    return Check("clock", off < WORST_CLOCK, f"{off:.0f} s off", fix if off >= WORST_CLOCK else "")


def _scratch(code: int, text: str) -> Check:
    words = text.splitlines()[-1].split() if code == 0 and text.strip() else []
    if len(words) < 6 or not words[3].isdigit():
        return Check("scratch", False, last_line(text), "correct work_dir of the computer")
    free = 1024 * float(words[3])
    fix = f"free disk space, or choose another work_dir: {LEAST_FREE / 1e9:.0f} GB or more"
    found = f"{free / 1e9:.0f} GB free on {words[5]}"
    return Check("scratch", free >= LEAST_FREE, found, fix if free < LEAST_FREE else "")


def _quota(text: str) -> list[Check]:
    """Return one result per quota of the user; none where there is no quota or it cannot be read."""
    fix = "remove what is not needed (`aiida-zif clean`), or request a larger quota"
    checks = []
    for line in text.splitlines():
        words = line.replace("*", " ").split()
        if len(words) >= 4 and all(word.isdigit() for word in words[1:4]) and int(words[3]):
            free = 1024 * (float(words[3]) - float(words[1]))
            found, ok = (
                f"{free / 1e9:.0f} GB left of {1.024e-6 * float(words[3]):.0f} GB on {words[0]}",
                free >= LEAST_FREE,
            )
            checks.append(Check("quota", ok, found, "" if ok else fix))
    return checks


def _tried(name: str, trial: Trial, code: int, text: str, seconds: int) -> Check:
    result = trial.result(text) if code == 0 else None
    if result is not None:
        return Check(name, True, f"{result}, {seconds} s")
    found = f"no result in {TIMEOUT} s" if code == 124 else f"exit code {code}: {last_line(text)}"
    return Check(name, False, found, trial.fix)


def _code(installed: Installed, code: int, text: str) -> Check:
    question = installed.question
    version = question.reader(text) if code == 0 else None
    if version is not None:
        return Check(installed.label, True, f"{version} ({installed.executable})")
    if code == 0:
        return Check(installed.label, False, f"unexpected output of {installed.executable}", question.fix)
    words = f"no output in {TIMEOUT} s" if code == 124 else f"exit code {code}: {last_line(text)}"
    fix = "correct filepath_executable, or the modules in prepend_text, of the code"
    return Check(installed.label, False, f"{installed.executable}: {words}", fix)


def _mpirun(probe: Probe, code: int, text: str) -> Check:
    started = text.split().count("rank")
    ok = code == 0 and started == RANKS
    found = f"{started} of {RANKS} ranks ({' '.join(probe.command[:-2])})"
    fix = "correct mpirun_command of the computer, or load the MPI library of the code in its prepend_text"
    return Check(probe.name, ok, found if ok else f"{found}: {last_line(text)}", "" if ok else fix)


def last_line(text: str) -> str:
    """Return the last line that is not empty."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "nothing")
