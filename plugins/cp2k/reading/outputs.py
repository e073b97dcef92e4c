"""Readers of the output of CP2K: main output, xyz files, cells (no AiiDA).

Every reader takes text that may end anywhere, because a job may be killed anywhere, and returns what is complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from aiida_zif.plugins.cp2k.reading.scf import convergence_in
from aiida_zif.plugins.physics.units import BOHR as BOHR
from aiida_zif.plugins.physics.units import HARTREE as HARTREE
from aiida_zif.plugins.physics.units import HARTREE_PER_BOHR as HARTREE_PER_BOHR

GPA_TO_EV_PER_A3 = 1.0 / 160.21766208

READ_VERSIONS = "2022.1 to 2026.1"
"""Versions of CP2K whose output is read."""

_EV = {"a.u.": HARTREE, "hartree": HARTREE, "ry": HARTREE / 2, "ev": 1.0, "kev": 1e3}
"""By what the energy line may name, in small letters. The unit moved from ``[a.u.]:`` to ``[hartree]`` in 2025.1."""

_GPA = {"GPa": 1.0, "bar": 1e-4, "kbar": 0.1, "Pa": 1e-9, "MPa": 1e-3, "atm": 1.01325e-4}
"""By what the head of a stress names: GPa up to 2024.3, bar from 2025.1 on."""

_ENERGY = re.compile(r"ENERGY\| Total FORCE_EVAL .*?\benergy\s*[\[(]([^\])]*)[\])]\s*:?\s+(\S+)\s*$", re.IGNORECASE)
_STRESS_HEAD = re.compile(r"^\s*(?:STRESS\|\s*Analytical )?stress tensor\s*(?:\[([^\]]*)\])?\s*$", re.IGNORECASE)
_STRESS_ROW = re.compile(r"^\s*(?:STRESS\|)?\s*([xyz])\s+(\S+)\s+(\S+)\s+(\S+)\s*$", re.IGNORECASE)
_SCF_STEPS = re.compile(r"(?:after\s+\d+ iterations or|iterations or|SCF run converged in)\s+(\d+) steps")
_STEP = re.compile(r"MD\| Step number\s+(\d+)")
_TEMPERATURE = re.compile(r"MD(?:_INI)?\| Temperature \[K\]\s+(\S+)")
_SECONDS = re.compile(r"MD\| (?:\w+ )?time per MD step \[s\]\s+(\S+)", re.IGNORECASE)
_VERSION = re.compile(r"CP2K\|\s*version string:?\s+(?:CP2K version )?(.+?)\s*$", re.IGNORECASE)
_TOTAL_TIME = re.compile(r"^ CP2K\s+1\s+1\.0\s+\S+\s+\S+\s+\S+\s+(\S+)\s*$")
_XYZ_COMMENT = re.compile(r"i =\s*(\d+).*?E =\s*(\S+)")

_SCF_VERDICTS = {
    "SCF run converged in": True,
    "outer SCF loop converged in": True,
    "SCF run NOT converged": False,
    "outer SCF loop FAILED to converge": False,
}


@dataclass(frozen=True)
class Evaluation:
    """Energy of one frame as printed in the main output.

    :param step: number of the step or snapshot.
    :param energy: eV.
    :param stress: configurational stress as printed, GPa, (3, 3); None where it was not printed.
    :param scf_converged: the last word of the self-consistency loop.
    :param scf_steps: number of SCF steps over all outer loops.
    :param temperature: K, None in a batch.
    :param seconds: wall time of this step, None for the first.
    :param convergence: of every SCF step, in CP2K's own measure.
    """

    step: int
    energy: float
    stress: np.ndarray | None
    scf_converged: bool
    scf_steps: int
    temperature: float | None = None
    seconds: float | None = None
    convergence: tuple[float, ...] = ()


@dataclass
class MainOutput:
    """The main output of one run.

    :param evaluations: finished frames by step.
    :param unread: of frames whose energy, stress or loop stands there in a form that is not known, that form, by step.
    :param exit_requested: CP2K ended because somebody put a file EXIT into its folder: the line that says so.
    :param finished: CP2K ended by itself.
    :param abort: text of CP2K's own error message, None without one.
    :param out_of_time: CP2K stopped at its own WALLTIME.
    :param version: version of CP2K.
    :param wall_s: total wall time in s, None when the run did not end by itself.
    :param started: the banner of CP2K was seen.
    :param unfinished: convergence of the SCF loop in which the run ended, empty where it ended between two.
    """

    evaluations: dict[int, Evaluation] = field(default_factory=dict)
    unread: dict[int, str] = field(default_factory=dict)
    exit_requested: str | None = None
    finished: bool = False
    abort: str | None = None
    out_of_time: bool = False
    version: str | None = None
    wall_s: float | None = None
    started: bool = False
    unfinished: tuple[float, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether CP2K did all that it was asked for, as far as it says: what is missing then was not read."""
        return self.finished and not (self.abort or self.out_of_time or self.exit_requested)

    def what_is_unread(self, step: int) -> str | None:
        """Return what CP2K printed of a step in a way that is not known, None if it was read or never came."""
        if step not in self.unread and (step in self.evaluations or not self.whole):
            return None
        found = self.unread.get(step, "no energy of this step that could be read")
        return f"CP2K {self.version or 'of unknown version'} printed {found}; versions {READ_VERSIONS} are read"


