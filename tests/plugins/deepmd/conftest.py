"""Blocks of the toy world, real frozen models, and nodes as an engine would leave them to a parser."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deepmd_toy import FIXTURES, SMALL_SYMBOLS, SMALL_TYPE_MAP, toy_system

from aiida_zif.plugins.deepmd.inputs import complete_input, training_input

LEVEL = {"hash": "0" * 16, "line": "Gaussians that repel each other"}

CLOCK = b"1795000000.0\n1795000042.0\n0m0.1s 0m0.1s\n0m40.0s 0m1.0s\n/dev/sda 100 10 90 10% /\n"
"""What the script of a job says that came to its last line."""

Factory = Callable[..., Any]


@pytest.fixture
def small_parameters() -> dict[str, Any]:
    """The parameters with which the stored outputs were made."""
    return training_input(SMALL_TYPE_MAP, 5.0, 40, sel=[20, 20], embedding=[3], axis_neuron=2, fitting=[4])


@pytest.fixture
def generate_block(aiida_profile: object) -> Factory:
    """Factory of LabelledFramesData of the toy world."""

    def generate(
        n_frames: int = 2, seed: int = 2, symbols: list[str] | None = None, virials: bool = True, **kwargs: Any
    ) -> Any:
        from aiida.plugins import DataFactory

        toy = toy_system(n_frames, seed, symbols or SMALL_SYMBOLS, virials)
        return DataFactory("zif.frames.labelled")(
            toy.symbols,
            toy.positions,
            toy.cells,
            energies=toy.energies,
            forces=toy.forces,
            virials=toy.virials,
            level_of_theory=kwargs.pop("level", LEVEL),
            system="toy",
            **kwargs,
        )

    return generate


@pytest.fixture
def small_blocks(generate_block: Factory) -> dict[str, Any]:
    """The blocks on which the stored outputs were made; the one labelled `a` has no virials."""
    return {"b": generate_block(3, 1), "a": generate_block(2, 2, virials=False)}


@pytest.fixture
def generate_potential(aiida_profile: object) -> Factory:
    """Factory of DeepPotentialData from the stored frozen model, or from any bytes."""

    def generate(content: bytes | None = None, type_map: list[str] | None = None) -> Any:
        from io import BytesIO

        from aiida.plugins import DataFactory

        return DataFactory("zif.potential")(
            BytesIO(content or (FIXTURES / "train_ok" / "model.pb").read_bytes()),
            filename="model.pb",
            type_map=type_map or SMALL_TYPE_MAP,
            rcut=5.0,
            model_backend="tensorflow",
            deepmd_version="3.2.0",
        )

    return generate


@pytest.fixture
def generate_job_node(localhost: Any, tmp_path: Path) -> Factory:
    """Factory of a finished job: its node with inputs, and a folder of retrieved files."""

    def generate(entry_point: str, inputs: dict[str, Any], files: dict[str, bytes], written: dict[str, str]) -> Any:
        from aiida import orm
        from aiida.common.links import LinkType

        node = orm.CalcJobNode(computer=localhost, process_type=f"aiida.calculations:{entry_point}")
        node.set_options({"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}})
        for label, data in _flatten(inputs):
            node.base.links.add_incoming(data.store(), LinkType.INPUT_CALC, label)
        for name, text in written.items():
            node.base.repository.put_object_from_bytes(text.encode(), name)
        node.store()
        retrieved = orm.FolderData()
        for name, content in {"clock": CLOCK, **files}.items():
            retrieved.base.repository.put_object_from_bytes(content, name)
        retrieved.base.links.add_incoming(node, LinkType.CREATE, "retrieved")
        retrieved.store()
        return node

    return generate


@pytest.fixture
def parse_training(
    generate_job_node: Factory, small_blocks: dict[str, Any], small_parameters: dict[str, Any], tmp_path: Path
) -> Factory:
    """Parse the stored outputs of a training, with changes: file name → content, None to leave a file out."""

    def parse(case: str, changes: dict[str, bytes | None] | None = None, scheduler_exit: int | None = None) -> Any:
        from aiida.plugins import ParserFactory

        files = {path.name: path.read_bytes() for path in (FIXTURES / case).iterdir()} | (changes or {})
        model = files.pop("model.pb", None)
        if model is not None:
            (tmp_path / "model.pb").write_bytes(model)
        node = generate_job_node(
            "zif.deepmd.train",
            {"dataset": small_blocks},
            {name: content for name, content in files.items() if content is not None},
            {"input.json": json.dumps(complete_input(small_parameters, ["data/a", "data/b"], 3, [20, 20]))},
        )
        if scheduler_exit is not None:
            node.set_exit_status(scheduler_exit)
            node.set_exit_message("stopped by the scheduler")
        return ParserFactory("zif.deepmd.train").parse_from_node(
            node, store_provenance=False, retrieved_temporary_folder=str(tmp_path)
        )

    return parse


def _flatten(inputs: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    flat = []
    for label, value in inputs.items():
        flat += _flatten(value, f"{prefix}{label}__") if isinstance(value, dict) else [(f"{prefix}{label}", value)]
    return flat
