"""Nodes of the small LAMMPS system, codes on this machine, jobs as an engine would leave them to the parser."""

from __future__ import annotations

import lzma
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from lammps_toy import FIXTURES, PACKED, PARAMETERS, RUNS, SYMBOLS, TYPE_MAP, start_frame

Factory = Callable[..., Any]
CODES = Path(__file__).parents[2] / "codes"
EXPLORE = "zif.lammps"


@pytest.fixture
def lammps_frames(aiida_profile: object) -> Any:
    """The frame from which the stored runs started."""
    from aiida.plugins import DataFactory

    positions, cell = start_frame()
    return DataFactory("zif.frames")(SYMBOLS, [positions], [cell], system="toy")


@pytest.fixture
def generate_model(aiida_profile: object) -> Factory:
    """Factory of the stored models, or of any bytes."""

    def generate(index: int = 0, type_map: list[str] | None = None, content: bytes | None = None) -> Any:
        from aiida.plugins import DataFactory

        stored = FIXTURES / "models" / f"model_{index}.pb.xz"
        return DataFactory("zif.potential")(
            BytesIO(content or lzma.decompress(stored.read_bytes())),
            filename="model.pb",
            type_map=type_map or TYPE_MAP,
            rcut=5.0,
            model_backend="tensorflow",
            deepmd_version="3.2.0",
        )

    return generate


@pytest.fixture
def generate_code(localhost: Any) -> Factory:
    """Factory of a stand-in, or any other executable, as a code."""

    def generate(executable: str, **kwargs: Any) -> Any:
        from aiida import orm

        path = executable if "/" in executable else str(CODES / executable)
        label = Path(executable).name
        return orm.InstalledCode(computer=localhost, filepath_executable=path, label=label, **kwargs).store()

    return generate


@pytest.fixture
def explore_inputs(lammps_frames: Any, generate_model: Factory, generate_code: Factory) -> dict[str, Any]:
    """The inputs of the stored job, with a stand-in for LAMMPS."""
    return {
        "code": generate_code("lmp_ok"),
        "python": generate_code(sys.executable),
        "committee": {"model_0": generate_model(0), "model_1": generate_model(1)},
        "frames": lammps_frames,
        "runs": RUNS,
        "parameters": PARAMETERS,
        "metadata": {"options": {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 2}}},
    }


@pytest.fixture
def parse_exploration(localhost: Any, lammps_frames: Any) -> Factory:
    """Parse the stored harvest, with changes: file name → content, None to leave a file out."""

    def parse(changes: dict[str, bytes | None] | None = None, scheduler_exit: int | None = None) -> Any:
        from aiida import orm
        from aiida.common.links import LinkType
        from aiida.plugins import ParserFactory

        names = ("harvest_output.json", "harvest.npz")
        files: dict[str, bytes | None] = {name: (PACKED / name).read_bytes() for name in names}
        node = orm.CalcJobNode(computer=localhost, process_type=f"aiida.calculations:{EXPLORE}")
        streams = {f"scheduler_{stream}": f"_scheduler-{stream}.txt" for stream in ("stderr", "stdout")}
        node.set_options({"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}, **streams})
        node.base.links.add_incoming(lammps_frames.store(), LinkType.INPUT_CALC, "frames")
        node.store()
        if scheduler_exit is not None:
            node.set_exit_status(scheduler_exit)
        retrieved = orm.FolderData()
        for name, content in (files | (changes or {})).items():
            if content is not None:
                retrieved.base.repository.put_object_from_bytes(content, name)
        retrieved.base.links.add_incoming(node, LinkType.CREATE, "retrieved")
        retrieved.store()
        return ParserFactory(EXPLORE).parse_from_node(node, store_provenance=False)

    return parse
