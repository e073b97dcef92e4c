"""Log-in to a computer: check it, and explain errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aiida_zif.setup.computers.computers import ComputerError

if TYPE_CHECKING:
    from aiida.orm import Computer

UNKNOWN_HOST = (
    "the host key is not in ~/.ssh/known_hosts, or differs from it",
    "run `ssh {host}` and compare the fingerprint that it shows with the one that the centre publishes",
)
REFUSALS = {
    "HostKeyNotVerifiable": UNKNOWN_HOST,
    "BadHostKeyException": UNKNOWN_HOST,
    "PermissionDenied": (
        "it accepts none of your keys",
        "`ssh {host}` has to work without a password: IdentityFile in ~/.ssh/config, or a key agent",
    ),
    "gaierror": ("the host name is not known", "set HostName in ~/.ssh/config, or correct the host"),
    "ConnectionRefusedError": ("no server answers", "correct HostName and Port in ~/.ssh/config"),
    "TimeoutError": ("no server answers", "connect to the network (VPN) from which it can be reached"),
}
"""Name of the error: what it means, and the fix."""


@contextmanager
def opened(computer: Computer) -> Iterator[Any]:
    """Log in to a computer, without the daemon.

    :returns: the open transport.
    :raises ComputerError: if it refuses the log-in.
    """
    from aiida.common.exceptions import NotExistent

    without_broker()
    try:
        transport = computer.get_transport()
        transport.open()
    except NotExistent as error:  # it came with an archive
        raise ComputerError(
            f"{computer.label} is not configured in this profile. Fix: verdi computer configure "
            f"{computer.transport_type} {computer.label}"
        ) from error
    except Exception as error:  # of asyncssh, of the operating system, of AiiDA
        raise ComputerError(f"{computer.label} refuses the log-in: {explain(error, computer.hostname)}") from error
    try:
        yield transport
    finally:
        transport.close()


def explain(error: BaseException, host: str) -> str:
    """Return cause and fix of a log-in that was refused."""
    chain: BaseException | None = error
    while chain is not None:
        names = [kind.__name__ for kind in type(chain).__mro__]
        known = next((REFUSALS[name] for name in names if name in REFUSALS), None)
        if known or "not found in known_hosts" in str(chain):  # for which paramiko has no class
            meaning, fix = known or UNKNOWN_HOST
            return f"{meaning} ({chain}). Fix: {fix.format(host=host)}."
        chain = chain.__cause__ or chain.__context__
    return f"{type(error).__name__}: {error}"


def without_broker() -> None:
    """Allow transports in this process without a daemon: AiiDA would wait for its broker."""
    from aiida.manage import get_manager

    manager = get_manager()
    manager.reset_runner()
    manager.set_runner(manager.create_runner(communicator=None))


def look_around(computer: Computer) -> list[str]:
    """Log in, and return user, number of jobs in the queue and work directory as lines of text.

    :raises ComputerError: if one of them does not work.
    """
    with opened(computer) as transport:
        user = transport.whoami()
        folder = computer.get_workdir().format(username=user)
        scheduler = computer.get_scheduler()
        scheduler.set_transport(transport)
        try:
            jobs = scheduler.get_jobs(as_dict=True)
        except Exception as error:
            raise ComputerError(
                f"{computer.label}: logged in as {user}, but the scheduler does not answer: {error}. "
                "Fix: correct `scheduler`, or put its commands into the PATH of non-interactive shells."
            ) from error
        try:
            transport.makedirs(folder, ignore_existing=True)
        except OSError as error:
            raise ComputerError(
                f"{computer.label}: logged in as {user}, but {folder} cannot be created: {error}. "
                "Fix: correct `work_dir`."
            ) from error
    return [f"logged in as {user}", f"{len(jobs)} jobs in the queue", f"jobs will run below {folder}"]
