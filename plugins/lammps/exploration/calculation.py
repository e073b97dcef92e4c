"""Committee MD: many runs packed into one job, harvested next to their trajectories."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.common.datastructures import CalcInfo, CodeInfo, CodeRunMode
from aiida.common.escaping import escape_for_bash
from aiida.common.folders import Folder
from aiida.engine.processes.calcjobs.calcjob import CalcJobProcessSpec

from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.jobs.base import TolerantJob
from aiida_zif.plugins.jobs.clock import CLOCK_FILE, START_CLOCK, STOP_CLOCK
from aiida_zif.plugins.jobs.interruption_codes import define_exit_codes
from aiida_zif.plugins.lammps import structure
from aiida_zif.plugins.lammps.exploration import inputs
from aiida_zif.plugins.lammps.exploration.harvest_config import harvest_config
from aiida_zif.plugins.lammps.exploration.settings import Run, Settings, check_runs
from aiida_zif.plugins.lammps.time_left import seconds_of_work
from aiida_zif.plugins.lammps.writing.system import model_name

HARVEST = Path(__file__).parents[1] / "harvest"


class LammpsExploreCalculation(TolerantJob):
    """Explores one system with a committee; only candidates, a control sample and statistics come back.

    The runs are shared among as many serial processes (lanes) as the job has MPI processes. The trajectories stay in
    the ``remote_folder``.
    """

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Declare inputs, outputs and exit codes."""
        super().define(spec)
        spec.input("python", valid_type=orm.AbstractCode, help="Python with NumPy on the computer of the code.")
        spec.input_namespace(
            "committee",
            valid_type=DeepPotentialData,
            help="One or more models, counted in the order of their labels; each run says which one drives it.",
        )
        spec.input("frames", valid_type=FramesData, help="Starting points, all of one system.")
        spec.input(
            "topology",
            valid_type=orm.StructureData,
            required=False,
            help="The crystal, atoms in the order of the frames: its bonds must last, a pre-flight starts from it.",
        )
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
        metadata: Any = spec.inputs["metadata"]
        options = metadata["options"]
        options["parser_name"].default = "zif.lammps"
        options["resources"].default = {"num_machines": 1, "num_mpiprocs_per_machine": 1}
        options["withmpi"].default = False
        spec.inputs.validator = validate

        spec.output("candidates", valid_type=FramesData, help="Frames inside the trust window, at most as asked.")
        spec.output("control", valid_type=FramesData, help="Uniform sample of the frames below the upper level.")
        spec.output("output_parameters", valid_type=orm.Dict, help="Counts, deviation, averages, end of each run.")
        spec.default_output_node = "output_parameters"
        for status, label, message in EXIT_CODES:
            spec.exit_code(status, label, message=message)
        define_exit_codes(spec)

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write the starting frames, a LAMMPS input for each lane and the configuration of the harvest."""
        frames: FramesData = self.inputs.frames
        committee = [self.inputs.committee[label] for label in sorted(self.inputs.committee)]
        settings = Settings.from_dict(self.inputs.parameters.get_dict())
        runs = check_runs(self.inputs.runs.get_list(), settings, frames.n_frames)
        type_map = committee[0].type_map
        resources = self.inputs.metadata.options.resources
        lanes = inputs.pack([run.steps for run in runs], _lanes(resources, self.inputs.code.computer))
        if settings.plumed is not None:
            _write(folder, inputs.PLUMED, settings.plumed)
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
            _write(folder, f"{inputs.lane_name(index)}.in", inputs.lane_input(lane))
        config = harvest_config(
            runs, lanes, settings, frames.symbols, frames.cells, len(committee), self._topology(frames.symbols)
        )
        _write(folder, "harvest.json", json.dumps(config, indent=1))
        package = folder.get_subfolder("harvest", create=True)
        for path in sorted(HARVEST.glob("*.py")):
            _write(package, path.name, path.read_text(encoding="utf-8"))
        return self._calc_info(committee, len(lanes), int(resources.get("num_cores_per_mpiproc") or 1))

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
            _write(folder, name, structure.data_file(frames.symbols, place, cell, type_map, masses))

    def _preflight_start(self, preflights: list[tuple[str, Run]]) -> str:
        """The file from which pre-flights start: the crystal, or the start of the coldest run."""
        without_crystal = preflights and "topology" not in self.inputs
        return inputs.start_name(preflights[0][1].start) if without_crystal else inputs.CRYSTAL

    def _topology(self, symbols: list[str]) -> dict[str, Any] | None:
        if "topology" not in self.inputs:
            return None
        atoms = self.inputs.topology.get_ase()
        return structure.topology(symbols, atoms.positions, atoms.cell[:])

    def _calc_info(self, committee: list[DeepPotentialData], n_lanes: int, threads: int) -> CalcInfo:
        """One process a lane side by side, then the harvest."""
        info = CalcInfo()
        info.codes_info = [_lane_command(self.inputs.code, inputs.lane_name(index)) for index in range(n_lanes)]
        info.codes_run_mode = CodeRunMode.PARALLEL
        info.local_copy_list = [
            (model.uuid, model.filename, model_name(index)) for index, model in enumerate(committee)
        ]
        info.prepend_text = "\n".join(
            [
                f"export OMP_NUM_THREADS={threads}",
                f"export DP_INTRA_OP_PARALLELISM_THREADS={threads} DP_INTER_OP_PARALLELISM_THREADS=1",
                "export TF_CPP_MIN_LOG_LEVEL=2",
                "date +%s > started",
                START_CLOCK,
            ]
        )
        info.append_text = f"{_harvest_command(self.inputs.python)}\n{STOP_CLOCK}"
        info.retrieve_list = ["harvest_output.json", "harvest.npz", "harvest.err", CLOCK_FILE]
        info.retrieve_list += [f"{inputs.lane_name(index)}.{end}" for index in range(n_lanes) for end in ("log", "err")]
        return info


def validate(given: Mapping[str, Any], _: object) -> str | None:
    """Return what is wrong with the inputs as a whole, or None; called before anything is submitted."""
    needed = ("code", "python", "committee", "frames", "runs", "parameters")
    if any(name not in given for name in needed):
        return None  # a port that is missing speaks for itself
    committee, frames = given["committee"], given["frames"]
    if not committee:
        return "committee: found no model, allowed is one or more"
    try:
        check_runs(given["runs"].get_list(), Settings.from_dict(given["parameters"].get_dict()), frames.n_frames)
    except (ValueError, TypeError) as error:
        return str(error)
    type_maps = {label: model.type_map for label, model in committee.items()}
    first = type_maps[min(type_maps)]
    for label, type_map in type_maps.items():
        if type_map != first:
            return f"committee.{label}: found type_map {type_map}, allowed is that of all others, {first}"
    unknown = sorted(set(frames.symbols) - set(first))
    if unknown:
        return f"frames: found {', '.join(unknown)}, allowed are the elements of the models, {', '.join(first)}"
    if "topology" in given and given["topology"].get_ase().get_chemical_symbols() != frames.symbols:
        found = given["topology"].get_formula()
        return f"topology: found {found}, allowed are the atoms of the frames in their order"
    if given["python"].computer != given["code"].computer:
        return f"python: found a code on {given['python'].computer}, allowed is one on {given['code'].computer}"
    if given["metadata"]["options"]["resources"].get("num_machines", 1) != 1:
        return "metadata.options.resources.num_machines: allowed is 1, lanes are processes of one machine"
    return None


def _lane_command(code: orm.AbstractCode, name: str) -> CodeInfo:
    """LAMMPS writes to its logs only, which are opened anew for every run."""
    info = CodeInfo()
    info.code_uuid = code.uuid
    info.cmdline_params = ["-in", f"{name}.in", "-log", f"{name}.log", "-screen", "none"]
    info.stdout_name = f"{name}.out"
    info.stderr_name = f"{name}.err"
    return info


def _harvest_command(python: orm.AbstractCode) -> str:
    """The harvest in a shell of its own, so that what Python needs does not meet what LAMMPS needs."""
    command = [*python.get_prepend_cmdline_params(), *python.get_executable_cmdline_params(["-m", "harvest"])]
    quoted = " ".join(str(escape_for_bash(word)) for word in [*command, "harvest.json"])
    return "\n".join(["(", python.prepend_text, f"{quoted} > harvest.out 2> harvest.err", python.append_text, ")"])


def _lanes(resources: Mapping[str, Any], computer: orm.Computer) -> int:
    """Number of MPI processes of the job."""
    a_machine = resources.get("num_mpiprocs_per_machine") or computer.get_default_mpiprocs_per_machine() or 1
    return int(resources.get("tot_num_mpiprocs") or a_machine)


def _write(folder: Folder, name: str, text: str) -> None:
    with folder.open(name, "w", encoding="utf-8") as handle:
        handle.write(text)


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
