"""Computers, connections and codes as YAML files that ``verdi`` takes too; every value checked (no AiiDA import).

A folder describes one computer: ``computer.yaml`` is for ``verdi computer setup --config``, ``configure.yaml`` for
``verdi computer configure --config``, every other file a code for ``verdi code create core.code.installed --config``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, ValidationError

from aiida_zif.workflows.user_input.problems import CampaignError, Problem, did_you_mean, shown
from aiida_zif.workflows.user_input.yaml_source import Source, read_source

COURTESY = 10.0
"""Least time in s between two log-ins, and between two looks at a queue, on a machine that others use."""

Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]
# Both go into job scripts, the folder unquoted where a scheduler wants it so.
FolderPath = Annotated[str, Field(pattern=r"^/[A-Za-z0-9._/{}~+-]*$", examples=["/scratch/{username}/aiida"])]
FilePath = Annotated[str, Field(pattern=r"^/[^\x00-\x1f]*[^/\x00-\x1f]$", examples=["/usr/bin/cp2k.psmp"])]
Count = Annotated[StrictInt, Field(ge=1)]


class File(BaseModel):
    """A file; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ComputerFile(File):
    """Keys of ``verdi computer setup``."""

    label: Label
    hostname: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$", max_length=253)]
    description: str = ""
    transport: Literal["core.ssh_async", "core.local", "core.ssh"]
    # SGE and LSF count cores in a way of their own that the stages of a campaign cannot express
    scheduler: Literal["core.slurm", "core.pbspro", "core.torque", "core.direct"]
    work_dir: FolderPath
    shebang: Annotated[str, Field(pattern=r"^#!/[^\x00-\x1f]+$")] = "#!/bin/bash"
    mpirun_command: Annotated[str, Field(pattern=r"^[^\x00-\x1f;&|<>`$]*$")] = "mpirun -np {tot_num_mpiprocs}"
    mpiprocs_per_machine: Count | None = None
    default_memory_per_machine: Count | None = None
    use_double_quotes: StrictBool = False
    prepend_text: str = ""
    append_text: str = ""


class ConnectionFile(File):
    """Keys of ``verdi computer configure`` for every transport."""

    use_login_shell: StrictBool = True
    safe_interval: Annotated[float, Field(ge=0, le=3600)] = 15.0


class AsyncSshFile(ConnectionFile):
    """Keys for ``core.ssh_async``: all other settings are read from ``~/.ssh/config``."""

    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@:-]*$")] | None = None
    data_node_host: str = "None"
    max_io_allowed: Annotated[StrictInt, Field(ge=1, le=32)] = 8
    authentication_script: str = "None"
    backend: Literal["asyncssh", "openssh"] = "asyncssh"
    use_sftp: StrictBool = True


class OldSshFile(ConnectionFile):
    """Keys for ``core.ssh``, which AiiDA 3 will remove."""

    username: str | None = None
    port: Annotated[StrictInt, Field(ge=1, le=65535)] = 22
    look_for_keys: StrictBool = True
    key_filename: str = ""
    timeout: Count = 60
    allow_agent: StrictBool = True
    proxy_jump: str = ""
    proxy_command: str = ""
    compress: StrictBool = True
    load_system_host_keys: StrictBool = True
    key_policy: Literal["RejectPolicy"] = "RejectPolicy"  # a host that is not known is never taken on trust


Plugin = Literal["zif.cp2k", "zif.deepmd.train", "zif.deepmd.test", "zif.lammps", "zif.lammps.md"]


class CodeFile(File):
    """Keys of ``verdi code create core.code.installed``."""

    label: Label
    description: str = ""
    computer: Label
    filepath_executable: FilePath
    default_calc_job_plugin: Plugin | None = None
    with_mpi: StrictBool | None = None
    use_double_quotes: StrictBool = False
    wrap_cmdline_params: StrictBool = False
    prepend_text: str = ""
    append_text: str = ""


CONNECTIONS: dict[str, type[ConnectionFile]] = {
    "core.ssh_async": AsyncSshFile,
    "core.ssh": OldSshFile,
    "core.local": ConnectionFile,
}


