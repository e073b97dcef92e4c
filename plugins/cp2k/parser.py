"""The parser of labelling jobs. It keeps every good frame, however the job ended."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from aiida import orm
from aiida.engine import ExitCode
from aiida.parsers import Parser

from aiida_zif.plugins.cp2k.batches.references import EnergyReferences
from aiida_zif.plugins.cp2k.batches.report import job_report, with_frame_ids
from aiida_zif.plugins.cp2k.calculation import Cp2kLabelCalculation, frame_order, restart_texts
from aiida_zif.plugins.cp2k.levels import Level
from aiida_zif.plugins.cp2k.levels.recovery import Rung, read_rung
from aiida_zif.plugins.cp2k.reading.labels import (
    NOT_CONVERGED,
    NOT_REACHED,
    NOT_READ,
    Label,
    Readings,
    Rejection,
    Requested,
    collect_labels,
)
from aiida_zif.plugins.cp2k.reading.outputs import MainOutput, read_cells, read_main_output, read_xyz
from aiida_zif.plugins.cp2k.reading.run_outcome import measured_stride, run_outcome, with_stride
from aiida_zif.plugins.cp2k.reading.why_stopped import DISK_FULL, EXIT_REQUESTED, UNREAD, why_stopped
from aiida_zif.plugins.cp2k.task import AimdTask, BatchTask, Task, read_task
from aiida_zif.plugins.cp2k.writing.restart import restart_files
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.plugins.jobs.clock import CLOCK_FILE, read_clock
from aiida_zif.plugins.jobs.interruption_codes import CODES, ending_of, exit_code_of
from aiida_zif.plugins.jobs.interruptions import OUT_OF_MEMORY, Ending
from aiida_zif.plugins.jobs.retrieved_files import readable, storable


class Cp2kLabelParser(Parser):
    """Turns the files of a :class:`Cp2kLabelCalculation` into a block of labelled frames."""

    def parse(self, **kwargs: Any) -> ExitCode | None:
        """Attach ``labelled`` and ``output_parameters``; return what went wrong, if anything."""
        folder = kwargs.get("retrieved_temporary_folder")
        self._temporary = Path(folder) if folder else None
        try:
            exit_code = self._parse()
        except Exception as error:  # a parser never raises
            self.logger.exception("unexpected")
            exit_code = self._exit("ERROR_UNEXPECTED_PARSER_EXCEPTION", repr(error))
        if self.node.exit_status:  # set by the scheduler, which knows why the job ended
            return ExitCode(self.node.exit_status, self.node.exit_message)
        return exit_code

    def _parse(self) -> ExitCode | None:
        task = read_task(self.node.inputs.task.get_dict())
        frames: FramesData = self.node.inputs.frames
        text = self._read(Cp2kLabelCalculation._DEFAULT_OUTPUT_FILE)
        main = read_main_output(text, first_step=task.first_step if isinstance(task, AimdTask) else 1)
        if not main.started and not main.abort:
            why = self._stop(main, text)
            return self._ended(why, why.detail) or self._exit("ERROR_NO_OUTPUT")
        try:
            readings = self._readings(main)
        except ValueError as error:
            return self._exit("ERROR_OUTPUT_PARSE", str(error))
        stride = measured_stride(task, readings) if isinstance(task, AimdTask) else None
        if isinstance(task, AimdTask):
            task = with_stride(task, stride)
        level = Level.from_dict(self.node.inputs.level.get_dict())
        rung = read_rung(self.node.inputs.rung.get_dict()) if "rung" in self.node.inputs else None
        labels, rejected = collect_labels(
            requested_frames(frames, task, level),
            readings,
            frames.symbols,
            task.gates,
            level.settings["energy"]["SCF"]["EPS_SCF"],
            self._references(),
        )
        if labels:
            self.out("labelled", labelled_block(labels, frames, level, task, rung))
        nothing = main.whole and not main.evaluations
        missing = nothing or any(one.reason in (NOT_REACHED, NOT_READ) for one in rejected)
        stop = self._stop(main, text) if missing else None
        about: dict[str, Any] = {"mode": task.mode, "rung": rung.name if rung else None}
        if isinstance(task, AimdTask):
            restarts = restart_files(restart_texts(self.retrieved))
            about["dynamics"] = run_outcome(task, labels, rejected, main.evaluations, restarts, stride)
        report = job_report(labels, rejected, main, stop, frames.symbols, level).model_copy(update=about)
        ids = frames.frame_ids() if isinstance(task, BatchTask) else []
        self.out("output_parameters", orm.Dict(storable(with_frame_ids(report, ids).as_dict())))
        return self._judge(main, stop, labels, rejected)

    def _references(self) -> list[float]:
        """Energies of earlier frames of the composition, eV/atom."""
        if "references" not in self.node.inputs:
            return []
        return EnergyReferences.from_node(self.node.inputs.references).energies_per_atom

    def _stop(self, main: MainOutput, text: str) -> Ending:
        """Why the run did not come to its end, as far as anybody said so."""
        texts = [text, self.node.get_scheduler_stderr() or "", self.node.get_scheduler_stdout() or ""]
        clock = read_clock(self._read(CLOCK_FILE))
        return why_stopped(main, texts, ending_of(self.node), clock.free_kb if clock else None)

    def _readings(self, main: MainOutput) -> Readings:
        names = Cp2kLabelCalculation
        return Readings(
            main,
            read_xyz(self._read(names._DEFAULT_TRAJECT_XYZ_FILE_NAME)),
            read_xyz(self._read(names._DEFAULT_TRAJECT_FORCES_FILE_NAME)),
            read_cells(self._read(names._DEFAULT_TRAJECT_CELL_FILE_NAME)),
        )

    def _judge(
        self, main: MainOutput, stop: Ending | None, labels: list[Label], rejected: list[Rejection]
    ) -> ExitCode | None:
        reasons = Counter(rejection.reason for rejection in rejected)
        tally = f"{len(labels)} of {len(labels) + len(rejected)} frames labelled"
        ended = self._ended(stop, f"{stop.detail}; {tally}") if stop is not None else None
        if ended is not None:
            return ended
        if main.abort:
            return self._exit("ERROR_OUTPUT_CONTAINS_ABORT", f"{main.abort} ({tally})")
        if stop is not None and stop.cause == EXIT_REQUESTED:
            return self._exit("ERROR_EXIT_REQUESTED", f"{stop.detail}; {tally}")
        if main.out_of_time and reasons[NOT_REACHED]:
            return self._exit("ERROR_OUT_OF_WALLTIME", tally)
        if stop is not None and stop.cause == UNREAD:
            why = [one.detail for one in rejected if one.reason in (NOT_READ, NOT_REACHED)]
            return self._exit("ERROR_OUTPUT_NOT_READ", f"{(why or [stop.detail])[0]}; {tally}")
        if not main.finished:
            return self._exit("ERROR_OUTPUT_TRUNCATED", tally)
        if labels or not rejected:  # a part of a run may lie between two labels
            return None
        counted = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
        if set(reasons) <= {"positions_differ", "atoms_differ", "outputs_differ"}:
            return self._exit("ERROR_FRAMES_DIFFER", counted)
        if set(reasons) == {NOT_CONVERGED}:
            return self._exit("ERROR_SCF_NOT_CONVERGED")
        return self._exit("ERROR_NO_GOOD_FRAME", counted)

    def _ended(self, stop: Ending, detail: str) -> ExitCode | None:
        """The exit code of a run that the machine stopped, None if it stopped by itself."""
        if stop.cause in (DISK_FULL, OUT_OF_MEMORY):
            return self._exit(f"ERROR_{stop.cause.upper()}", detail)
        return exit_code_of(Ending(stop.cause, detail)) if stop.cause in CODES else None

    def _exit(self, label: str, detail: str = "") -> ExitCode:
        return getattr(self.exit_codes, label).format(detail=detail)

    def _read(self, name: str) -> str:
        """Text of a retrieved file, or of one that is not kept; empty when it is not there."""
        if self._temporary is not None and (self._temporary / name).is_file():
            return readable((self._temporary / name).read_bytes())
        files = self.retrieved.base.repository
        if name not in files.list_object_names():
            return ""
        return readable(files.get_object_content(name, mode="rb"))


def requested_frames(frames: FramesData, task: Task, level: Level) -> list[Requested]:
    """The frames a job was asked for, in the order of its block."""
    if isinstance(task, AimdTask):
        cell = frames.cells[0] if task.ensemble == "nvt" else None
        return [Requested(index, step, None, cell) for index, step in enumerate(task.labelled_steps)]
    positions, cells = frames.positions, frames.cells
    snapshots = {index: step for step, index in enumerate(frame_order(frames, task, level), start=1)}
    return [Requested(index, snapshots[index], positions[index], cells[index]) for index in range(frames.n_frames)]


def labelled_block(
    labels: list[Label], frames: FramesData, level: Level, task: Task, rung: Rung | None = None
) -> LabelledFramesData:
    """An unstored block of the good frames.

    Per frame ``scf_steps``; in dynamics ``step`` and ``temperature`` K, in a batch ``index`` among the input frames;
    where a rung was needed ``flag``: 1 if it changes the physics, else 0.
    """
    per_frame = {"scf_steps": np.array([label.scf_steps for label in labels])}
    if rung is not None:
        per_frame["flag"] = np.full(len(labels), int(rung.changes_physics))
    if isinstance(task, AimdTask):
        temperatures = [np.nan if label.temperature is None else label.temperature for label in labels]
        per_frame |= {"step": np.array([label.step for label in labels]), "temperature": np.array(temperatures)}
    else:
        per_frame["index"] = np.array([label.index for label in labels])
    virials = [label.virial for label in labels if label.virial is not None]
    return LabelledFramesData(
        frames.symbols,
        np.array([label.positions for label in labels]),
        np.array([label.cell for label in labels]),
        frames.system,
        per_frame,
        energies=[label.energy for label in labels],
        forces=np.array([label.forces for label in labels]),
        virials=np.array(virials) if len(virials) == len(labels) else None,
        level_of_theory={"hash": level.hash, "line": level.line}
        | ({"rung": rung.name} if rung is not None and rung.changes_physics else {}),
    )
