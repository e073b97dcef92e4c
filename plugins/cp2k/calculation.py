"""The calculation job that labels frames with CP2K."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.common import CalcInfo, CodeInfo
from aiida.common.folders import Folder
from aiida.engine import CalcJobProcessSpec
from aiida_cp2k.calculations import Cp2kCalculation
from aiida_cp2k.utils import Cp2kInput

from aiida_zif.plugins.cp2k.batches.order import batch_order, carries_wavefunction
from aiida_zif.plugins.cp2k.batches.references import EnergyReferences
from aiida_zif.plugins.cp2k.levels import Level
from aiida_zif.plugins.cp2k.levels.recovery import read_rung
from aiida_zif.plugins.cp2k.task import AUTO, AimdTask, BatchTask, Task, read_task, target_in_words
from aiida_zif.plugins.cp2k.writing import inputs as write
from aiida_zif.plugins.cp2k.writing.dynamics import RESTART_FILE
from aiida_zif.plugins.cp2k.writing.restart import WRITTEN_FILES, restart_files
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.plugins.data.record import RecordError
from aiida_zif.plugins.jobs.base import TolerantJob
from aiida_zif.plugins.jobs.clock import CLOCK_FILE, START_CLOCK, STOP_CLOCK
from aiida_zif.plugins.jobs.interruption_codes import define_exit_codes

NOT_OURS = {
    "inputs": (
        "parameters", "structure", "trajectory", "settings", "parent_calc_folder",
        "kpoints", "file", "basissets", "pseudos", "pseudos_upf",
    ),
    "outputs": ("output_structure", "output_trajectory", "output_bands"),
}  # fmt: skip
"""Ports of aiida-cp2k that a labelling job has no use for."""


class Cp2kLabelCalculation(TolerantJob, Cp2kCalculation):
    """Energies, forces and virials of many frames in one CP2K run, given or made by molecular dynamics."""

    _DEFAULT_PARSER = "zif.cp2k"

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Inputs, outputs and exit codes."""
        super().define(spec)
        for port in NOT_OURS["inputs"]:
            del spec.inputs[port]
        for port in NOT_OURS["outputs"]:
            del spec.outputs[port]
        spec.outputs.dynamic = False
        spec.input("frames", valid_type=FramesData, help="Frames to label; dynamics start from the first of them.")
        spec.input("level", valid_type=orm.Dict, validator=_check_level, help="`Level.as_dict()`.")
        spec.input("task", valid_type=orm.Dict, validator=_check_task, help="What to do, see `task.py`.")
        spec.input(
            "restart",
            valid_type=orm.FolderData,
            required=False,
            help="What was retrieved of the job that this one continues; holds a restart file of step `first_step`.",
        )
        spec.input("rung", valid_type=orm.Dict, required=False, validator=_check_rung, help="`Rung.as_dict()`.")
        spec.input(
            "references",
            valid_type=orm.Dict,
            required=False,
            help="`level_hash` and `energies_per_atom` (eV) of earlier frames of the composition, for the gates.",
        )
        spec.input("metadata.options.withmpi", valid_type=bool, required=False)  # what the code says holds
        spec.inputs.validator = _check_inputs
        spec.output("labelled", valid_type=LabelledFramesData, required=False, help="The good frames.")
        spec.output("output_parameters", valid_type=orm.Dict, required=False, help="Counts, reasons and times.")
        _define_exit_codes(spec)
        define_exit_codes(spec)

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write the CP2K input and the frames.

        :param folder: where AiiDA collects the files of the job.
        """
        frames: FramesData = self.inputs.frames
        level = Level.from_dict(self.inputs.level.get_dict())
        task = read_task(self.inputs.task.get_dict())
        order = frame_order(frames, task, level)
        positions, cells = frames.positions[order], frames.cells[order]
        limit = write.walltime_limit(self.inputs.metadata.options.get("max_wallclock_seconds"))
        rung = self.inputs.rung["settings"] if "rung" in self.inputs else None
        content = write.cp2k_input(
            level, task, frames.symbols, cells[0], len(order), limit, "restart" in self.inputs, rung
        )
        files = {
            self._DEFAULT_INPUT_FILE: Cp2kInput(content).render() + "\n",
            write.COORDINATES_FILE: write.coordinates_file(frames.symbols, positions[0]),
        }
        if isinstance(task, BatchTask):
            files[write.FRAMES_FILE] = write.frames_file(frames.symbols, positions)
            files[write.CELLS_FILE] = write.cells_file(cells)
        for name, text in files.items():
            Path(folder.get_abs_path(name)).write_text(text, encoding="utf-8")
        return self._calc_info(task)

    def _calc_info(self, task: Task) -> CalcInfo:
        code = CodeInfo()
        code.code_uuid = self.inputs.code.uuid
        code.cmdline_params = ["-i", self._DEFAULT_INPUT_FILE]
        code.stdout_name = self._DEFAULT_OUTPUT_FILE
        code.join_files = True
        if self.inputs.metadata.options.get("withmpi") is None:
            code.withmpi = self.inputs.code.with_mpi is not False
        info = CalcInfo()
        info.codes_info = [code]
        threads = self.inputs.metadata.options.resources.get("num_cores_per_mpiproc") or 1
        # of AiiDA's schedulers only some say how many threads
        info.prepend_text = f"export OMP_NUM_THREADS={threads}\n{START_CLOCK}"
        info.append_text = STOP_CLOCK
        info.retrieve_list = [self._DEFAULT_OUTPUT_FILE, CLOCK_FILE]
        trajectory = [
            self._DEFAULT_TRAJECT_XYZ_FILE_NAME,
            self._DEFAULT_TRAJECT_FORCES_FILE_NAME,
            self._DEFAULT_TRAJECT_CELL_FILE_NAME,
        ]
        if isinstance(task, AimdTask) and task.stride == AUTO:
            info.retrieve_temporary_list = trajectory  # every step, of which the labels are few
        else:
            info.retrieve_list += trajectory
        if isinstance(task, AimdTask):
            info.retrieve_list += WRITTEN_FILES
            if "restart" in self.inputs:
                name = restart_files(restart_texts(self.inputs.restart))[task.first_step]
                info.local_copy_list = [(self.inputs.restart.uuid, name, RESTART_FILE)]
        return info


def restart_texts(retrieved: orm.FolderData) -> dict[str, str]:
    """Return the restart files that a job left, by name, the newest first."""
    files = retrieved.base.repository
    names = [name for name in WRITTEN_FILES if name in files.list_object_names()]
    return {name: files.get_object_content(name, mode="rb").decode("utf-8", errors="replace") for name in names}


def frame_order(frames: FramesData, task: AimdTask | BatchTask, level: Level) -> list[int]:
    """Indices of the input frames in the order of CP2K's snapshots."""
    if isinstance(task, AimdTask):
        return [0]
    return batch_order(frames.symbols, frames.positions, frames.cells, carries_wavefunction(level))


