"""Computers and codes in YAML: what is taken, what is refused, and that `verdi` takes it too."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from aiida_zif.setup.computers.connection import explain
from aiida_zif.setup.computers.files import read_site
from aiida_zif.workflows.user_input.problems import CampaignError

EXAMPLES = Path(__file__).parents[3] / "examples" / "computers"
COMPUTER = {
    "label": "here",
    "hostname": "here",
    "transport": "core.ssh_async",
    "scheduler": "core.slurm",
    "work_dir": "/scratch/{username}/zif",
}
CODE = {"label": "lmp", "computer": "here", "filepath_executable": "/opt/lmp", "default_calc_job_plugin": "zif.lammps"}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Factory of a site's folder; values may be replaced."""

    def site(computer: dict[str, object], connection: dict[str, object], code: dict[str, object]) -> Path:
        contents = {"computer": {**COMPUTER, **computer}, "configure": connection, "lmp": {**CODE, **code}}
        for name, content in contents.items():
            (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content))
        return tmp_path

    return site


@pytest.mark.parametrize("name", ["slurm-ssh", "pbs-ssh", "direct"])
def test_the_examples_are_right(name: str) -> None:
    site = read_site([EXAMPLES / name])
    assert [code.label for code in site.codes] == ["cp2k", "dp", "lmp", "python"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["slurm-ssh", "direct"])
def test_verdi_takes_the_examples(name: str, tmp_path: Path) -> None:
    env = {**os.environ, "AIIDA_PATH": str(tmp_path), "HOME": str(tmp_path)}
    folder, site = EXAMPLES / name, read_site([EXAMPLES / name])

    def verdi(*words: str) -> None:
        done = subprocess.run([sys.executable, "-m", "aiida", *words], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    subprocess.run(
        [sys.executable, "-c", "from aiida_zif.setup.profile.embedded import ensure_profile; ensure_profile()"], env=env
    )
    verdi("computer", "setup", "-n", "--config", str(folder / "computer.yaml"))
    reach = [site.computer.transport, site.computer.label, "-n", "--config", str(folder / "configure.yaml")]
    verdi("computer", "configure", *reach)
    for code in site.codes:
        verdi("code", "create", "core.code.installed", "-n", "--config", str(folder / f"{code.label}.yaml"))


REFUSED: dict[str, tuple[dict[str, object], dict[str, object], dict[str, object], tuple[str, str, str]]] = {
    "unknown key": ({"workdir": "/x"}, {}, {}, ("computer.yaml", "the key 'workdir'", "'work_dir'")),
    "unknown scheduler": ({"scheduler": "slurm"}, {}, {}, ("scheduler", "'slurm'", "'core.slurm'")),
    "relative folder": ({"work_dir": "scratch"}, {}, {}, ("work_dir", "'scratch'", "/scratch/{username}/aiida")),
    "folder with a command": ({"work_dir": "/x;rm -rf ~"}, {}, {}, ("work_dir", "/x;rm -rf ~", "pattern")),
    "host with an option": ({"hostname": "-oProxyCommand=x"}, {}, {}, ("hostname", "-oProxyCommand=x", "pattern")),
    "host with a command": ({}, {"host": "a;b"}, {}, ("configure.yaml", "a;b", "pattern")),
    "mpirun with a command": ({"mpirun_command": "mpirun; x"}, {}, {}, ("mpirun_command", "mpirun; x", "pattern")),
    "log-ins without a pause": ({}, {"safe_interval": 1}, {}, ("safe_interval", "1", "at least 10 s")),
    "old key of the old transport": ({}, {"key_policy": "x"}, {}, ("key_policy", "the key", "leave it out")),
    "hosts taken on trust": (
        {"transport": "core.ssh"},
        {"key_policy": "AutoAddPolicy"},
        {},
        ("key_policy", "AutoAddPolicy", "fingerprint"),
    ),
    "code of another computer": ({}, {}, {"computer": "there"}, ("lmp.yaml", "'there'", "'here'")),
    "plugin that is not ours": (
        {},
        {},
        {"default_calc_job_plugin": "zif.lamps"},
        ("lmp.yaml", "zif.lamps", "zif.lammps"),
    ),
    "line break in a path": ({}, {}, {"filepath_executable": "/a\nrm"}, ("filepath_executable", "/a", "pattern")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_with_field_value_and_mend(write: Write, case: str) -> None:
    computer, connection, code, words = REFUSED[case]
    with pytest.raises(CampaignError) as refused:
        read_site([write(computer, connection, code)])
    for word in words:
        assert word in str(refused.value)


def test_a_machine_of_one_s_own_may_be_looked_at_often(write: Write) -> None:
    assert read_site([write({}, {"safe_interval": 0}, {})], private=True).connection.safe_interval == 0


def test_a_missing_key_is_named_with_an_example(write: Write) -> None:
    folder = write({}, {}, {})
    content = {key: value for key, value in COMPUTER.items() if key != "work_dir"}
    (folder / "computer.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(CampaignError, match=r"work_dir\n  found    nothing\n  allowed  .*/scratch/"):
        read_site([folder])


def test_two_computers_at_once_are_refused(write: Write) -> None:
    with pytest.raises(CampaignError, match="one computer"):
        read_site([write({}, {}, {}), EXAMPLES / "direct"])


class HostKeyNotVerifiable(Exception):
    """As asyncssh calls it."""


def test_an_unknown_host_is_never_taken_on_trust() -> None:
    words = explain(HostKeyNotVerifiable("Host key is not trusted"), "cluster")
    assert "known_hosts" in words
    assert "`ssh cluster`" in words


def test_the_cause_of_a_refusal_is_found_behind_aiida_s_words() -> None:
    error = OSError("Error while opening the transport")
    error.__cause__ = ConnectionRefusedError("111")
    assert "no server answers" in explain(error, "cluster")
