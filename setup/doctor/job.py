"""The job of ``aiida-zif doctor --computer``: submitted by AiiDA's transport and scheduler, without a node."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from aiida_zif.setup.computers.computers import ComputerError
from aiida_zif.setup.computers.connection import opened
from aiida_zif.setup.doctor.machine import Check
from aiida_zif.setup.doctor.questions import KINDS, RANKS, Installed, checks_of, probes, script
from aiida_zif.setup.doctor.trials import MODEL, TRIALS, trial_files

if TYPE_CHECKING:
    from aiida.orm import Computer

WALLTIME = 1200  # s
SCHEDULER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@:,+-]*")
"""Names are not quoted in the header of a job script."""


def examine(computer: Computer, options: dict[str, Any], patience: float, say: Callable[[str], None]) -> list[Check]:
    """Check, in a batch job on a computer, that it has everything that campaigns require.

    :param options: ``queue_name``, ``account``, ``qos``; None for what the scheduler does by itself.
    :param patience: s that the job may wait and run.
    :param say: prints a line of progress.
    :raises ComputerError: if the job cannot be submitted, or does not end in time.
    """
    codes = installed_codes(computer)
    mpirun = [word.format(tot_num_mpiprocs=RANKS) for word in computer.get_mpirun_command()]
    mark = f"zif-{uuid.uuid4().hex}"
    with opened(computer) as transport:
        folder = computer.get_workdir().format(username=transport.whoami())
        files = files_for({code.kind for code in codes})
        tried = [kind for kind in TRIALS if kind != "lmp" or f"model/{MODEL}" in files or "model/input.json" in files]
        asked = list(probes(codes, mpirun, folder, tried))
        files["doctor.sh"] = submit_script(computer, script(asked, mark), options).encode()
        begin = time.time()
        output = run_script(computer, transport, f"{folder}/doctor-{mark}", files, patience, say)
    return checks_of(asked, codes, output, mark, (begin, time.time()))


def installed_codes(computer: Computer) -> list[Installed]:
    """Return the codes on a computer that campaigns use, without hidden ones."""
    from aiida.orm import InstalledCode, QueryBuilder

    nodes = (
        QueryBuilder()
        .append(type(computer), filters={"uuid": computer.uuid}, tag="computer")
        .append(InstalledCode, with_computer="computer")
        .all(flat=True)
    )
    found = []
    for node in sorted(nodes, key=lambda node: node.label):
        kind = KINDS.get(node.default_calc_job_plugin or "", "python" if node.label == "python" else "")
        if kind and not node.is_hidden:
            lines = f"{computer.get_prepend_text()}\n{node.prepend_text}"
            found.append(Installed(node.label, kind, str(node.filepath_executable), bool(node.with_mpi), lines))
    return found


def files_for(kinds: set[str]) -> dict[str, bytes]:
    """Return the input files of the test calculations of the codes of a computer.

    LAMMPS loads what ``dp`` has just frozen there; where it has no ``dp``, the newest model of the profile.
    """
    files = trial_files(kinds)
    if "lmp" in kinds and "dp" not in kinds and (model := newest_model()) is not None:
        files[f"model/{MODEL}"] = model
    return files


def newest_model() -> bytes | None:
    """Return the newest potential of the profile with the elements of the test crystal, None if there is none."""
    from aiida.orm import QueryBuilder

    from aiida_zif.plugins.data.potential import DeepPotentialData
    from aiida_zif.setup.doctor.trials import type_map

    filters = {"attributes.backend": "tensorflow"}
    query = QueryBuilder().append(DeepPotentialData, filters=filters, tag="model").order_by({"model": {"id": "desc"}})
    models: list[DeepPotentialData] = query.limit(100).all(flat=True)
    fit = next((model for model in models if set(type_map()) <= set(model.type_map)), None)
    if fit is None:
        return None
    with fit.open(mode="rb") as handle:
        return bytes(handle.read())


def submit_script(computer: Computer, text: str, options: dict[str, Any]) -> str:
    """Return the job script around shell lines."""
    scheduler = computer.get_scheduler()
    return str(scheduler.get_submit_script(job_template(computer, scheduler, text, options)))


def run_script(
    computer: Computer, transport: Any, folder: str, files: dict[str, bytes], patience: float,
    say: Callable[[str], None],
) -> str:  # fmt: skip
    """Submit ``doctor.sh``, wait until the job has ended, return its output, and remove its folder."""
    scheduler = computer.get_scheduler()
    scheduler.set_transport(transport)
    try:
        with TemporaryDirectory() as local:
            for name, content in files.items():
                (Path(local) / name).parent.mkdir(parents=True, exist_ok=True)
                (Path(local) / name).write_bytes(content)
            transport.makedirs(str(Path(folder).parent), ignore_existing=True)
            transport.puttree(local, folder)
        job = _submit(computer, scheduler, folder)
        say(f"{computer.label}: job {job} is in the queue")
        _await_end(computer, scheduler, job, patience)
        with TemporaryDirectory() as local:
            transport.getfile(f"{folder}/doctor.out", f"{local}/doctor.out")
            return (Path(local) / "doctor.out").read_text(errors="replace")
    finally:
        transport.rmtree(folder)


def job_template(computer: Computer, scheduler: Any, text: str, options: dict[str, Any]) -> Any:
    """Return the template from which AiiDA's scheduler makes the job script."""
    from aiida.common.datastructures import CodeRunMode
    from aiida.schedulers.datastructures import JobTemplate

    template: Any = JobTemplate()
    template.shebang = computer.get_shebang()
    template.job_name = "aiida-zif-doctor"
    template.job_resource = scheduler.create_job_resource(num_machines=1, num_mpiprocs_per_machine=RANKS)
    template.max_wallclock_seconds = WALLTIME
    template.sched_output_path, template.sched_error_path = "doctor.out", "doctor.err"
    template.prepend_text = text
    template.codes_info, template.codes_run_mode = [], CodeRunMode.SERIAL
    template.submit_as_hold = template.rerunnable = template.sched_join_files = False
    for key, value in options.items():
        if value is not None and not SCHEDULER_NAME.fullmatch(value):
            raise ComputerError(f"{key}: found {value!r}, allowed are letters, digits and . _ @ : , + -")
        if value is not None:
            template[key] = value
    return template


def _submit(computer: Computer, scheduler: Any, folder: str) -> str:
    from aiida.schedulers import SchedulerError

    try:
        answer: object = scheduler.submit_job(folder, "doctor.sh")
    except SchedulerError as error:
        answer = error
    if isinstance(answer, str):
        return answer
    words = " ".join(str(answer).split())
    raise ComputerError(f"{computer.label} refuses the job: {words}. Fix: correct --queue, --account or --qos.")


def _await_end(computer: Computer, scheduler: Any, job: str, patience: float) -> None:
    deadline = time.monotonic() + patience
    pause = max(1.0, computer.get_minimum_job_poll_interval())
    while _is_running(scheduler, job):
        if time.monotonic() > deadline:
            scheduler.kill_job(job)
            raise ComputerError(
                f"{computer.label}: job {job} had not ended after {patience / 60:.0f} min and was cancelled. "
                "Fix: choose a shorter --queue, or raise --patience."
            )
        time.sleep(pause)


def _is_running(scheduler: Any, job: str) -> bool:
    """Whether a job waits or runs; some schedulers still name one that has ended."""
    from aiida.schedulers import JobState

    known = scheduler.get_jobs(jobs=[job], as_dict=True).get(job)
    return known is not None and known.job_state != JobState.DONE
