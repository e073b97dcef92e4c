"""Inputs of jobs of LAMMPS with a committee, and the shell lines around it."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.common.datastructures import CodeInfo
from aiida.common.escaping import escape_for_bash
from aiida.common.folders import Folder
from aiida.engine.processes.calcjobs.calcjob import CalcJobProcessSpec

from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.jobs.base import TolerantJob
from aiida_zif.plugins.jobs.clock import START_CLOCK
from aiida_zif.plugins.jobs.interruption_codes import define_exit_codes
from aiida_zif.plugins.lammps import structure
from aiida_zif.plugins.lammps.writing.system import model_name


class LammpsJob(TolerantJob):
    """MD of one system with a committee, and Python with NumPy beside it."""

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Declare what all jobs of LAMMPS have; parser, frames and exit codes of its own are up to each."""
        super().define(spec)
        spec.input("python", valid_type=orm.AbstractCode, help="Python with NumPy on the computer of the code.")
        spec.input_namespace(
            "committee",
            valid_type=DeepPotentialData,
            help="One or more models, counted in the order of their labels; the parameters say which one drives.",
        )
        spec.input(
            "topology",
            valid_type=orm.StructureData,
            required=False,
            help="The crystal, atoms in the order of the frames: its linkers must last.",
        )
        metadata: Any = spec.inputs["metadata"]
        options = metadata["options"]
        options["resources"].default = {"num_machines": 1, "num_mpiprocs_per_machine": 1}
        options["withmpi"].default = False
        spec.output("output_parameters", valid_type=orm.Dict, help="What was done and seen: the report of the job.")
        spec.default_output_node = "output_parameters"
        define_exit_codes(spec)

    def committee(self) -> list[DeepPotentialData]:
        """The models in the order in which they are counted."""
        return [self.inputs.committee[label] for label in sorted(self.inputs.committee)]

    def model_files(self) -> list[tuple[str, str, str]]:
        """What AiiDA copies for the models: node, file there, file in the folder of the job."""
        return [(model.uuid, model.filename, model_name(index)) for index, model in enumerate(self.committee())]

    def topology(self) -> dict[str, Any] | None:
        """Bonds and linkers of the crystal; None without one."""
        if "topology" not in self.inputs:
            return None
        atoms = self.inputs.topology.get_ase()
        return structure.topology(self.inputs.frames.symbols, atoms.positions, atoms.cell[:])


def first_lines(threads: int) -> list[str]:
    """Shell lines before LAMMPS: threads, and the time of the start."""
    return [
        f"export OMP_NUM_THREADS={threads}",
        f"export DP_INTRA_OP_PARALLELISM_THREADS={threads} DP_INTER_OP_PARALLELISM_THREADS=1",
        "export TF_CPP_MIN_LOG_LEVEL=2",
        "date +%s > started",
        START_CLOCK,
    ]


def lammps_command(code: orm.AbstractCode, name: str) -> CodeInfo:
    """LAMMPS with the input ``name.in``; it writes to its logs only, which are opened anew for every run."""
    info = CodeInfo()
    info.code_uuid = code.uuid
    info.cmdline_params = ["-in", f"{name}.in", "-log", f"{name}.log", "-screen", "none"]
    info.stdout_name = f"{name}.out"
    info.stderr_name = f"{name}.err"
    return info


def in_a_shell(code: orm.AbstractCode, arguments: list[str], name: str) -> str:
    """A command in a shell of its own, so that what a code needs does not meet what LAMMPS needs."""
    command = [*code.get_prepend_cmdline_params(), *code.get_executable_cmdline_params(arguments)]
    quoted = " ".join(str(escape_for_bash(word)) for word in command)
    lines = [code.prepend_text, f"{quoted} > {name}.out 2> {name}.err"]
    if code.append_text:
        lines += ["said=$?", code.append_text, "exit $said"]
    return "\n".join(["(", *lines, ")"])


def write(folder: Folder, name: str, text: str) -> None:
    """Write a text file into the folder of a job."""
    with folder.open(name, "w", encoding="utf-8") as handle:
        handle.write(text)
