"""A cluster of one node: Slurm behind SSH, on loopback, in a temporary folder, gone with the process that made it.

Every server runs in the foreground as a child of ours and is told by the kernel when we die, so that nothing is left
behind even when the tests are killed.
"""

from __future__ import annotations

import getpass
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from leftovers import new_folder, sweep
from postgresql import PATIENCE, free_port

HOST = "testcluster"
"""Name of the cluster in the SSH configuration of its user."""
PROGRAMS = {
    "munged": "munge",
    "slurmctld": "slurm-wlm",
    "slurmd": "slurm-wlm",
    "sbatch": "slurm-wlm",
    "sshd": "openssh-server",
    "ssh-keygen": "openssh-client",
}
"""What is started, and the Debian package that has it."""

SLURM_CONF = """
ClusterName=zif
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={control_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
# neither systemd nor cgroups are asked for
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
# what asked for memory and takes more is ended, at a look every second
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
MpiDefault=none
# cores are handed out one by one, with more memory than there is to whoever does not ask
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=8000
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=2
MinJobAge=120
KillWait=3
ReturnToService=2
NodeName=localhost NodeAddr=127.0.0.1 CPUs={cores} RealMemory=64000 State=UNKNOWN
PartitionName=cpu Nodes=localhost Default=YES MaxTime=2:00:00 State=UP
PartitionName=long Nodes=localhost MaxTime=UNLIMITED State=UP
"""

SSHD_CONFIG = """
Port {ssh_port}
ListenAddress 127.0.0.1
HostKey {folder}/keys/host
AuthorizedKeysFile {folder}/keys/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 50
MaxSessions 50
Subsystem sftp internal-sftp
# of a home of its own: what the user's shell does at every log-in is none of the cluster's
SetEnv SLURM_CONF={folder}/slurm.conf HOME={home}
"""

SSH_CONFIG = """
Host {host}
  HostName 127.0.0.1
  Port {ssh_port}
  User {user}
  IdentityFile {folder}/keys/user
  IdentitiesOnly yes
  UserKnownHostsFile {home}/.ssh/known_hosts
  StrictHostKeyChecking yes
"""


def missing_programs() -> list[str]:
    """Return what cannot be found, with the Debian package of each."""
    return [f"{name} ({package})" for name, package in PROGRAMS.items() if not find(name)]


