"""The wheel holds everything, and works where there is no checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("plugins", "workflows", "provenance", "setup", "cli")
DATA = (".yaml", ".html.j2", "py.typed")

pytest.importorskip(
    "setuptools", "77", reason="the project's metadata need a newer setuptools: pip install -e .[tests]"
)
pytestmark = pytest.mark.slow


def call(*words: str | Path, **variables: str) -> str:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(words, env={**env, **variables}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of a copy of the sources; nothing is downloaded, and the checkout stays clean."""
    copy = tmp_path_factory.mktemp("checkout")
    for part in (*PARTS, "src"):
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / part, copy / part, symlinks=True, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    folder = tmp_path_factory.mktemp("wheel")
    call(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, copy)
    (made,) = folder.glob("*.whl")
    return made


def test_the_wheel_holds_every_module_and_every_file_that_modules_read(wheel: Path) -> None:
    here = {
        f"aiida_zif/{path.relative_to(ROOT).as_posix()}"
        for part in PARTS
        for path in (ROOT / part).rglob("*")
        if path.name.endswith((".py", *DATA)) and "__pycache__" not in path.parts
    }
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("aiida_zif/")}
    assert len(here) > 300
    assert here - packed == set()


def test_the_installed_wheel_checks_a_campaign_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    home, site = tmp_path / "venv", sysconfig.get_path("purelib")
    call(sys.executable, "-m", "venv", "--without-pip", home)
    python = home / "bin" / "python"
    own = Path(call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (own / "dependencies.pth").write_text(f"{site}\n")  # as a path alone: the editable install there stays unseen
    call(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel)
    campaign = shutil.copy(ROOT / "examples/zif4-demo.yaml", tmp_path)
    where = "import aiida_zif.plugins.selection as s; print(s.__file__, s.available_strategies())"
    assert str(own) in call(python, "-c", where)
    aiida = tmp_path / "aiida"
    aiida.mkdir()
    assert "zif4-demo" in call(home / "bin" / "aiida-zif", "check", campaign, AIIDA_PATH=str(aiida))
