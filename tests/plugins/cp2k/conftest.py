"""Nodes of finished jobs made from stored outputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cp2k_cases import FIXTURES, read_start


@pytest.fixture
def finished_job(aiida_profile: object, tmp_path: Path) -> Callable[..., object]:
    """Factory of a job node with inputs and a retrieved folder, as it is when the parser is called."""
    from aiida import orm
    from aiida.common import LinkType
    from aiida.plugins.entry_point import format_entry_point_string

    from aiida_zif.plugins.cp2k.levels import load_level
    from aiida_zif.plugins.data.frames import FramesData

    def make(case: str, task: dict, files: dict[str, str | None] | None = None, **frames: object) -> orm.CalcJobNode:
        """``files`` replaces the content of stored files by name; None takes a file away."""
        symbols, positions, cells = read_start(FIXTURES / case)
        given = {"symbols": symbols, "positions": positions, "cells": cells, "system": "pair"} | frames
        computer = orm.Computer(
            f"c{tmp_path.name}", "localhost", "", "core.local", "core.direct", str(tmp_path)
        ).store()
        node = orm.CalcJobNode(
            computer=computer, process_type=format_entry_point_string("aiida.calculations", "zif.cp2k")
        )
        node.set_option("resources", {"num_machines": 1, "num_mpiprocs_per_machine": 1})
        inputs = {
            "frames": FramesData(**given),
            "level": orm.Dict(load_level("gfn1-xtb").as_dict()),
            "task": orm.Dict(task),
        }
        for name, data in inputs.items():
            node.base.links.add_incoming(data.store(), LinkType.INPUT_CALC, name)
        node.store()
        retrieved = orm.FolderData()
        contents = {path.name: path.read_text() for path in (FIXTURES / case).iterdir()} | (files or {})
        for name in ("aiida.out", "aiida-pos-1.xyz", "aiida-frc-1.xyz", "aiida-1.cell", "clock"):
            if contents.get(name) is not None:
                retrieved.base.repository.put_object_from_bytes(str(contents[name]).encode(), name)
        retrieved.base.links.add_incoming(node, LinkType.CREATE, "retrieved")
        retrieved.store()
        return node

    return make


@pytest.fixture
def parse() -> Callable[..., tuple[dict, object]]:
    """Run the parser on a job node: its outputs and its exit code."""

    def run(node: object) -> tuple[dict, object]:
        from aiida.engine import ExitCode

        from aiida_zif.plugins.cp2k.parser import Cp2kLabelParser

        parser = Cp2kLabelParser(node)
        exit_code = parser.parse()
        return dict(parser.outputs), exit_code or ExitCode(0)

    return run
