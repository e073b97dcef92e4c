"""Fixtures shared by all tests: an in-memory AiiDA profile and factories for nodes."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

FIXTURES = Path(__file__).parent / "plugins" / "fixtures"
STANDINS = Path(__file__).parent / "codes"
CP2K = os.environ.get("AIIDA_ZIF_CP2K") or shutil.which("cp2k.psmp")


# Keep every test away from the user's own AiiDA folder. AiiDA reads the variable when it is first imported, which
# collecting the tests already does.
os.environ["AIIDA_PATH"] = tempfile.mkdtemp(prefix="aiida-zif-tests-")
(Path(os.environ["AIIDA_PATH"]) / ".aiida").mkdir()  # else AiiDA warns that it makes it


@pytest.fixture(scope="session", autouse=True)
def remove_aiida_folder() -> Iterator[None]:
    """Leave nothing behind."""
    yield
    shutil.rmtree(os.environ["AIIDA_PATH"], ignore_errors=True)


@pytest.fixture(scope="session")
def aiida_profile() -> object:
    """An in-memory profile: no file, no service, gone with the session."""
    from aiida import load_profile
    from aiida.storage.sqlite_temp import SqliteTempBackend

    options = {
        "runner.poll.interval": 0.2
    }  # s; without a broker a work chain polls for its children, by default each minute
    return load_profile(SqliteTempBackend.create_profile("tests", options=options), allow_switch=True)


@pytest.fixture
def localhost(aiida_profile: object, tmp_path: Path) -> object:
    """This machine as a computer of this test's own, without a scheduler and without waiting."""
    from aiida import orm

    computer = orm.Computer(
        f"localhost-{tmp_path.parent.name}-{tmp_path.name}",
        "localhost",
        transport_type="core.local",
        scheduler_type="core.direct",
        workdir=str(tmp_path / "work"),
    ).store()
    computer.set_minimum_job_poll_interval(0.0)
    computer.set_default_mpiprocs_per_machine(1)
    computer.configure(safe_interval=0.0)
    return computer


@pytest.fixture
def cp2k_code(localhost: object) -> Callable[..., object]:
    """Factory of codes on one core: a stand-in of `tests/codes` by its name, or CP2K itself where it is installed."""
    from aiida import orm

    def code(standin: str | None = None, *lines: str) -> object:
        executable = str(STANDINS / standin) if standin else CP2K
        if executable is None:
            pytest.skip("CP2K is not installed; apt-get install cp2k cp2k-data")
        data = os.environ.get("CP2K_DATA_DIR", "/usr/share/cp2k")
        prepend = "\n".join([f"export OMP_NUM_THREADS=1 CP2K_DATA_DIR={data}", *lines])
        return orm.InstalledCode(localhost, executable, label=standin or "cp2k", prepend_text=prepend)

    return code


NUMBER = re.compile(rb"\d+\.\d+")
TAMPERED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "zeros": lambda content: content[: len(content) // 2] + bytes(len(content) // 2),  # a disk that was full
    "twice": lambda content: content + content,
    "nan": lambda content: NUMBER.sub(b"nan", content),
    "endless": lambda content: NUMBER.sub(b"9e999", content),
    "stars": lambda content: NUMBER.sub(b"*******", content),
    "terminal": lambda content: content.replace(b" ", b" \x1b]0;mine\x07\x00\xc2\x9b"),
    "binary": lambda content: bytes(range(256)) * 40,
    "noise": lambda content: bytes(
        np.where(np.random.default_rng(1).random(len(content)) < 0.01, 0, np.frombuffer(content, np.uint8)).astype("u1")
    ),
}
"""What may happen to a file on another computer."""


@pytest.fixture(params=TAMPERED)
def tamper(request: pytest.FixtureRequest) -> Callable[[bytes], bytes]:
    """Changes the content of a file on its way, each time in another way."""
    return TAMPERED[request.param]


@pytest.fixture
def fit_to_store() -> Callable[..., None]:
    """Fails if an end of a job could not be kept in a database (not in PostgreSQL either), or shown in a terminal."""

    def check(outputs: dict[str, object], *messages: str | None) -> None:
        for node in outputs.values():
            node.store()
            json.dumps(node.base.attributes.all, allow_nan=False)
        texts = [json.dumps(node.base.attributes.all, ensure_ascii=False) for node in outputs.values()]
        assert not re.search(r"\\u00[01]|[\x00-\x08\x0b-\x1f\x7f-\x9f]", " ".join([*texts, *filter(None, messages)]))

    return check


@pytest.fixture
def generate_frames(aiida_profile: object) -> Callable[..., object]:
    """Factory of small FramesData: water-like molecules in a box, displaced from a seed."""

    def generate(n_frames: int = 3, seed: int = 0, **kwargs: object) -> object:
        from aiida.plugins import DataFactory

        rng = np.random.default_rng(seed)
        positions = np.array([[0.0, 0.0, 0.0], [0.76, 0.59, 0.0], [-0.76, 0.59, 0.0]]) + 5.0
        frames = positions + 0.02 * rng.normal(size=(n_frames, 3, 3))
        return DataFactory("zif.frames")(
            ["O", "H", "H"], frames, np.tile(np.eye(3) * 10.0, (n_frames, 1, 1)), system="water", **kwargs
        )

    return generate