@dataclass(frozen=True)
class XyzFrame:
    """One frame of an xyz file.

    :param step: from the comment line.
    :param energy: eV, from the comment line.
    :param symbols: chemical symbols, (n,).
    :param values: numbers as in the file, (n, 3).
    """

    step: int
    energy: float
    symbols: tuple[str, ...]
    values: np.ndarray


def read_main_output(text: str, first_step: int) -> MainOutput:
    """Read the main output of a molecular dynamics or REFTRAJ run.

    :param text: the output, possibly cut off.
    :param first_step: number of the evaluation before the first MD step: 0 in dynamics, 1 in a REFTRAJ run.
    """
    output = MainOutput()
    current = _Builder()
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if (value := convergence_in(line)) is not None:
            current.convergence.append(value)
        else:
            current.read(line)
        if "MD_INI| MD initialization" in line:
            current.close(output, first_step)
        elif match := _STEP.search(line):
            current.close(output, int(match[1]))
        elif match := _TEMPERATURE.search(line):
            current.amend(output.evaluations, temperature=_number(match[1]))
        elif match := _SECONDS.search(line):
            current.amend(output.evaluations, seconds=_number(match[1]))
        elif "[ABORT]" in line:
            output.abort = boxed_message(lines[number : number + 12])
        else:
            _read_run(output, line)
    output.unfinished = tuple(current.convergence)
    return output


def _read_run(output: MainOutput, line: str) -> None:
    """What CP2K says of the run as a whole, at its beginning and at its end."""
    if match := _VERSION.search(line):
        output.version, output.started = match[1], True
    elif match := _TOTAL_TIME.match(line):
        output.wall_s = _number(match[1])
    elif "exceeded requested execution time" in line:
        output.out_of_time = True
    elif "run terminated by external request" in line:
        output.exit_requested = " ".join(line.strip(" *").split())
    elif "PROGRAM STARTED AT" in line:
        output.started = True
    elif "PROGRAM ENDED AT" in line:
        output.started = output.finished = True


