"""How the parsers of LAMMPS jobs read what came back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from aiida.engine import ExitCode
from aiida.parsers import Parser

from aiida_zif.plugins.data.frames import FramesData


class LammpsParser(Parser):
    """Attach what is complete; the exit code names what is missing."""

    def parse(self, **kwargs: Any) -> ExitCode | None:
        """Read what came back; return an exit code, or None where the scheduler's or success is to stand."""
        try:
            return self.read()
        except Exception as error:  # a parser never raises
            self.logger.exception("unexpected")
            return self.exit_codes.ERROR_UNEXPECTED_PARSER.format(detail=f"{type(error).__name__}: {error}")

    def read(self) -> ExitCode | None:
        """Attach the outputs and return what went wrong, if anything."""
        raise NotImplementedError

    def content(self, name: str) -> bytes:
        """A file that came back."""
        return self.retrieved.base.repository.get_object_content(name, "rb")

    def frames(self, arrays: dict[str, np.ndarray], name: str, quantities: Iterable[str]) -> FramesData:
        """Frames of the system of the job, unstored.

        :param arrays: with ``<name>_positions``, ``<name>_cells`` and ``<name>_<quantity>``.
        :raises ValueError: if they are no frames.
        """
        start = self.node.inputs.frames
        frames = FramesData(
            start.symbols,
            arrays[f"{name}_positions"],
            arrays[f"{name}_cells"],
            system=start.system,
            per_frame={quantity: arrays[f"{name}_{quantity}"] for quantity in quantities},
        )
        frames._validate()  # AiiDA would do so when it stores the node, too late for an exit code
        return frames
