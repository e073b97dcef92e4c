"""The two commands: their words, and what they do on a machine that lacks something."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[2] / "setup"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with nothing but the scripts, in a path with a blank."""
    root = tmp_path / "my checkout"
    (root / "setup").mkdir(parents=True)
    for name in ("demo.sh", "test.sh", "test-hpc.sh", "lib.sh"):
        shutil.copy(SETUP / name, root / "setup" / name)
    return root


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A PATH with just what the scripts need, and no system package installed."""
    folder = tmp_path / "commands"
    folder.mkdir()
    for name in ("bash", "env", "dirname", "cat", "head", "sed", "realpath"):
        (folder / name).symlink_to(str(shutil.which(name)))
    (folder / "python3").symlink_to(sys.executable)
    stub(folder, "id", "echo 1000")
    stub(folder, "dpkg-query", "exit 1")
    return folder


def stub(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/bash\n{text}\n")
    (folder / name).chmod(0o755)


def run(script: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **variables}
    env.pop("AIIDA_ZIF_CP2K", None)
    return subprocess.run(
        ["bash", str(script), *words], env={**env, **variables}, capture_output=True, text=True, check=False
    )


def files(root: Path) -> list[Path]:
    return sorted(root.rglob("*"))


@pytest.mark.parametrize("script", ["demo.sh", "test.sh", "test-hpc.sh"])
def test_help_costs_nothing(checkout: Path, script: str) -> None:
    before = files(checkout)
    done = run(checkout / "setup" / script, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: ./setup/{script}")
    assert files(checkout) == before


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("demo.sh", ["--frsh"]),
        ("demo.sh", ["--seed"]),
        ("demo.sh", ["--dir", ""]),
        ("test.sh", ["--slow"]),
        ("test.sh", ["--fast", "x"]),
        ("test-hpc.sh", ["--slow"]),
    ],
)
def test_wrong_words_are_refused_before_anything_is_changed(checkout: Path, script: str, words: list[str]) -> None:
    before = files(checkout)
    done = run(checkout / "setup" / script, *words)
    assert done.returncode == 2
    assert "Usage" in done.stderr
    assert files(checkout) == before


def test_packages_that_only_root_may_install_are_named(checkout: Path, commands: Path) -> None:
    stub(commands, "apt-get", f"touch '{checkout}/apt-was-called'")
    before = files(checkout)
    done = run(checkout / "setup" / "demo.sh", PATH=str(commands))
    assert done.returncode == 2
    assert "sudo apt-get install cp2k cp2k-data libopenblas0-openmp openmpi-bin" in done.stderr
    assert files(checkout) == before


def test_a_system_without_apt_is_told_what_to_do(checkout: Path, commands: Path) -> None:
    before = files(checkout)
    done = run(checkout / "setup" / "demo.sh", PATH=str(commands))
    assert done.returncode == 2
    assert "AIIDA_ZIF_CP2K" in done.stderr
    assert files(checkout) == before


def test_a_python_that_is_too_old_is_refused(checkout: Path, commands: Path) -> None:
    stub(commands, "old-python", '[ "$1" = --version ] && echo "Python 3.9.2"; exit 1')
    done = run(checkout / "setup" / "demo.sh", PATH=str(commands), PYTHON="old-python")
    assert done.returncode == 2
    assert "Python 3.9.2" in done.stderr


@pytest.fixture
def activate(checkout: Path, tmp_path: Path) -> Callable[..., list[str]]:
    """Activate the environment of a checkout in a shell with a home of its own; words are run there, line by line."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(checkout / ".venv")], check=True)
    lead = "STEPS=1; source setup/lib.sh; lead_verdi_here; lead_verdi_here"
    subprocess.run(["bash", "-ec", f'ROOT="$PWD"; {lead}'], cwd=checkout, check=True)
    home = tmp_path / "home"
    home.mkdir()

    def shell(words: str, **variables: str) -> list[str]:
        env = {"PATH": os.environ["PATH"], "HOME": str(home), **variables}
        text = f"source {shlex.quote(str(checkout / '.venv' / 'bin' / 'activate'))}\n{words}"
        done = subprocess.run(["bash", "-euc", text], env=env, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    return shell


def make_configuration(folder: Path) -> None:
    (folder / ".aiida").mkdir(exist_ok=True)
    (folder / ".aiida" / "config.json").write_text("{}")


def test_activating_leads_verdi_to_the_checkout_and_deactivating_back(
    checkout: Path, activate: Callable[..., list[str]]
) -> None:
    words = 'echo "$AIIDA_PATH"; deactivate; echo "${AIIDA_PATH-none}"'
    assert activate(words) == [str(checkout), "none"]


def test_a_choice_of_the_users_own_stands_in_an_active_environment(activate: Callable[..., list[str]]) -> None:
    assert activate('echo "$AIIDA_PATH"; deactivate; echo "$AIIDA_PATH"', AIIDA_PATH="/mine") == ["/mine", "/mine"]


def test_a_profile_in_the_home_folder_stands_until_the_checkout_has_one(
    checkout: Path, tmp_path: Path, activate: Callable[..., list[str]]
) -> None:
    make_configuration(tmp_path / "home")
    assert activate('echo "${AIIDA_PATH-none}"') == ["none"]
    make_configuration(checkout)
    assert activate('echo "${AIIDA_PATH-none}"') == [str(checkout)]
