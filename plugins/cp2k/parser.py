"""The parser of labelling jobs: salvages every good frame, whatever the end of the job."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from aiida import orm
from aiida.engine import ExitCode
from aiida.parsers import Parser

from aiida_zif.plugins.cp2k.calculation import Cp2kLabelCalculation, frame_order
from aiida_zif.plugins.cp2k.labels import Label, Readings, Rejection, Requested, collect_labels
from aiida_zif.plugins.cp2k.levels import Level
from aiida_zif.plugins.cp2k.outputs import MainOutput, read_cells, read_main_output, read_xyz
from aiida_zif.plugins.cp2k.task import AimdTask, Task, read_task
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData


class Cp2kLabelParser(Parser):
    """Turns the files of a :class:`Cp2kLabelCalculation` into a block of labelled frames."""

    def parse(self, **kwargs: Any) -> ExitCode | None:
        """Attach ``labelled`` and ``output_parameters``; return what went wrong, if anything."""
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
        main = read_main_output(text, first_step=0 if isinstance(task, AimdTask) else 1)
        if not main.started and not main.abort:
            return self._exit("ERROR_NO_OUTPUT")
        try:
            readings = self._readings(main)
        except ValueError as error:
            return self._exit("ERROR_OUTPUT_PARSE", str(error))
        labels, rejected = collect_labels(requested_frames(frames, task), readings, frames.symbols, task.max_force)
        level = Level.from_dict(self.node.inputs.level.get_dict())
        if labels:
            self.out("labelled", labelled_block(labels, frames, level, task))
        summary = summarise(labels, rejected, main, frames, level, task)
        self.out("output_parameters", orm.Dict(summary))
        return self._judge(main, labels, rejected)

    def _readings(self, main: MainOutput) -> Readings:
        names = Cp2kLabelCalculation
        return Readings(
            main,
            read_xyz(self._read(names._DEFAULT_TRAJECT_XYZ_FILE_NAME)),
            read_xyz(self._read(names._DEFAULT_TRAJECT_FORCES_FILE_NAME)),
            read_cells(self._read(names._DEFAULT_TRAJECT_CELL_FILE_NAME)),
        )

    def _judge(self, main: MainOutput, labels: list[Label], rejected: list[Rejection]) -> ExitCode | None:
        reasons = Counter(rejection.reason for rejection in rejected)
        tally = f"{len(labels)} of {len(labels) + len(rejected)} frames labelled"
        if main.abort:
            return self._exit("ERROR_OUTPUT_CONTAINS_ABORT", f"{main.abort} ({tally})")
        if main.out_of_time and reasons["not_reached"]:
            return self._exit("ERROR_OUT_OF_WALLTIME", tally)
        if not main.finished:
            return self._exit("ERROR_OUTPUT_TRUNCATED", tally)
        if labels:
            return None
        counted = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
        if set(reasons) <= {"positions_differ", "atoms_differ", "outputs_differ"}:
            return self._exit("ERROR_FRAMES_DIFFER", counted)
        if set(reasons) == {"scf_not_converged"}:
            return self._exit("ERROR_SCF_NOT_CONVERGED")
        return self._exit("ERROR_NO_GOOD_FRAME", counted)

    def _exit(self, label: str, detail: str = "") -> ExitCode:
        return getattr(self.exit_codes, label).format(detail=detail)

    def _read(self, name: str) -> str:
        """Text of a retrieved file; empty when it is not there."""
        files = self.retrieved.base.repository
        if name not in files.list_object_names():
            return ""
        return files.get_object_content(name, mode="rb").decode("utf-8", errors="replace")


def requested_frames(frames: FramesData, task: Task) -> list[Requested]:
    """The frames a job was asked for, in the order of its block."""
    if isinstance(task, AimdTask):
        cell = frames.cells[0] if task.ensemble == "nvt" else None
        return [Requested(index, step, None, cell) for index, step in enumerate(task.labelled_steps)]
    positions, cells = frames.positions, frames.cells
    snapshots = {index: step for step, index in enumerate(frame_order(frames, task), start=1)}
    return [Requested(index, snapshots[index], positions[index], cells[index]) for index in range(frames.n_frames)]


def labelled_block(labels: list[Label], frames: FramesData, level: Level, task: Task) -> LabelledFramesData:
    """An unstored block of the good frames.

    Per frame ``scf_steps``; in dynamics ``step`` and ``temperature`` K, in a batch ``index`` among the input frames.
    """
    per_frame = {"scf_steps": np.array([label.scf_steps for label in labels])}
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
        level_of_theory={"hash": level.hash, "line": level.line},
    )


def summarise(
    labels: list[Label],
    rejected: list[Rejection],
    main: MainOutput,
    frames: FramesData,
    level: Level,
    task: Task,
) -> dict[str, Any]:
    """Content of ``output_parameters``; times in s."""
    ids = frames.frame_ids() if task.mode == "batch" else []
    scf_steps = [evaluation.scf_steps for evaluation in main.evaluations.values()]
    seconds = [one.seconds for one in main.evaluations.values() if one.seconds is not None]
    first = main.wall_s - sum(seconds) if main.wall_s is not None else None
    return {
        "mode": task.mode,
        "n_requested": len(labels) + len(rejected),
        "n_labelled": len(labels),
        "n_evaluated": len(main.evaluations),
        "rejected": [
            {
                "index": one.index,
                "frame_id": ids[one.index] if ids else None,
                "step": one.step,
                "reason": one.reason,
                "detail": one.detail,
            }
            for one in rejected
        ],
        "scf_steps": {"mean": float(np.mean(scf_steps)), "max": max(scf_steps)} if scf_steps else None,
        "wall_s": main.wall_s if main.wall_s is not None else float(sum(seconds)),
        "seconds_per_frame": float(np.mean(seconds)) if seconds else first,
        "first_frame_s": first,
        "cp2k_version": main.version,
        "exceeded_walltime": main.out_of_time,
        "level": {"hash": level.hash, "line": level.line},
    }