def _check_level(value: orm.Dict | None, _: Any) -> str | None:
    return _message(Level.from_dict, value.get_dict()) if value is not None else None


def _check_rung(value: orm.Dict | None, _: Any) -> str | None:
    return _message(read_rung, value.get_dict()) if value is not None else None


def _check_task(value: orm.Dict | None, _: Any) -> str | None:
    return _message(_check_one_job, value.get_dict()) if value is not None else None


def _check_one_job(content: Mapping[str, Any]) -> None:
    task = read_task(content)
    if isinstance(task, AimdTask) and task.is_ramp:
        raise ValueError(
            f"task: a ramp ({target_in_words(task.temperature, 'K')}, {target_in_words(task.pressure, 'GPa')}) found, "
            "one job holds one temperature and one pressure; submit zif.aimd, which climbs in stairs"
        )


def _check_inputs(values: Mapping[str, Any], _: Any) -> str | None:
    if not {"frames", "level", "task"} <= set(values):
        return None  # AiiDA itself names the missing port
    frames: FramesData = values["frames"]
    if not frames.n_frames:
        return "frames: 0 frames found, at least one is needed"
    if "restart" in values:
        if values["task"]["mode"] != "aimd":
            return "restart: found with task.mode batch, only dynamics continue from a restart file"
        held, asked = restart_files(restart_texts(values["restart"])), values["task"].get_dict().get("first_step", 0)
        if asked not in held:
            steps = ", ".join(map(str, held)) or "none"
            return f"restart: restart files of the steps {steps} found, task.first_step is {asked}"
    if "references" in values:
        try:
            found = EnergyReferences.from_node(values["references"]).level_hash
        except RecordError as error:
            return f"references: {error}"
        if found != values["level"]["hash"]:
            return f"references: energies of level {found} found, those of {values['level']['hash']} needed"
    return _message(Level.from_dict(values["level"].get_dict()).check_elements, frames.symbols)


def _message(check: Any, value: Any) -> str | None:
    try:
        check(value)
    except (ValueError, KeyError, TypeError) as error:
        return str(error)
    return None


def _define_exit_codes(spec: CalcJobProcessSpec) -> None:
    """What really happens with CP2K; where a block of labels could be salvaged it is attached all the same."""
    codes = {
        311: ("ERROR_NO_OUTPUT", "CP2K wrote no output; check the code's prepend text and mpirun in the job folder."),
        302: ("ERROR_OUTPUT_PARSE", "An output file could not be read ({detail}); look at it in `retrieved`."),
        304: ("ERROR_OUTPUT_CONTAINS_ABORT", "CP2K stopped with an error: {detail}"),
        305: (
            "ERROR_FRAMES_DIFFER",
            "CP2K evaluated other frames than were requested ({detail}); this CP2K version reads the reference "
            "trajectory in another way, use 2023.1.",
        ),
        306: (
            "ERROR_OUTPUT_NOT_READ",
            "CP2K came to its end, but its output could not be read: {detail}. Use a version that is read.",
        ),
        350: ("ERROR_UNEXPECTED_PARSER_EXCEPTION", "The parser failed ({detail}); please report it."),
        321: ("ERROR_DISK_FULL", "No space was left ({detail}); make room where the computer's jobs run."),
        322: ("ERROR_OUT_OF_MEMORY", "Out of memory ({detail}); give the job more, or fewer ranks."),
        400: ("ERROR_OUT_OF_WALLTIME", "Out of walltime with {detail}; label the rest again or request more time."),
        401: ("ERROR_EXIT_REQUESTED", "CP2K ended on request: {detail}. Label the rest again."),
        410: ("ERROR_OUTPUT_TRUNCATED", "CP2K was killed with {detail}; label the rest again."),
        450: ("ERROR_SCF_NOT_CONVERGED", "In no frame did the SCF converge; check the frames for broken geometry."),
        510: ("ERROR_NO_GOOD_FRAME", "No frame became a label: {detail}."),
    }
    for status, (label, message) in codes.items():
        # What another try may fix must not be answered from the cache.
        spec.exit_code(status, label, message=message, invalidates_cache=status not in (305, 450, 510))
