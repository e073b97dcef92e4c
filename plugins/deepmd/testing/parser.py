"""The parser of test jobs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from aiida import orm
from aiida.engine import ExitCode
from aiida.parsers import Parser

from aiida_zif.plugins.deepmd import outputs
from aiida_zif.plugins.deepmd.data.dataset import Labelled, System
from aiida_zif.plugins.deepmd.testing.calculation import DeepmdTestCalculation as Calculation
from aiida_zif.plugins.deepmd.testing.errors import Prediction, max_force_deviation, read_predictions
from aiida_zif.plugins.deepmd.testing.evaluation import Evaluation, block_evaluation
from aiida_zif.plugins.deepmd.testing.frame_errors import BlockErrors, FrameErrors, errors_node
from aiida_zif.plugins.jobs.interruption_codes import ending_of, exit_code_of
from aiida_zif.plugins.jobs.retrieved_files import readable, storable

Predictions = dict[str, dict[str, Prediction]]
"""Model → block → prediction."""


class DeepmdTestParser(Parser):
    """Reduce the detail files of all models to errors by block, model and frame."""

    def parse(self, **kwargs: Any) -> ExitCode | None:
        """Return the exit code; never raise."""
        try:
            return self._parse(Path(kwargs.get("retrieved_temporary_folder") or "."))
        except Exception as error:  # the outermost guard: a parser never raises
            self.logger.exception("unexpected exception in the parser")
            return self.exit_codes.ERROR_UNEXPECTED_PARSER_EXCEPTION.format(detail=f"{type(error).__name__}: {error}")

    def _parse(self, temporary: Path) -> ExitCode | None:
        blocks = {
            label: System(b.symbols, b.positions, b.cells, b.energies, b.forces, b.virials)
            for label, b in sorted(self.node.inputs.blocks.items())
            if b.n_frames
        }
        predictions: Predictions = {}
        for model in sorted(self.node.inputs.committee):
            try:
                predictions[model] = read_predictions(temporary / model, blocks, list(blocks))
            except (FileNotFoundError, EOFError, ValueError) as error:
                failure = self._failure(model, error)
                ending = ending_of(self.node)
                return failure if ending is None else exit_code_of(ending)
            for label, prediction in predictions[model].items():
                if not (np.isfinite(prediction.forces).all() and np.isfinite(prediction.energies).all()):
                    return self.exit_codes.ERROR_NAN_IN_PREDICTION.format(model=model, block=label)
        self.out("output_parameters", orm.Dict(storable(summarise(predictions, blocks).as_dict())))
        self.out("errors", errors_node(frame_errors(predictions, blocks)))
        return None

    def _failure(self, model: str, error: Exception) -> ExitCode:
        """Return the exit code by the log, or for a missing file (no output) or a short one (truncated)."""
        log = self._text(Calculation.log_file(model))
        complaint = outputs.diagnose(log)
        if complaint is not None:
            name, detail = complaint
            codes = {
                "model_unreadable": "ERROR_MODEL_UNREADABLE",
                "type_map_mismatch": "ERROR_TYPE_MAP_MISMATCH",
                "out_of_memory": "ERROR_OUT_OF_MEMORY",
            }
            if name in codes:
                return self.exit_codes[codes[name]].format(model=model, detail=detail)
        detail = outputs.last_error(log) or str(error)
        if isinstance(error, FileNotFoundError) and not log:
            return self.exit_codes.ERROR_NO_OUTPUT.format(detail=detail)
        if isinstance(error, FileNotFoundError | EOFError):
            return self.exit_codes.ERROR_OUTPUT_TRUNCATED.format(model=model, detail=detail)
        return self.exit_codes.ERROR_TYPE_MAP_MISMATCH.format(model=model, detail=str(error))

    def _text(self, name: str) -> str:
        if name not in self.retrieved.base.repository.list_object_names():
            return ""
        return readable(self.retrieved.base.repository.get_object_content(name, mode="rb"))


def summarise(predictions: Predictions, blocks: Mapping[str, Labelled]) -> Evaluation:
    """Return the errors of every model on every block, and their means over the models."""
    return Evaluation(
        blocks={
            label: block_evaluation(
                len(block.energies), {model: of_model[label].errors(block) for model, of_model in predictions.items()}
            )
            for label, block in blocks.items()
        }
    )


def frame_errors(predictions: Predictions, blocks: Mapping[str, Labelled]) -> FrameErrors:
    """Return the errors of every model on every frame, and the deviation of all models, by block."""
    found = {}
    for label, block in blocks.items():
        of_block = [of_model[label] for of_model in predictions.values()]
        found[label] = BlockErrors(
            np.array([one.frame_force_rmse(block) for one in of_block]),
            max_force_deviation(np.array([one.forces for one in of_block])),
        )
    return found
