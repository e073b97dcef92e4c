"""Production MD: one trajectory, led by a small program beside it, over any number of jobs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.common.datastructures import CalcInfo
from aiida.common.folders import Folder
from aiida.engine.processes.calcjobs.calcjob import CalcJobProcessSpec

from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.plugins.jobs.clock import CLOCK_FILE, STOP_CLOCK
from aiida_zif.plugins.lammps import structure
from aiida_zif.plugins.lammps.common.calculation import LammpsJob, first_lines, in_a_shell, lammps_command, write
from aiida_zif.plugins.lammps.production.exit_codes import EXIT_CODES
from aiida_zif.plugins.lammps.production.inputs import SHAKEN, START, Trajectory
from aiida_zif.plugins.lammps.production.job import compression
from aiida_zif.plugins.lammps.production.job.config import job_config, of_this_job
from aiida_zif.plugins.lammps.production.parts import strides_of
from aiida_zif.plugins.lammps.production.settings import Settings, check_stages
from aiida_zif.plugins.lammps.production.validation import validate
from aiida_zif.plugins.lammps.time_left import seconds_of_work

HOME = Path(__file__).parents[1]
PROGRAM = "beside"
"""Package beside the job, with :data:`PACKAGES` of this one in it."""
PACKAGES = ("driver", "harvest")
SHAKING = 0.05
"""Å; standard deviation of what atoms are moved by before the pressure is checked, so that it is not zero."""
LOGS = ("stint.log", "stint.err", "driver.err", "compress.err")


class LammpsMdCalculation(LammpsJob):
    """One trajectory of one system: stages of MD, with a committee that watches.

    The trajectory is cut into parts. LAMMPS runs some of them at a time, and a driver looks at them in between; see
    ``plugins/lammps/driver``. Averages over blocks, chosen frames and the last one come back, whatever its length.
    A job that ended early is gone on with by another one, whose outputs are those of the whole trajectory.
    """

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Declare inputs, outputs and exit codes."""
        super().define(spec)
        spec.input(
            "dp",
            valid_type=orm.AbstractCode,
            required=False,
            help="DeePMD-kit there, with which models are compressed.",
        )
        spec.input(
            "frames",
            valid_type=FramesData,
            help="One frame, the start; an array `velocities` (Å/fs) is used if it is there.",
        )
        spec.input(
            "stages",
            valid_type=orm.List,
            serializer=orm.to_aiida_type,
            help="The stages in their order; see `settings.MdStage`.",
        )
        spec.input(
            "parameters",
            valid_type=orm.Dict,
            serializer=orm.to_aiida_type,
            default=lambda: orm.Dict({}),
            help="What holds for all stages; see `settings.Settings`.",
        )
        spec.input(
            "restart",
            valid_type=orm.RemoteData,
            required=False,
            help="Folder of a job of this trajectory that ended early; this one continues from its last checkpoint.",
        )
        spec.inputs["metadata"]["options"]["parser_name"].default = "zif.lammps.md"  # type: ignore[index]
        spec.inputs.validator = validate

        spec.output("series", valid_type=orm.ArrayData, help="Averages over blocks of steps, a `Series`.")
        spec.output("snapshots", valid_type=FramesData, help="Evenly spaced frames of the stages, `snapshots` of each.")
        spec.output("untrusted", valid_type=FramesData, help="Frames above the trust level, the worst, spread in time.")
        spec.output("final", valid_type=FramesData, required=False, help="The last frame, with `velocities` in Å/fs.")
        for status, label, message in EXIT_CODES:
            spec.exit_code(status, label, message=message)

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write the first frame, the commands of all parts, and the driver."""
        frames: FramesData = self.inputs.frames
        committee = self.committee()
        whole = self._trajectory(len(committee), committee[0].type_map)
        self._write_frames(folder, whole)
        with folder.open(compression.NODE_FILE, "wb") as handle:
            handle.write(compression.distance_node())
        models = [model.base.repository.hash() for model in committee]  # the same files, whatever their nodes
        config = job_config(whole, frames.system, frames.symbols, frames.cells[0], self.topology(), models)
        seconds = seconds_of_work(self.inputs.metadata.options.get("max_wallclock_seconds"))
        config |= of_this_job(seconds, self._layout(), "restart" in self.inputs)
        write(folder, "md.json", json.dumps(config))
        folder.get_subfolder("done", create=True)
        program = folder.get_subfolder(PROGRAM, create=True)
        write(program, "__init__.py", (HOME / "__init__.py").read_text(encoding="utf-8"))
        for name in PACKAGES:
            package = program.get_subfolder(name, create=True)
            for path in sorted((HOME / name).glob("*.py")):
                write(package, path.name, path.read_text(encoding="utf-8"))
        return self._calc_info(whole)

    def _trajectory(self, n_models: int, type_map: Sequence[str]) -> Trajectory:
        """What all parts share."""
        frames: FramesData = self.inputs.frames
        settings = Settings.from_dict(self.inputs.parameters.get_dict())
        stages = check_stages(self.inputs.stages.get_list(), settings)
        return Trajectory(
            stages=stages,
            settings=settings,
            strides=strides_of(stages, settings, n_models, frames.n_atoms),
            type_map=type_map,
            n_models=n_models,
            n_atoms=frames.n_atoms,
            cell=structure.lammps_cell(frames.cells[0]),
            has_velocities="velocities" in frames.get_arraynames(),
        )

    def _write_frames(self, folder: Folder, whole: Trajectory) -> None:
        """The frame to start from, and a shaken one at which the pressure is checked."""
        frames: FramesData = self.inputs.frames
        masses = structure.masses(whole.type_map, whole.settings.deuterium)
        positions, cell = frames.positions[0], frames.cells[0]
        velocities = frames.get_array("velocities")[0] if whole.has_velocities else None
        write(folder, START, structure.data_file(frames.symbols, positions, cell, whole.type_map, masses, velocities))
        shaken = structure.shaken(positions, SHAKING, whole.settings.seed)
        write(folder, SHAKEN, structure.data_file(frames.symbols, shaken, cell, whole.type_map, masses))

    def _layout(self) -> dict[str, Any]:
        """Ranks and threads that the job asks for."""
        resources: Mapping[str, Any] = self.inputs.metadata.options.resources
        machines = int(resources.get("num_machines") or 1)
        a_machine = (
            resources.get("num_mpiprocs_per_machine") or self.inputs.code.computer.get_default_mpiprocs_per_machine()
        )
        ranks = int(resources.get("tot_num_mpiprocs") or machines * int(a_machine or 1))
        withmpi = self.inputs.metadata.options.get("withmpi")
        threads = int(resources.get("num_cores_per_mpiproc") or 1)
        return {"n_ranks": ranks if withmpi else 1, "n_threads": threads}

    def _calc_info(self, whole: Trajectory) -> CalcInfo:
        """A loop: the driver says whether LAMMPS is to run, and LAMMPS runs by the line that AiiDA writes for it."""
        info = CalcInfo()
        info.codes_info = [lammps_command(self.inputs.code, "stint")]
        info.local_copy_list = self.model_files()
        if "restart" in self.inputs:
            restart = self.inputs.restart
            info.remote_symlink_list = [(restart.computer.uuid, restart.get_remote_path(), "earlier")]
        info.prepend_text = "\n".join(
            [
                *first_lines(self._layout()["n_threads"]),
                *self._compression(whole),
                f"while {in_a_shell(self.inputs.python, ['-m', f'{PROGRAM}.driver', 'md.json'], 'driver')}; do",
            ]
        )
        info.append_text = f"done\n{STOP_CLOCK}"
        info.retrieve_list = ["md_output.json", "md_output.npz", CLOCK_FILE, *LOGS, ("part_*.log", ".", 0)]
        return info

    def _compression(self, whole: Trajectory) -> list[str]:
        """Lines that compress the models where that was asked for or pays, and `dp` is there."""
        layout = self._layout()
        wanted = "dp" in self.inputs and compression.is_wanted(whole, layout["n_ranks"] * layout["n_threads"])
        goes_on = "restart" in self.inputs

        def run(arguments: list[str]) -> str:
            return in_a_shell(self.inputs.dp, arguments, "compress")

        return compression.lines(run, whole.n_models, wanted, goes_on)
