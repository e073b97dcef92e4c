"""The four executables that a campaign requires, and the shell lines that run before each."""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from aiida_zif.setup.environment import find_executable, scripts_folder, search_path_without_venv

CP2K_DATA = Path("/usr/share/cp2k")

# Threads are the business of each job; without a word from it one thread is the safe choice. A PYTHONPATH of
# AiiDA's workers must not leak into the codes, which are Python programs too.
_COMMON = ["unset PYTHONPATH", 'export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"']

# Ranks of different jobs must not be bound to the same core (Open MPI binds each job from core 0 on), and
# everything stays on this machine. Other MPI libraries ignore these variables. Ranks keep their core while they wait
# (no mpi_yield_when_idle): beside other work, one that yields waits for its core each time (benchmarks/busy_cores).
_OPEN_MPI = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_hwloc_base_binding_policy": "none",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_btl": "self,vader",
    "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
    "OMPI_MCA_pml": "ob1",
}


@dataclass(frozen=True)
class CodeSpec:
    """Executable and settings of one code on this machine.

    :param label: label of the AiiDA code.
    :param executable: absolute path, or None if it was not found.
    :param variable: environment variable that overrides the executable.
    :param plugin: default calculation plugin.
    :param with_mpi: whether AiiDA puts ``mpirun`` in front.
    :param prepend_text: shell lines that run before the executable.
    :param fix: what to do if the executable is missing.
    """

    label: str
    executable: Path | None
    variable: str
    plugin: str | None
    with_mpi: bool
    prepend_text: str
    fix: str

    def complaint(self) -> str:
        """Return the message for an executable that was not found."""
        if chosen := os.environ.get(self.variable):
            return f"{self.variable}={chosen}: no such executable. Fix: correct it, or unset it."
        return f"code {self.label!r}: no executable found. Fix: {self.fix}, or set {self.variable} to its path."


def local_codes() -> list[CodeSpec]:
    """Return the codes cp2k, dp, lmp and python of this machine."""
    cp2k = find_executable("AIIDA_ZIF_CP2K", "cp2k.psmp", search_path_without_venv())
    own = os.pathsep.join([str(scripts_folder()), os.environ.get("PATH", os.defpath)])
    wheels = "run ./setup/demo.sh again, or: pip install -e '.[codes]'"

    def from_venv(label: str, variable: str, name: str, plugin: str | None) -> CodeSpec:
        executable = find_executable(variable, name, own)
        return CodeSpec(label, executable, variable, plugin, False, _venv_lines(executable), wheels)

    return [
        CodeSpec("cp2k", cp2k, "AIIDA_ZIF_CP2K", "zif.cp2k", True, cp2k_lines(cp2k), "apt-get install cp2k cp2k-data"),
        from_venv("dp", "AIIDA_ZIF_DP", "dp", "zif.deepmd.train"),
        from_venv("lmp", "AIIDA_ZIF_LMP", "lmp", "zif.lammps"),
        from_venv("python", "AIIDA_ZIF_PYTHON", "python", None),
    ]


def mpirun_folder(executable: Path | None) -> Path:
    """Return the folder of the ``mpirun`` for an executable: that in its folder, otherwise that of the system."""
    for folder in [executable.parent, executable.resolve().parent] if executable else []:
        if (folder / "mpirun").is_file():
            return folder
    found = shutil.which("mpirun", path=search_path_without_venv())
    return Path(found).parent if found else Path("/usr/bin")


def cp2k_lines(executable: Path | None) -> str:
    """Return the shell lines for CP2K: its MPI first in PATH, its data folder, MPI settings."""
    lines = [*_COMMON, f'export PATH={shlex.quote(str(mpirun_folder(executable)))}:"$PATH"']
    data = os.environ.get("CP2K_DATA_DIR") or (str(CP2K_DATA) if CP2K_DATA.is_dir() else "")
    if data:
        lines.append(f"export CP2K_DATA_DIR={shlex.quote(data)}")
    return "\n".join([*lines, *(f"export {name}={value}" for name, value in _OPEN_MPI.items())])


def _venv_lines(executable: Path | None) -> str:
    folder = executable.parent if executable else scripts_folder()
    return "\n".join([*_COMMON, f'export PATH={shlex.quote(str(folder))}:"$PATH"'])