@dataclass(frozen=True)
class Site:
    """One computer, how it is reached, and the codes on it.

    :param computer: the computer.
    :param connection: how it is reached, by the keys of its transport.
    :param codes: its codes.
    """

    computer: ComputerFile
    connection: ConnectionFile
    codes: list[CodeFile] = field(default_factory=list)


def read_site(paths: Iterable[Path], private: bool = False) -> Site:
    """Return the computer that a folder, or some files, describe.

    :param paths: a folder, or files of one computer.
    :param private: whether nobody else uses the computer, so that one may look at it as often as one likes.
    :raises CampaignError: with every problem: file, line, field, what was found, what is allowed, how to fix it.
    """
    files = [file for path in paths for file in (sorted(path.glob("*.yaml")) if path.is_dir() else [path])]
    sources = [read_source(file) for file in files]
    computers = [source for source in sources if "transport" in source.data]
    codes = [source for source in sources if "filepath_executable" in source.data]
    others = [source for source in sources if source not in [*computers, *codes]]
    if len(computers) != 1 or len(others) > 1:
        name = ", ".join(map(str, files)) or "no file"
        found = f"{len(computers)} with `transport`, {len(others)} with neither it nor `filepath_executable`"
        allowed = "one computer, at most one connection (configure.yaml), any number of codes"
        raise CampaignError([Problem(name, None, "", found, allowed, "see examples/computers")])
    problems: list[Problem] = []
    computer = _validated(ComputerFile, computers[0], problems)
    connection_source = others[0] if others else Source({}, computers[0].file, computers[0].folder)
    transport = str(computers[0].data["transport"])
    connection = _validated(CONNECTIONS.get(transport, ConnectionFile), connection_source, problems)
    installed = [_validated(CodeFile, source, problems) for source in codes]
    if computer and connection:
        problems += _impatient(computer, connection, connection_source, private)
        problems += [
            source.problem(("computer",), shown(code.computer), repr(computer.label), "add the computer")
            for source, code in zip(codes, installed, strict=True)
            if code and code.computer != computer.label
        ]
    if problems or not (computer and connection):
        raise CampaignError(problems)
    return Site(computer, connection, [code for code in installed if code])


def _impatient(computer: ComputerFile, connection: ConnectionFile, source: Source, private: bool) -> Iterable[Problem]:
    """Yield settings for which centres block a workstation: log-ins and queries that are too frequent."""
    if computer.transport != "core.local" and not private and connection.safe_interval < COURTESY:
        allowed = f"at least {COURTESY:g} s between two log-ins"
        fix = "raise it; add --private if nobody else uses the machine"
        yield source.problem(("safe_interval",), f"{connection.safe_interval:g}", allowed, fix)


def _validated(model: type[Any], source: Source, problems: list[Problem]) -> Any:
    """Return the content of a file, or None and its problems."""
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        problems += [_problem(model, source, dict(fault)) for fault in error.errors()]
        return None


def _problem(model: type[BaseModel], source: Source, fault: dict[str, Any]) -> Problem:
    path, keys = fault["loc"], list(model.model_fields)
    if fault["type"] == "extra_forbidden":
        fix = did_you_mean(path[-1], keys, "leave it out")
        return source.problem(path, f"the key {path[-1]!r}", ", ".join(keys), fix)
    if fault["type"] == "missing":
        return source.problem(path, "nothing", _allowed(model, path[0], fault), "add the key")
    fix = "choose one that is allowed"
    if path[0] == "key_policy":
        fix = "leave it out, log in once by hand and compare the fingerprint of the host's key with the centre's"
    return source.problem(path, shown(fault["input"]), _allowed(model, path[0], fault), fix)


def _allowed(model: type[BaseModel], key: str, fault: dict[str, Any]) -> str:
    """Return the allowed values of a key as text: the type, and an example if there is one."""
    schema = model.model_json_schema()["properties"].get(key, {})
    options = [schema, *schema.get("anyOf", [])]
    example = next((f", such as {option['examples'][0]}" for option in options if "examples" in option), "")
    words = "text" if fault["type"] == "missing" else str(fault["msg"])
    return words.removeprefix("Input should be ").removeprefix("String should ") + example