class _Builder:
    """Collects the lines of one evaluation until the line that gives it a number."""

    def __init__(self) -> None:
        self.clear()
        self.last: int | None = None

    def clear(self) -> None:
        self.energy: float | None = None
        self.rows: list[list[float]] = []
        self.unit: str | None = None
        self.converged: bool | None = None
        self.scf_steps = 0
        self.convergence: list[float] = []
        self.interrupted = False
        self.unread: str | None = None

    def read(self, line: str) -> None:
        if "SCF" in line:
            self._read_loop(line)
        if "ENERGY| Total FORCE_EVAL" in line:
            self._read_energy(line)
        elif match := _STRESS_HEAD.match(line):
            self.unit, self.rows = (match[1] or "no unit").strip(), []
            if self.unit not in _GPA:
                self.unread = _not_understood(line)
        elif self.unit and len(self.rows) < 3 and (match := _STRESS_ROW.match(line)):
            if match[1].lower() != "xyz"[len(self.rows)]:
                self.unit, self.unread = None, _not_understood(line)
            self.rows.append([_number(value) for value in match.groups()[1:]])

    def _read_loop(self, line: str) -> None:
        for phrase, verdict in _SCF_VERDICTS.items():
            if phrase in line:
                self.converged = verdict
        if "SCF run terminated" in line:  # out of time in the middle of a frame
            self.interrupted = True
        if match := _SCF_STEPS.search(line):
            self.scf_steps = int(match[1])

    def _read_energy(self, line: str) -> None:
        match = _ENERGY.search(line)
        if match and match[1].strip().lower() in _EV:
            self.energy = _number(match[2]) * _EV[match[1].strip().lower()]
        else:
            self.unread = _not_understood(line)

    def close(self, output: MainOutput, step: int) -> None:
        if self.converged is None and not self.convergence and self.energy is not None:
            self.unread = self.unread or "no line of a self-consistency loop"
        if self.converged and not self.convergence:
            self.unread = self.unread or "no table of the steps of the self-consistency loop"
        if self.unread is not None and not self.interrupted:
            output.unread[step] = self.unread
        if self.energy is None or self.interrupted:
            self.clear()
            return
        stress = None
        if len(self.rows) == 3 and self.unit in _GPA:
            stress = np.array(self.rows) * _GPA[self.unit]
        steps, convergence = self.scf_steps or len(self.convergence), tuple(self.convergence)
        output.evaluations[step] = Evaluation(
            step, self.energy, stress, bool(self.converged), steps, convergence=convergence
        )
        self.last = step
        self.clear()

    def amend(self, evaluations: dict[int, Evaluation], **values: Any) -> None:
        if self.last is not None:
            evaluations[self.last] = replace(evaluations[self.last], **values)


def read_xyz(text: str) -> dict[int, XyzFrame]:
    """Read the complete frames of a ``-pos-1.xyz`` (Å) or ``-frc-1.xyz`` (hartree/bohr) file, by step.

    :raises ValueError: when the text is not such a file.
    """
    frames: dict[int, XyzFrame] = {}
    lines = text.splitlines()
    start = 0
    while start + 1 < len(lines):
        count = int(lines[start])
        body = lines[start + 2 : start + 2 + count]
        if len(body) < count:
            break  # cut off
        match = _XYZ_COMMENT.search(lines[start + 1])
        if match is None:
            raise ValueError(f"no step number in the comment {lines[start + 1]!r}")
        rows = [line.split() for line in body]
        last = start + 2 + count == len(lines)
        if last and (len(rows[-1]) != 4 or not text.endswith("\n")):
            break
        values = np.array([[_number(value) for value in row[1:4]] for row in rows])
        frame = XyzFrame(int(match[1]), _number(match[2]) * HARTREE, tuple(row[0] for row in rows), values)
        frames[frame.step] = frame
        start += 2 + count
    return frames


def read_cells(text: str) -> dict[int, np.ndarray]:
    """Read the complete lines of a ``-1.cell`` file: lattice vectors as rows, Å, (3, 3), by step."""
    return dict(_cells(text))


def _cells(text: str) -> Iterator[tuple[int, np.ndarray]]:
    for line in text.splitlines():
        words = line.split()
        if len(words) == 12 and not line.lstrip().startswith("#"):
            yield int(words[0]), np.array([_number(word) for word in words[2:11]]).reshape(3, 3)


def _not_understood(line: str) -> str:
    return f"{' '.join(line.split())!r}, which is in another form than those known"


def _number(word: str) -> float:
    """Fortran prints asterisks where a number does not fit its field; that frame is then not finite."""
    try:
        return float(word.replace("D", "E"))
    except ValueError:
        return float("nan")


def boxed_message(lines: list[str]) -> str:
    """The sentence that CP2K prints in a frame of asterisks next to a drawing."""
    words = []
    for line in lines:
        inner = line.strip().strip("*")
        inner = re.sub(r"\[ABORT\]|\\___/|O/\||/\||/ \\|_{2,}|\|\s*$|^\s*\|", " ", inner).strip()
        if inner and not set(inner) <= {"*", " "}:
            words.append(inner)
        elif words and line.strip().startswith("****"):
            break
    return re.sub(r"\s+", " ", " ".join(words)).strip() or "no reason given"