def find(name: str) -> str | None:
    """Return the path of a program; servers are not in everybody's PATH."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"]))


def listens(port: int) -> bool:
    """Whether somebody answers at a port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Cluster:
    """The cluster, running. ``home`` is the home folder of somebody who may log in."""

    def __init__(self) -> None:
        sweep()
        self.folder = new_folder()
        self.home, self.work = self.folder / "home", self.folder / "work"
        self.names: dict[str, object] = {
            "folder": self.folder,
            "home": self.home,
            "host": HOST,
            "user": getpass.getuser(),
            "cores": len(os.sched_getaffinity(0)),
            "control_port": free_port(),
            "node_port": free_port(),
            "ssh_port": free_port(),
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._write_files()
        try:
            self._start_all()
        except BaseException:
            self.remove()
            raise

    def _write_files(self) -> None:
        self.folder.chmod(0o755)  # the socket of munge has to be reachable for everybody
        for name in ("state", "spool", "work", "keys", "home/.ssh"):
            (self.folder / name).mkdir(parents=True, mode=0o700)
        for path, text in (("slurm.conf", SLURM_CONF), ("sshd_config", SSHD_CONFIG), ("home/.ssh/config", SSH_CONFIG)):
            (self.folder / path).write_text(text.format(**self.names))
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        for name in ("host", "user"):
            file = str(self.folder / "keys" / name)
            subprocess.run([str(find("ssh-keygen")), "-q", "-t", "ed25519", "-N", "", "-f", file], check=True)
        self.know_host(self.host_key())

    def host_key(self) -> str:
        """Return the public key of the SSH server."""
        return " ".join((self.folder / "keys" / "host.pub").read_text().split()[:2])

    def know_host(self, key: str | None) -> None:
        """Write the user's known hosts: this key for the cluster, or nothing."""
        line = f"[127.0.0.1]:{self.names['ssh_port']} {key}\n" if key else ""
        (self.home / ".ssh" / "known_hosts").write_text(line)

    @property
    def environment(self) -> dict[str, str]:
        """Environment of somebody who may log in, and whose ``sbatch`` on this machine goes to this cluster."""
        return {**os.environ, "HOME": str(self.home), "SLURM_CONF": str(self.folder / "slurm.conf")}

    def _start_all(self) -> None:
        socket, key = self.folder / "munge.socket", self.folder / "munge.key"
        files = [f"--pid-file={self.folder}/munged.pid", f"--log-file={self.folder}/munged.log"]
        self._start("munged", "--foreground", f"--socket={socket}", f"--key-file={key}", *files, f"--seed-file={key}.s")
        self._await("munged", socket.is_socket)
        self.start_controller()
        self._start("slurmd", "-D", "-f", str(self.folder / "slurm.conf"), "-N", "localhost")
        self.start_sshd()
        self._await("slurmd", lambda: self.call("sinfo", "-h", "-o", "%T").startswith("idle"))

    def start_controller(self) -> None:
        """Start Slurm's controller, which goes on with the jobs it knew."""
        self._start("slurmctld", "-D", "-f", str(self.folder / "slurm.conf"))

    def stop_controller(self) -> None:
        """Let Slurm answer no question; jobs run on."""
        self._stop("slurmctld")

    def fail_node(self) -> None:
        """Let the node fail, with every job on it, and come back."""
        self.call("scontrol", "update", "NodeName=localhost", "State=DOWN", "Reason=test")
        self.call("scontrol", "update", "NodeName=localhost", "State=RESUME")  # refused where it is back already
        self._await("slurmd", lambda: self.call("sinfo", "-h", "-o", "%T").startswith("idle"))

    def start_sshd(self) -> None:
        """Let people log in."""
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd locks itself in
        self._start("sshd", "-D", "-f", str(self.folder / "sshd_config"), "-E", str(self.folder / "sshd.log"))
        self._await("sshd", lambda: listens(int(str(self.names["ssh_port"]))))

    def stop_sshd(self) -> None:
        """Let nobody log in any more, and throw out everybody who is."""
        self._stop("sshd")

    def _start(self, name: str, *arguments: str) -> None:
        """Start a server that ends when we do."""
        with (self.folder / f"{name}.out").open("ab") as output:
            self.processes[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "--", str(find(name)), *arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _await(self, name: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not ready():
            if self.processes[name].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} does not start:\n{self.words(name)}")
            time.sleep(0.1)

    def words(self, name: str) -> str:
        """Return the end of what a server said."""
        files = [self.folder / f"{name}.{ending}" for ending in ("out", "log")]
        return "\n".join(file.read_text(errors="replace")[-2000:] for file in files if file.is_file())

    def call(self, *command: str) -> str:
        """Run a command of Slurm and return what it prints; nothing if it fails."""
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60).stdout

    def _stop(self, name: str) -> None:
        process = self.processes.pop(name, None)
        if process is None or process.poll() is not None:
            return
        children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if name == "sshd":  # a session outlives the server that accepted it
            subprocess.run(["kill", "--", *children], check=False, stderr=subprocess.DEVNULL)

    def remove(self) -> None:
        """Cancel every job, stop every server, forget everything."""
        if "slurmd" in self.processes:
            self.call("scancel", "--user", str(self.names["user"]))
            deadline = time.monotonic() + 10
            while self.call("squeue", "-h").strip() and time.monotonic() < deadline:
                time.sleep(0.2)
        for name in list(self.processes)[::-1]:
            self._stop(name)
        shutil.rmtree(self.folder, ignore_errors=True)
