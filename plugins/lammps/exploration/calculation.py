"""Committee MD: many runs packed into one job, harvested next to their trajectories."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.common.datastructures import CalcInfo, CodeRunMode
from aiida.common.folders import Folder
from aiida.engine.processes.calcjobs.calcjob import CalcJobProcessSpec

from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.plugins.jobs.clock import CLOCK_FILE, STOP_CLOCK
from aiida_zif.plugins.lammps import structure
from aiida_zif.plugins.lammps.common.calculation import LammpsJob, first_lines, in_a_shell, lammps_command, write
from aiida_zif.plugins.lammps.common.validation import of_the_committee, of_the_computers, of_the_crystal
from aiida_zif.plugins.lammps.exploration import inputs
from aiida_zif.plugins.lammps.exploration.harvest_config import harvest_config
from aiida_zif.plugins.lammps.exploration.settings import Run, Settings, check_runs
from aiida_zif.plugins.lammps.time_left import seconds_of_work

HARVEST = Path(__file__).parents[1] / "harvest"


class LammpsExploreCalculation(LammpsJob):
    """Explores one system with a committee; only candidates, a control sample and statistics come back.

    The runs are shared among as many serial processes (lanes) as the job has MPI processes. The trajectories stay in
    the ``remote_folder``.
    """

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Declare inputs, outputs and exit codes."""
        super().define(spec)
        spec.input("frames", valid_type=FramesData, help="Starting points, all of one system.")
        spec.input(
            "runs",
            valid_type=orm.List,
            serializer=orm.to_aiida_type,
            help="One entry a trajectory: label, start (index into frames), seed, stages; see `settings.Run`.",
        )
        spec.input(
            "parameters",
            valid_type=orm.Dict,
            serializer=orm.to_aiida_type,
            default=lambda: orm.Dict({}),
            help="What holds for all runs; see `settings.Settings`.",
        )
        spec.inputs["metadata"]["options"]["parser_name"].default = "zif.lammps"  # type: ignore[index]
        spec.inputs.validator = validate

        spec.output("candidates", valid_type=FramesData, help="Frames inside the trust window, at most as asked.")
        spec.output("control", valid_type=FramesData, help="Uniform sample of the frames below the upper level.")
        for status, label, message in EXIT_CODES:
            spec.exit_code(status, label, message=message)

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write the starting frames, a LAMMPS input for each lane and the configuration of the harvest."""
        frames: FramesData = self.inputs.frames
        committee = self.committee()
        settings = Settings.from_dict(self.inputs.parameters.get_dict())
        runs = check_runs(self.inputs.runs.get_list(), settings, frames.n_frames)
        type_map = committee[0].type_map
        resources = self.inputs.metadata.options.resources
        lanes = inputs.pack([run.steps for run in runs], _lanes(resources, self.inputs.code.computer))
        if settings.plumed is not None:
            write(folder, inputs.PLUMED, settings.plumed)
        self._write_starts(folder, sorted({run.start for run in runs}), type_map, settings.deuterium)
        for index, members in enumerate(lanes):
            preflights = inputs.preflights_of(index, members, runs, settings, len(committee))
            lane = inputs.Lane(
                runs=[(member, runs[member]) for member in members],
                settings=settings,
                type_map=type_map,
                n_models=len(committee),
                n_atoms=frames.n_atoms,
                seconds=seconds_of_work(self.inputs.metadata.options.get("max_wallclock_seconds")),
                preflights=preflights,
                preflight_start=self._preflight_start(preflights),
            )
            write(folder, f"{inputs.lane_name(index)}.in", inputs.lane_input(lane))
        config = harvest_config(runs, lanes, settings, frames.symbols, frames.cells, len(committee), self.topology())
        write(folder, "harvest.json", json.dumps(config, indent=1))
        package = folder.get_subfolder("harvest", create=True)
        for path in sorted(HARVEST.glob("*.py")):
            write(package, path.name, path.read_text(encoding="utf-8"))
        return self._calc_info(len(lanes), int(resources.get("num_cores_per_mpiproc") or 1))

    def _write_starts(self, folder: Folder, starts: list[int], type_map: list[str], deuterium: bool) -> None:
        """Write the starting frames in use, and the crystal if there is one."""
        frames: FramesData = self.inputs.frames
        positions, cells = frames.positions, frames.cells
        files = {inputs.start_name(start): (positions[start], cells[start]) for start in starts}
        if "topology" in self.inputs:
            atoms = self.inputs.topology.get_ase()
            files[inputs.CRYSTAL] = (atoms.positions, atoms.cell[:])
        masses = structure.masses(type_map, deuterium)
        for name, (place, cell) in files.items():
            write(folder, name, structure.data_file(frames.symbols, place, cell, type_map, masses))

    def _preflight_start(self, preflights: list[tuple[str, Run]]) -> str:
        """The file from which pre-flights start: the crystal, or the start of the coldest run."""
        without_crystal = preflights and "topology" not in self.inputs
        return inputs.start_name(preflights[0][1].start) if without_crystal else inputs.CRYSTAL

    def _calc_info(self, n_lanes: int, threads: int) -> CalcInfo:
        """One process a lane side by side, then the harvest."""
        info = CalcInfo()
        info.codes_info = [lammps_command(self.inputs.code, inputs.lane_name(index)) for index in range(n_lanes)]
        info.codes_run_mode = CodeRunMode.PARALLEL
        info.local_copy_list = self.model_files()
        info.prepend_text = "\n".join(first_lines(threads))
        harvest = in_a_shell(self.inputs.python, ["-m", "harvest", "harvest.json"], "harvest")
        info.append_text = f"{harvest}\n{STOP_CLOCK}"
        info.retrieve_list = ["harvest_output.json", "harvest.npz", "harvest.err", CLOCK_FILE]
        info.retrieve_list += [f"{inputs.lane_name(index)}.{end}" for index in range(n_lanes) for end in ("log", "err")]
        return info


def validate(given: Mapping[str, Any], _: object) -> str | None:
    """Return what is wrong with the inputs as a whole, or None; called before anything is submitted."""
    needed = ("code", "python", "committee", "frames", "runs", "parameters")
    if any(name not in given for name in needed):
        return None  # a port that is missing speaks for itself
    checks = (of_the_committee, of_the_runs, of_the_crystal, of_the_computers)
    if (found := next((found for check in checks if (found := check(given)) is not None), None)) is not None:
        return found
    if given["metadata"]["options"]["resources"].get("num_machines", 1) != 1:
        return "metadata.options.resources.num_machines: allowed is 1, lanes are processes of one machine"
    return None


def of_the_runs(given: Mapping[str, Any]) -> str | None:
    """Runs and settings, each by itself and together."""
    try:
        settings = Settings.from_dict(given["parameters"].get_dict())
        check_runs(given["runs"].get_list(), settings, given["frames"].n_frames)
    except (ValueError, TypeError) as error:
        return str(error)
    return None


def _lanes(resources: Mapping[str, Any], computer: orm.Computer) -> int:
    """Number of MPI processes of the job."""
    a_machine = resources.get("num_mpiprocs_per_machine") or computer.get_default_mpiprocs_per_machine() or 1
    return int(resources.get("tot_num_mpiprocs") or a_machine)


TO_MEND_A_PREFLIGHT = (
    "nothing else was run. Train longer (training.steps), label more frames near the crystal (seed_data), or take a "
    "shorter exploration.timestep."
)
EXIT_CODES = (
    (300, "ERROR_NO_OUTPUT", "LAMMPS left no output; see the scheduler's output and try the code by hand."),
    (301, "ERROR_OUTPUT_TRUNCATED", "What the harvest wrote is incomplete; the disk may be full. Submit again."),
    (302, "ERROR_MODEL_UNREADABLE", "LAMMPS cannot read a model ({detail}); freeze it with the same DeePMD-kit."),
    (303, "ERROR_HARVEST_FAILED", "The harvest failed ({detail}); the code `python` needs Python 3.9 and NumPy."),
    (304, "ERROR_TYPE_MAP", "The models do not know an element of their type_map ({detail}); correct the type_map."),
    (305, "ERROR_NO_PLUMED", "This LAMMPS lacks the package PLUMED; take one that has it, or leave plumed out."),
    (310, "ERROR_UNEXPECTED_PARSER", "The parser met something unexpected ({detail}); please report it."),
    (320, "ERROR_CRASHED", "LAMMPS crashed before it sampled a usable frame ({detail}); see the lanes' logs."),
    (400, "ERROR_OUT_OF_WALLTIME", "The wall time ended {n_runs} runs early; what they sampled is in the outputs."),
    (500, "ERROR_EVERY_RUN_FAILED", "No run gave a usable frame ({detail}); label more frames before exploring."),
    (501, "ERROR_TEMPERATURE_RUNAWAY", "Every run got too hot and gave no usable frame; train longer, start colder."),
    (502, "ERROR_LOST_ATOMS", "Every run lost atoms and gave no usable frame; train longer or use a shorter step."),
    (503, "ERROR_DEVIATION_HOPELESS", "The committee disagrees everywhere; label more frames or raise the levels."),
    (504, "ERROR_PREFLIGHT", "The committee cannot hold the system at its coldest ({detail}); " + TO_MEND_A_PREFLIGHT),
    (
        505,
        "ERROR_UNDEFINED",
        "A member of the committee gives no numbers ({detail}); train it again, with other seeds.",
    ),
)
