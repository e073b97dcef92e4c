"""Find, measure and remove the folders in which finished jobs ran.

A folder is touched only if it is the one that AiiDA made for the job: below the work directory of the job's computer,
at the place that the job's uuid names, links resolved.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from aiida_zif.setup.computers.computers import ComputerError
from aiida_zif.setup.computers.connection import opened

if TYPE_CHECKING:
    from aiida.orm import CalcJobNode, Computer
    from aiida.transports import Transport

OURS = "aiida.calculations:zif.%"
PACK = 50  # folders that are asked about in one command


@dataclass(frozen=True)
class Scratch:
    """The folder in which a job ran.

    :param pk: of the job.
    :param label: what it was, ``Cp2kLabelCalculation``.
    :param computer: label of its computer.
    :param path: on that computer.
    :param n_bytes: that it takes; None if it is not there any more.
    :param why_not: why it is left alone, empty if it is to go.
    """

    pk: int
    label: str
    computer: str
    path: str
    n_bytes: int | None = None
    why_not: str = ""


def own_folder(work: str, uuid: str) -> str:
    """Return the folder that AiiDA makes for a job.

    :param work: work directory of the computer.
    :param uuid: of the job.
    """
    return str(PurePosixPath(work) / uuid[:2] / uuid[2:4] / uuid[4:])


def finished_jobs(days: float, failed: bool) -> list[CalcJobNode]:
    """Return our jobs that ended long enough ago and whose folder may still be there, the oldest first.

    :param days: since the end of the job, at least.
    :param failed: take also those that did not end well, whose files may tell why.
    """
    from aiida.orm import CalcJobNode, QueryBuilder, RemoteData

    states = ["finished", "excepted", "killed"] if failed else ["finished"]
    filters: dict[str, Any] = {
        "process_type": {"like": OURS},
        "attributes.process_state": {"in": states},
        "mtime": {"<": datetime.now(tz=timezone.utc) - timedelta(days=days)},
    }
    if not failed:
        filters["attributes.exit_status"] = 0
    query = QueryBuilder().append(CalcJobNode, filters=filters, project=["*"], tag="job")
    query.append(RemoteData, with_incoming="job", edge_filters={"label": "remote_folder"}, project=["extras.cleaned"])
    return sorted((job for job, cleaned in query.iterall() if not cleaned), key=lambda job: job.pk or 0)


def survey(jobs: Sequence[CalcJobNode], say: Callable[[str], None]) -> list[Scratch]:
    """Return path and size of the folders of jobs, and which must be kept and why."""
    found: list[Scratch] = []
    for computer, here in by_computer(jobs):
        try:
            with opened(computer) as transport:
                work = work_directory(computer, transport)
                for first in range(0, len(here), PACK):
                    found += look(transport, computer.label, work, here[first : first + PACK])
                    say(f"{computer.label}: measured {min(first + PACK, len(here))} of {len(here)} folders")
        except ComputerError as error:  # other computers may answer
            found += [replace(claimed(computer.label, job), why_not=str(error)) for job in here]
    return found


def by_computer(jobs: Sequence[CalcJobNode]) -> Iterator[tuple[Computer, list[CalcJobNode]]]:
    """Yield every computer with its jobs."""
    groups: dict[str, list[CalcJobNode]] = defaultdict(list)
    computers = {job.computer.uuid: job.computer for job in jobs if job.computer is not None}
    for job in jobs:
        if job.computer is not None:
            groups[job.computer.uuid].append(job)
    for uuid, group in groups.items():
        yield computers[uuid], group


def work_directory(computer: Computer, transport: Transport) -> str:
    """Return the work directory of a computer, as its own user sees it."""
    work = computer.get_workdir()
    return work.format(username=transport.whoami()) if "{username}" in work else work


def look(transport: Transport, computer: str, work: str, jobs: Sequence[CalcJobNode]) -> list[Scratch]:
    """Return the folders of some jobs of one computer, with their sizes."""
    there = [claimed(computer, job) for job in jobs]
    resolved, sizes = (
        resolve(transport, [work, *(s.path for s in there)]),
        weigh(transport, [s.path for s in there]),
    )
    real_work = resolved.get(work, work)
    return [
        replace(
            scratch,
            n_bytes=sizes.get(scratch.path),
            why_not=why_not(scratch.path, resolved.get(scratch.path), own_folder(work, job.uuid), real_work, job.uuid),
        )
        for job, scratch in zip(jobs, there, strict=True)
    ]


def claimed(computer: str, job: CalcJobNode) -> Scratch:
    """Return the folder of a job as the database has it."""
    return Scratch(job.pk or 0, job.process_label or "", computer, job.outputs.remote_folder.get_remote_path())


def why_not(path: str, resolved: str | None, own: str, real_work: str, uuid: str) -> str:
    """Return why a folder must be kept, empty if it is the folder of the job.

    :param path: as the database has it.
    :param resolved: the same with all links resolved, None if it is not there.
    :param own: where AiiDA makes the job's folder.
    :param real_work: the work directory with all links resolved.
    :param uuid: of the job.
    """
    if path != own:
        return "it is not the job's own folder in the work directory of the computer"
    if resolved is not None and resolved != own_folder(real_work, uuid):
        return "a link leads out of the work directory"
    return ""


def resolve(transport: Transport, paths: Sequence[str]) -> dict[str, str]:
    """Return paths of a computer with links resolved; paths that do not exist are left out."""
    words = " ".join(shlex.quote(path) for path in paths)
    loop = f'for p in {words}; do if [ -e "$p" ]; then readlink -f -- "$p"; else echo; fi; done'
    _, out, _ = transport.exec_command_wait(loop)
    return {path: line for path, line in zip(paths, out.splitlines(), strict=False) if line}


def weigh(transport: Transport, paths: Sequence[str]) -> dict[str, int]:
    """Return the size of folders of a computer in bytes; folders that do not exist are left out."""
    words = " ".join(shlex.quote(path) for path in paths)
    _, out, _ = transport.exec_command_wait(f"du -sk -- {words} 2>/dev/null")
    rows = (line.split("\t", 1) for line in out.splitlines() if "\t" in line)
    return {path: 1024 * int(size) for size, path in rows}


def remove(jobs: Sequence[CalcJobNode], found: Sequence[Scratch], say: Callable[[str], None]) -> list[Scratch]:
    """Remove folders, and record in the database that they were removed.

    :returns: those that could not be removed, with the reason.
    """
    from aiida.orm import RemoteData

    left: list[Scratch] = []
    plan = {scratch.pk: scratch for scratch in found if not scratch.why_not}
    for computer, here in by_computer([job for job in jobs if job.pk in plan]):
        with opened(computer) as transport:
            for number, job in enumerate(here, start=1):
                scratch = plan[job.pk or 0]
                reason = "" if scratch.n_bytes is None else removed(transport, scratch.path)
                if reason:
                    left.append(replace(scratch, why_not=reason))
                else:
                    job.outputs.remote_folder.base.extras.set(RemoteData.KEY_EXTRA_CLEANED, True)
                if number % PACK == 0 or number == len(here):
                    say(f"{computer.label}: {number} of {len(here)} folders")
    return left


def removed(transport: Transport, path: str) -> str:
    """Remove a folder of a computer; return why it still exists, empty if it was removed."""
    try:
        transport.rmtree(path)
    except OSError as error:
        return str(error)
    return "it could not be removed" if transport.path_exists(path) else ""
