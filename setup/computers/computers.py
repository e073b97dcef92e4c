"""Create or update computers and their codes in the loaded profile from checked files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiida_zif.setup.computers.files import ComputerFile, Site
from aiida_zif.setup.computers.localhost import keep_code

if TYPE_CHECKING:
    from aiida.orm import Computer, InstalledCode


class ComputerError(RuntimeError):
    """A computer cannot be created or reached. The message states the cause and the fix."""


def ensure_site(site: Site, poll_interval: float) -> tuple[Computer, list[InstalledCode]]:
    """Return the computer of a site and its codes; existing ones are updated.

    :param poll_interval: s between two looks at the queue.
    :raises ComputerError: if there is a computer of that label which is another one.
    """
    computer = ensure_computer(site.computer)
    computer.set_minimum_job_poll_interval(poll_interval)
    settings = site.connection.model_dump()
    computer.configure(**{key: value for key, value in settings.items() if value is not None})
    codes = []
    for code in site.codes:
        wanted = code.model_dump(exclude={"label", "computer", "description"})
        codes.append(keep_code(computer, code.label, wanted))
        codes[-1].description = code.description
    return computer, codes


def ensure_computer(file: ComputerFile) -> Computer:
    """Return the computer that a file describes."""
    from aiida.common.exceptions import NotExistent
    from aiida.orm import Computer

    fixed: dict[str, Any] = {
        "hostname": file.hostname,
        "transport_type": file.transport,
        "scheduler_type": file.scheduler,
    }
    try:
        computer = Computer.collection.get(label=file.label)
    except NotExistent:
        computer = Computer(label=file.label, **fixed, workdir=file.work_dir).store()
    if differ := [key for key, value in fixed.items() if getattr(computer, key) != value]:
        raise ComputerError(
            f"the profile has a computer {file.label!r} with {_words(computer, differ)}, with jobs that ran there. "
            "Fix: give this one another label, in the files of its codes too."
        )
    computer.description = file.description
    computer.set_workdir(file.work_dir)
    computer.set_shebang(file.shebang)
    computer.set_mpirun_command(file.mpirun_command.split())
    computer.set_prepend_text(file.prepend_text)
    computer.set_append_text(file.append_text)
    computer.set_use_double_quotes(file.use_double_quotes)
    computer.set_default_mpiprocs_per_machine(file.mpiprocs_per_machine)
    computer.set_default_memory_per_machine(file.default_memory_per_machine)
    return computer


def _words(computer: Any, keys: list[str]) -> str:
    return ", ".join(f"{key} {getattr(computer, key)}" for key in keys)
