"""The computer ``localhost`` of a profile, and the codes on it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from aiida_zif.setup.computers.codes import CodeSpec

if TYPE_CHECKING:
    from aiida.orm import Computer, InstalledCode


POLL_INTERVAL = 0.5  # s between two looks at the local job list


def ensure_localhost(work_folder: Path) -> Computer:
    """Return the computer ``localhost``: no scheduler, no login shell, jobs queried every half second.

    :param work_folder: where jobs run if the computer has to be made.
    """
    from aiida.common.exceptions import NotExistent
    from aiida.orm import Computer

    try:
        computer = Computer.collection.get(label="localhost")
    except NotExistent:
        computer = Computer(
            label="localhost",
            hostname="localhost",
            description="this machine, jobs run directly",
            transport_type="core.local",
            scheduler_type="core.direct",
            workdir=str(work_folder),
        ).store()
    computer.set_minimum_job_poll_interval(POLL_INTERVAL)
    computer.set_default_mpiprocs_per_machine(len(os.sched_getaffinity(0)))
    computer.set_mpirun_command(["mpirun", "-np", "{tot_num_mpiprocs}"])
    # The code's own lines set PATH; a login shell would reset it and is slower to start.
    computer.configure(safe_interval=0.0, use_login_shell=False)
    return computer


def folders_of_running_jobs() -> set[Path]:
    """Return where jobs run right now that take the cores of this machine without a queue, by computer."""
    from aiida.orm import CalcJobNode, Computer, QueryBuilder

    here = {"transport_type": "core.local", "scheduler_type": "core.direct"}
    running = {"attributes.process_state": {"in": ["created", "waiting", "running"]}}
    query = QueryBuilder().append(Computer, filters=here, tag="here", project="*")
    query.append(CalcJobNode, with_computer="here", filters=running)
    return {Path(computer.get_workdir()) for (computer,) in query.distinct().all()}


def ensure_code(computer: Computer, spec: CodeSpec) -> InstalledCode:
    """Return the code for a spec of this machine."""
    return keep_code(
        computer,
        spec.label,
        {
            "filepath_executable": str(spec.executable),
            "default_calc_job_plugin": spec.plugin,
            "with_mpi": spec.with_mpi,
            "prepend_text": spec.prepend_text,
        },
    )


def keep_code(computer: Computer, label: str, wanted: dict[str, Any]) -> InstalledCode:
    """Return a code with these attributes. A stored code that differs keeps its node under another label, hidden."""
    from aiida.common.exceptions import NotExistent
    from aiida.orm import InstalledCode, load_code

    try:
        code = load_code(f"{label}@{computer.label}")
    except NotExistent:
        pass
    else:
        same = {key: _plain(getattr(code, key, None)) for key in wanted} == wanted
        if same and isinstance(code, InstalledCode):
            return code
        code.label = f"{label}-{code.pk}"
        code.is_hidden = True
    return InstalledCode(label=label, computer=computer, **wanted).store()


def _plain(value: object) -> object:
    return str(value) if isinstance(value, PurePath) else value


def equip(name: str, specs: Iterable[CodeSpec]) -> list[str]:
    """Add this machine and its codes to the loaded profile; codes without an executable are left out.

    :param name: of the profile.
    :returns: lines that say what is there.
    """
    from aiida.manage.configuration import get_config

    folder = Path(get_config().dirpath)
    computer = ensure_localhost(folder / "scratch" / name)
    codes = [ensure_code(computer, spec) for spec in specs if spec.executable is not None]
    lines = [f"  {code.full_label:<17} {code.filepath_executable}" for code in codes]
    return [f"profile {name} in {folder}", *lines]
